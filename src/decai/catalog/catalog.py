"""The catalog: all that is known of models, over one database."""

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from sqlalchemy import func, select

from decai.catalog.accounts import Accounts
from decai.catalog.accuracy import AccuracyHistory
from decai.catalog.columns import MOST_INTEGER
from decai.catalog.database import Database, default_url
from decai.catalog.history import History
from decai.catalog.migrate import migrate
from decai.catalog.models import Models
from decai.catalog.records import ChainStatus, Model, ModelState
from decai.catalog.register import register
from decai.catalog.tables import chains, models
from decai.chain.address import parse_address
from decai.chain.known import known_models
from decai.errors import ChainError, DecaiError, InputError, StorageError
from decai.units import Address, Seconds

if TYPE_CHECKING:
    from decai.chain.rpc import RpcChain

__all__ = ["Catalog", "read_allow_list"]

_LARGEST_LIST: Final = 1 << 20


class Catalog:
    """What is known of models; it may be used by several threads and processes.

    Parameters
    ----------
    url
        Of the database: ``sqlite:///`` and the path of a file, or ``postgresql://``; None for a file in the
        data directory. Its tables are made, or brought to this version.

    Raises
    ------
    InputError
        If it is no such URL.
    MissingError
        If the driver for PostgreSQL is not installed.
    StorageError
        If the database cannot be used: somebody else's, of a newer decai, damaged, out of reach.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder, Catalog(f"sqlite:///{folder}/catalog.sqlite") as catalog:
    ...     catalog.models.find("sentiment").total
    0
    """

    def __init__(self, url: str | None = None) -> None:
        self.database: Final = Database(default_url() if url is None else url)
        try:
            migrate(self.database)
        except DecaiError:
            self.database.close()
            raise
        self.models: Final = Models(self.database)
        self.history: Final = History(self.database)
        self.accounts: Final = Accounts(self.database)
        self.accuracy: Final = AccuracyHistory(self.database)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()

    def add_model(self, chain: "RpcChain", address: Address, first_block: int | None = None) -> Model:
        """Take a model in; one that is there already is only looked up.

        Parameters
        ----------
        chain, address
            Where it is.
        first_block
            The block in which it was deployed, or any before, if it is known.

        Raises
        ------
        ChainError
            If the chain does not confirm that it is a decai model.
        StorageError
            If the database fails.
        """
        return register(self.database, chain, address, first_block)

    def add_known(self, chain: "RpcChain", *, verified: bool = True) -> list[str]:
        """Take in all models that were deployed or used from this machine, and put them on the allow-list.

        Returns
        -------
        list
            A line for each that the chain does not confirm.
        """
        refused = []
        for known in known_models(chain.chain_id):
            try:
                self.add_model(chain, known.address, known.first_block)
            except ChainError as error:
                refused.append(str(error))
                continue
            if verified:
                self.models.allow([(known.chain_id, known.address)])
        return refused

    def status(self) -> tuple[ChainStatus, ...]:
        """How far each chain was read."""
        is_followed = models.c.state == ModelState.FOLLOWED
        count = func.count(models.c.id).label("models")
        read = func.min(func.coalesce(models.c.scanned, models.c.first_block - 1)).label("read")
        query = (
            select(chains, count, read)
            .select_from(chains.outerjoin(models, (models.c.chain_id == chains.c.chain_id) & is_followed))
            .group_by(*chains.c)
            .order_by(chains.c.chain_id)
        )
        with self.database.reading() as connection:
            return tuple(
                ChainStatus(
                    row.chain_id,
                    row.head,
                    Seconds(row.head_time),
                    row.looked,
                    row.fault,
                    row.models,
                    0 if row.read is None else max(0, row.head - row.read),
                )
                for row in connection.execute(query)
            )


def read_allow_list(path: Path) -> list[tuple[int, Address]]:
    """The models of an allow-list: a TOML file of tables ``[[model]]``, each with ``chain`` and ``address``.

    Raises
    ------
    StorageError
        If the file cannot be read.
    InputError
        If it is no such list; says what is wrong.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_LIST + 1)
    except OSError as error:
        raise StorageError(f"{path}: cannot be read ({error.strerror or error})") from None
    if len(data) > _LARGEST_LIST:
        raise InputError(f"{path}: is too large for an allow-list")
    try:
        listed = tomllib.loads(data.decode()).get("model", [])
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: is no TOML ({str(error)[:100]})") from None
    if not isinstance(listed, list):
        raise InputError(f"{path}: model is no list of tables [[model]]")
    return [_listed(entry, f"{path}: model {place}") for place, entry in enumerate(listed, 1)]


def _listed(entry: Any, where: str) -> tuple[int, Address]:
    if not isinstance(entry, dict) or set(entry) != {"chain", "address"}:
        raise InputError(f"{where}: needs chain and address, and nothing else")
    chain, address = entry["chain"], entry["address"]
    if not isinstance(chain, int) or isinstance(chain, bool) or not 0 < chain <= MOST_INTEGER:
        raise InputError(f"{where}: chain is the number of a chain")
    if not isinstance(address, str):
        raise InputError(f"{where}: address is a text")
    try:
        return chain, parse_address(address)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
