"""A dashboard to be measured or looked at: three taught models on a node of its own, and a server."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from decai.chain.known import KnownModel
from decai.chain.showcase import show
from tests.browser.served import Served, served
from tests.conftest import separate_data_folder

__all__ = ["Shown", "shown"]


@dataclass(frozen=True, slots=True)
class Shown:
    """What runs."""

    server: Served
    reviews: KnownModel
    titanic: KnownModel
    digits: KnownModel

    @property
    def reviews_path(self) -> str:
        """Of the page of the film reviews."""
        return f"/model/{self.reviews.address}"


@contextmanager
def shown() -> Iterator[Shown]:
    """What `make demo` ends with, in a folder that is gone afterwards; node and server end with it."""
    with (
        TemporaryDirectory(prefix="decai-shown-") as place,
        separate_data_folder(Path(place) / "data") as folder,
        served(folder) as server,
    ):
        reviews, titanic, digits = show(server.chain())
        yield Shown(server, reviews, titanic, digits)
