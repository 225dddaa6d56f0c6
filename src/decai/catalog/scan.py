"""What to read next of a chain, and writing down what was read, each range of blocks once."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from sqlalchemy import Connection, delete, select, update

from decai.catalog.database import Database, insert
from decai.catalog.ledger import Ledger
from decai.catalog.records import ModelState
from decai.catalog.rollback import roll_back
from decai.catalog.tables import blocks, chains, models
from decai.chain.base import Log
from decai.chain.headers import Header
from decai.units import Address

__all__ = ["WINDOW", "Cursor", "MovedError", "Range", "Scans", "next_range"]

WINDOW: Final = 256
"""Blocks at the end of a chain whose hashes are all kept."""


class MovedError(Exception):
    """What was read does not fit to what was there: the chain has changed, or somebody was quicker."""


class Cursor(NamedTuple):
    """How far the events of a model were read."""

    model_id: int
    address: Address
    first_block: int
    scanned: int | None

    @property
    def next(self) -> int:
        """The block to go on with."""
        return self.first_block if self.scanned is None else self.scanned + 1


class Range(NamedTuple):
    """Blocks to read, and for which models."""

    cursors: tuple[Cursor, ...]
    first: int
    last: int


def next_range(cursors: Sequence[Cursor], head: int) -> Range | None:
    """The blocks to read next, for as many models as can take them; None if all are read.

    The models that are furthest behind come first, up to where the next ones wait. One that was never read
    may come along from an earlier block than its own: it has no events there.

    Examples
    --------
    >>> somewhere = Address("0x")
    >>> wanted = next_range([Cursor(1, somewhere, 3, 99), Cursor(2, somewhere, 50, None)], 120)
    >>> [cursor.model_id for cursor in wanted.cursors], wanted.first, wanted.last
    ([2], 50, 99)
    """
    behind = [cursor for cursor in cursors if cursor.next <= head]
    if not behind:
        return None
    first = min(cursor.next for cursor in behind)
    chosen = tuple(cursor for cursor in behind if cursor.next == first or cursor.scanned is None)
    waiting = [cursor.next for cursor in behind if cursor not in chosen]
    return Range(chosen, first, min([head + 1, *waiting]) - 1)


class Scans:
    """How far one chain was read, in a catalog.

    Parameters
    ----------
    database, chain_id
        Where, and of which chain.
    """

    def __init__(self, database: Database, chain_id: int) -> None:
        self._database = database
        self._chain_id = chain_id

    def cursors(self) -> list[Cursor]:
        """Of all models that are followed."""
        wanted = select(models.c.id, models.c.address, models.c.first_block, models.c.scanned)
        is_followed = models.c.state == ModelState.FOLLOWED
        with self._database.reading() as connection:
            rows = connection.execute(
                wanted.where(models.c.chain_id == self._chain_id, is_followed).order_by(models.c.id)
            )
            return [Cursor(*row) for row in rows]

    def missing(self) -> list[tuple[int, Address]]:
        """The models whose contracts were not there when they were looked for."""
        is_missing = models.c.state == ModelState.MISSING
        wanted = select(models.c.id, models.c.address).where(models.c.chain_id == self._chain_id, is_missing)
        with self._database.reading() as connection:
            return [(row.id, row.address) for row in connection.execute(wanted)]

    def stored(self) -> dict[int, bytes]:
        """The hashes of the blocks that are known, by number, in order."""
        wanted = select(blocks.c.number, blocks.c.hash).where(blocks.c.chain_id == self._chain_id)
        with self._database.reading() as connection:
            rows = connection.execute(wanted.order_by(blocks.c.number))
            return {row.number: bytes(row.hash) for row in rows}

    def last_stored(self) -> tuple[int, bytes] | None:
        """Number and hash of the last block that is known."""
        wanted = select(blocks.c.number, blocks.c.hash).where(blocks.c.chain_id == self._chain_id)
        with self._database.reading() as connection:
            row = connection.execute(wanted.order_by(blocks.c.number.desc()).limit(1)).one_or_none()
        return None if row is None else (row.number, bytes(row.hash))

    def roll_back(self, fork: int, last: tuple[int, bytes]) -> None:
        """Forget what came after a block.

        Parameters
        ----------
        fork
            The last block that is still part of the chain; -1 if none is.
        last
            The `last_stored` of when that was found out; nothing is done if there is another by now.
        """
        with self._database.writing() as connection:
            self._lock(connection)
            found = select(blocks.c.hash).where(
                blocks.c.chain_id == self._chain_id, blocks.c.number == last[0]
            )
            known = connection.execute(found).scalar()
            if known is not None and bytes(known) == last[1]:
                roll_back(connection, self._chain_id, fork)

    def write(self, done: Range, logs: Sequence[Log], known: Sequence[Header], head: int) -> dict[int, str]:
        """Write down what a range of blocks had, all of it or nothing.

        Parameters
        ----------
        done
            What was read.
        logs
            All events there.
        known
            The headers of some of its blocks, in order; the last block's among them.
        head
            The latest block of the chain.

        Returns
        -------
        dict
            For each model that says what no decai model says, what it is.

        Raises
        ------
        MovedError
            If others have read some of it meanwhile.
        """
        by_address: Mapping[Address, list[Log]] = defaultdict(list)
        for log in logs:
            by_address[log.address].append(log)
        faults: dict[int, str] = {}
        with self._database.writing() as connection:
            self._lock(connection)
            self._check_unread(connection, done)
            for cursor in done.cursors:
                own = by_address.get(cursor.address)
                if own is None:
                    continue
                fault = Ledger(connection, cursor.model_id).take(own, done.last)
                if fault is not None:
                    faults[cursor.model_id] = fault
            quiet = [each.model_id for each in done.cursors if each.address not in by_address]
            if quiet:
                connection.execute(update(models).where(models.c.id.in_(quiet)).values(scanned=done.last))
            self._keep(connection, {log.block: log.block_hash for log in logs}, known, head)
        return faults

    def look(self, header: Header, now: float, fault: str | None = None) -> None:
        """Write down that a chain was looked at, and what was wrong, if anything was."""
        said = {"head": header.number, "head_time": header.time, "looked": now, "fault": fault}
        with self._database.writing() as connection:
            row = insert(connection, chains).values(chain_id=self._chain_id, **said)
            connection.execute(row.on_conflict_do_update(index_elements=["chain_id"], set_=said))

    def set_fault(self, fault: str, now: float) -> None:
        """Write down that a chain could not be looked at."""
        with self._database.writing() as connection:
            connection.execute(
                update(chains).where(chains.c.chain_id == self._chain_id).values(fault=fault, looked=now)
            )

    def set_state(self, model_ids: Sequence[int], state: ModelState, fault: str | None) -> None:
        """Follow models, or do not."""
        if model_ids:
            with self._database.writing() as connection:
                connection.execute(
                    update(models).where(models.c.id.in_(model_ids)).values(state=state, fault=fault)
                )

    def _lock(self, connection: Connection) -> None:
        """Let one follower of a chain write at a time."""
        first = {"head": 0, "head_time": 0, "looked": 0.0}
        row = insert(connection, chains).values(chain_id=self._chain_id, **first)
        connection.execute(row.on_conflict_do_nothing())
        connection.execute(select(chains).where(chains.c.chain_id == self._chain_id).with_for_update())

    def _check_unread(self, connection: Connection, done: Range) -> None:
        expected = {(each.model_id, each.first_block, each.scanned) for each in done.cursors}
        wanted = select(models.c.id, models.c.first_block, models.c.scanned).where(
            models.c.id.in_([each.model_id for each in done.cursors]), models.c.state == ModelState.FOLLOWED
        )
        if {tuple(row) for row in connection.execute(wanted)} != expected:
            raise MovedError

    def _keep(
        self, connection: Connection, hashes: Mapping[int, bytes], known: Sequence[Header], head: int
    ) -> None:
        """Keep the hashes of blocks: for good if they have events or are old, else for a while."""
        kept = {number: (digest, True) for number, digest in hashes.items()}
        for header in known:
            kept.setdefault(header.number, (header.hash, header.number <= head - WINDOW))
        rows = [
            {"chain_id": self._chain_id, "number": number, "hash": digest, "is_kept": is_kept}
            for number, (digest, is_kept) in kept.items()
        ]
        if rows:
            statement = insert(connection, blocks)
            connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["chain_id", "number"],
                    set_={
                        "hash": statement.excluded.hash,
                        "is_kept": blocks.c.is_kept | statement.excluded.is_kept,
                    },
                ),
                rows,
            )
        old = (blocks.c.chain_id == self._chain_id) & (blocks.c.number <= head - WINDOW)
        connection.execute(delete(blocks).where(old, ~blocks.c.is_kept))
