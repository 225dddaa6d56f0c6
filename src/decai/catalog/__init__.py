"""What is known of models: a database that follows chains, and its REST API. See ``docs/catalog.md``."""

from decai.catalog.accounts import StandingSort
from decai.catalog.catalog import Catalog, read_allow_list
from decai.catalog.database import default_url
from decai.catalog.models import ModelSort
from decai.catalog.records import (
    Account,
    ChainStatus,
    Claimed,
    Contributed,
    EventRecord,
    Measurement,
    Model,
    ModelState,
    Page,
    SampleKind,
    SampleRecord,
    Standing,
)

__all__ = [
    "Account",
    "Catalog",
    "ChainStatus",
    "Claimed",
    "Contributed",
    "EventRecord",
    "Measurement",
    "Model",
    "ModelSort",
    "ModelState",
    "Page",
    "SampleKind",
    "SampleRecord",
    "Standing",
    "StandingSort",
    "default_url",
    "read_allow_list",
]
