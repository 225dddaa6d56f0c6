"""Every transaction that pages send or ask a wallet for, written down before it goes out.

Whoever is killed in the middle finds it here afterwards, and `reconcile` finds out what became of it.
"""

import json
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, NamedTuple

from decai.chain.base import Transaction
from decai.errors import StorageError
from decai.units import Address, Wei

__all__ = ["Entry", "Fate", "KeptSample", "Outbox", "Via"]

_SCHEMA: Final = """
create table if not exists entries (
    id text primary key,
    visitor text not null,
    via text not null,
    chain_id integer not null,
    sender text not null,
    target text,
    data blob not null,
    value text not null,
    title text not null,
    facts text not null,
    fate text not null,
    nonce integer,
    block integer,
    hash blob,
    told text not null,
    outcome text not null,
    created real not null,
    changed real not null,
    seen integer not null default 0
);
create table if not exists samples (
    id text primary key,
    kind text not null,
    content blob not null
);
create index if not exists entries_by_visitor on entries (visitor, created);
create index if not exists entries_by_fate on entries (fate);
create index if not exists entries_by_hash on entries (hash);
"""
_SEEN: Final = "alter table entries add column seen integer not null default 0"
"""For files from before it was kept whether a node has known a transaction."""
_COLUMNS: Final = (
    "id, visitor, via, chain_id, sender, target, data, value, title, facts, fate, nonce, block, hash, told, "
    "outcome, created, changed, seen"
)
_ID_BYTES: Final = 12
_RETURN_SECONDS: Final = 86_400.0
"""So long a transaction that was dropped may come back: its wallet brings it to the network again."""


class Fate(StrEnum):
    """What became of a transaction, as far as is known."""

    ASKED = "asked"
    """Written down, and perhaps brought to the node or the wallet; no hash of it is known."""
    SENT = "sent"
    """A hash of it is known; it is in no block yet."""
    DONE = "done"
    """It is in a block, and did what it was to do."""
    REFUSED = "refused"
    """The contract refused it; nothing has changed."""
    REJECTED = "rejected"
    """Its owner has not signed it."""
    REPLACED = "replaced"
    """Its owner has sent another one in its place."""
    DROPPED = "dropped"
    """It is in no block, and the network does not know it; for a day it is looked whether it comes back."""
    FAILED = "failed"
    """It could not be sent."""

    @property
    def is_open(self) -> bool:
        """Whether more may come."""
        return self in (Fate.ASKED, Fate.SENT)


class Via(StrEnum):
    """Who signs."""

    NODE = "node"
    WALLET = "wallet"


@dataclass(frozen=True, slots=True)
class Entry:
    """One transaction."""

    id: str
    """Random, so that nobody can guess another's."""
    visitor: str
    """Whose session it belongs to."""
    via: Via
    chain_id: int
    transaction: Transaction
    title: str
    """What it does, in a few words."""
    facts: Mapping[str, Any]
    """What pages want to know of it again, such as the model."""
    fate: Fate
    nonce: int | None
    """The first nonce that it can have; of one that the node signs, the one that it has."""
    block: int | None
    """The latest block when it was written down; it can only be in a later one."""
    hash: bytes | None
    told: str
    """What its owner is told of its fate, a sentence."""
    outcome: Mapping[str, Any]
    """Of one in a block: ``block``, ``time``, ``gas``, ``fee``, and what its page reads from its events."""
    created: float
    changed: float
    is_seen: bool = False
    """Whether the node has known it: then `nonce` is its own, and no lower bound."""

    @property
    def is_looked_for(self) -> bool:
        """Whether more may come: it is open, or was dropped lately and may come back."""
        lately = time.time() - self.changed < _RETURN_SECONDS
        return self.fate.is_open or (self.fate is Fate.DROPPED and self.hash is not None and lately)


class KeptSample(NamedTuple):
    """A sample that is on its way into the catalog; see `decai.catalog.samples.content_of`."""

    kind: str
    content: bytes


class Outbox:
    """The transactions of all visitors, in one file.

    Parameters
    ----------
    path
        Of the file.

    Raises
    ------
    StorageError
        If it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._cache: dict[str, Entry] = {}
        """The open ones and what was looked at lately: pages look several times a second."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._base = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._base.execute("pragma journal_mode=wal")
            self._base.execute("pragma synchronous=full")
            self._base.executescript(_SCHEMA)
            if "seen" not in {row[1] for row in self._base.execute("pragma table_info(entries)")}:
                self._base.execute(_SEEN)
        except (sqlite3.Error, OSError) as error:
            raise StorageError(f"{path}: cannot be opened ({error})") from None

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._base.close()

    def add(
        self,
        visitor: str,
        via: Via,
        chain_id: int,
        transaction: Transaction,
        title: str,
        facts: Mapping[str, Any] | None = None,
        *,
        nonce: int | None = None,
        block: int | None = None,
        sample: KeptSample | None = None,
    ) -> Entry:
        """Write down what is about to go out, and the sample that it contributes, if it is to be kept.

        Raises
        ------
        StorageError
            If it cannot be written; then it must not go out.
        """
        now = time.time()
        entry = Entry(
            secrets.token_urlsafe(_ID_BYTES), visitor, via, chain_id, transaction, title, dict(facts or {}),
            Fate.ASKED, nonce, block, None, "", {}, now, now,
        )  # fmt: skip
        marks = ", ".join("?" * len(_row(entry)))
        with self._lock:
            if sample is not None:
                # Before the entry: of a sample without one, nothing comes.
                values = (entry.id, sample.kind, sample.content)
                self._write("insert into samples (id, kind, content) values (?, ?, ?)", values)
            self._write(f"insert into entries ({_COLUMNS}) values ({marks})", _row(entry))
        self._remember(entry)
        return entry

    def change(self, entry_id: str, **changes: Any) -> Entry:
        """Write down what has become known of an entry; returns it as it is then.

        Raises
        ------
        StorageError
            If it cannot be written.
        KeyError
            If there is none.
        """
        with self._lock:
            entry = replace(self.get(entry_id), **changes, changed=time.time())
            columns = _COLUMNS.replace(",", " = ?,") + " = ?"
            self._write(f"update entries set {columns} where id = ?", (*_row(entry), entry_id))
            self._remember(entry)
            return entry

    def get(self, entry_id: str) -> Entry:
        """An entry; raises KeyError if there is none."""
        with self._lock:
            found = self._cache.get(entry_id)
            if found is None:
                rows = self._read("where id = ?", (entry_id,))
                if not rows:
                    raise KeyError(entry_id)
                found = rows[0]
                self._remember(found)
            return found

    def of(self, visitor: str, limit: int = 20, offset: int = 0) -> list[Entry]:
        """A visitor's, the latest first."""
        return self._read(
            "where visitor = ? order by created desc limit ? offset ?", (visitor, limit, offset)
        )

    def count(self, visitor: str) -> int:
        """How many a visitor has."""
        with self._lock:
            try:
                query = "select count(*) from entries where visitor = ?"
                (number,) = self._base.execute(query, (visitor,)).fetchone()
            except sqlite3.Error as error:
                raise StorageError(f"{self._path}: cannot be read ({error})") from None
        return int(number)

    def open(self) -> list[Entry]:
        """Those of which more may come (`Entry.is_looked_for`), the oldest first."""
        condition, values = _looked_for()
        return self._read(f"where {condition} order by created", values)

    def holder(self, digest: bytes, but: Entry) -> Entry | None:
        """Another entry of the same visitor than `but`, whose transaction has this hash."""
        # Not another visitor's: he may say anything of a hash, and would keep it from whom it belongs to.
        condition = "where hash = ? and visitor = ? and id != ? and fate != ? order by created limit 1"
        rows = self._read(condition, (digest, but.visitor, but.id, Fate.FAILED.value))
        return rows[0] if rows else None

    def samples(self, limit: int) -> list[tuple[Entry, KeptSample]]:
        """Samples of transactions of which no more will come, the oldest first."""
        condition, values = _looked_for()
        with self._lock:
            try:
                rows = self._base.execute(
                    "select samples.id, samples.kind, samples.content from samples "
                    f"join entries on entries.id = samples.id where not ({condition}) "
                    "order by entries.changed limit ?",
                    (*values, limit),
                ).fetchall()
            except sqlite3.Error as error:
                raise StorageError(f"{self._path}: cannot be read ({error})") from None
        return [(self.get(key), KeptSample(kind, bytes(content))) for key, kind, content in rows]

    def drop_sample(self, entry_id: str) -> None:
        """Keep an entry's sample no longer."""
        self._write("delete from samples where id = ?", (entry_id,))

    def _remember(self, entry: Entry) -> None:
        self._cache.pop(entry.id, None)
        self._cache[entry.id] = entry
        while len(self._cache) > 1_000:
            del self._cache[next(iter(self._cache))]

    def _read(self, where: str, values: Iterable[Any]) -> list[Entry]:
        with self._lock:
            try:
                rows = self._base.execute(f"select {_COLUMNS} from entries {where}", tuple(values)).fetchall()
            except sqlite3.Error as error:
                raise StorageError(f"{self._path}: cannot be read ({error})") from None
        return [_entry(row) for row in rows]

    def _write(self, statement: str, values: Iterable[Any]) -> None:
        with self._lock:
            try:
                self._base.execute(statement, tuple(values))
            except sqlite3.Error as error:
                raise StorageError(f"{self._path}: cannot be written ({error})") from None


def _looked_for() -> tuple[str, tuple[Any, ...]]:
    """`Entry.is_looked_for` as a condition of SQL, and its values."""
    fates = [fate.value for fate in Fate if fate.is_open]
    marks = ", ".join("?" * len(fates))
    condition = f"fate in ({marks}) or (fate = ? and hash is not null and changed > ?)"
    return condition, (*fates, Fate.DROPPED.value, time.time() - _RETURN_SECONDS)


def _row(entry: Entry) -> tuple[Any, ...]:
    transaction = entry.transaction
    return (
        entry.id, entry.visitor, entry.via.value, entry.chain_id, transaction.sender, transaction.to,
        transaction.data, str(transaction.value), entry.title, json.dumps(entry.facts), entry.fate.value,
        entry.nonce, entry.block, entry.hash, entry.told, json.dumps(entry.outcome), entry.created,
        entry.changed, entry.is_seen,
    )  # fmt: skip


def _entry(row: tuple[Any, ...]) -> Entry:
    (key, visitor, via, chain_id, sender, target, data, value, title, facts, fate, nonce, block, digest, told,
     outcome, created, changed, seen) = row  # fmt: skip
    to = None if target is None else Address(target)
    transaction = Transaction(Address(sender), to, data, Wei(int(value)))
    return Entry(
        key, visitor, Via(via), chain_id, transaction, title, json.loads(facts), Fate(fate), nonce, block,
        digest, told, json.loads(outcome), created, changed, bool(seen),
    )  # fmt: skip
