"""The catalog's REST API: the original framework's routes and ours. See ``docs/catalog.md``."""

from decai.catalog.rest.app import create_api, create_app
from decai.catalog.rest.limits import Bounds
from decai.catalog.rest.service import Service

__all__ = ["Bounds", "Service", "create_api", "create_app"]
