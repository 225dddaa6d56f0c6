"""The ledger of contributions: who gave what when, what is left of it, who has claimed.

The rules are specified in ``docs/mechanism.md#data-handler``. A contribution is known by its features,
label, time and author; since time never goes back, its place is found by bisection.
"""

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np

from decai.errors import Refused
from decai.kernel import kernel
from decai.protocols import Claim, Path
from decai.samples import Features, IntArray
from decai.units import Address, Seconds, Wei

__all__ = ["ClaimSet", "DataHandler", "claim_key", "has_key"]

_CLAIMER_BITS = 24


@kernel
def claim_key(contribution: int, claimer: int) -> int:
    """The entry of a pair in a table of claims; never 0."""
    return (contribution << _CLAIMER_BITS) + claimer + 1


@kernel
def _home(key: int, size: int) -> int:
    """Where a key belongs in a table; the multiplier is 2^64 over the golden ratio, as a signed number."""
    return ((key * -7046029254386353131) >> 20) & (size - 1)


@kernel
def has_key(table: IntArray, key: int) -> bool:
    """Whether an open-addressing table (its size a power of two) holds `key`."""
    place = _home(key, len(table))
    while table[place] != 0:
        if table[place] == key:
            return True
        place = (place + 1) & (len(table) - 1)
    return False


@kernel
def _insert(table: IntArray, key: int) -> None:
    place = _home(key, len(table))
    while table[place] != 0:
        place = (place + 1) & (len(table) - 1)
    table[place] = key


@kernel
def _insert_all(table: IntArray, keys: IntArray) -> None:
    for key in keys:
        if key != 0:
            _insert(table, key)


class ClaimSet:
    """Which claimer (by number) has claimed which contribution, in a form that kernels can read.

    Examples
    --------
    >>> claims = ClaimSet()
    >>> claims.add(7, 3)
    >>> claims.has(7, 3), claims.has(3, 7)
    (True, False)
    """

    __slots__ = ("_used", "table")

    def __init__(self) -> None:
        self.table = np.zeros(1024, dtype=np.int64)
        self._used = 0

    def has(self, contribution: int, claimer: int) -> bool:
        """Whether the pair is in the set."""
        return has_key(self.table, claim_key(contribution, claimer))

    def add(self, contribution: int, claimer: int) -> None:
        """Put in a pair that is not in the set."""
        if 2 * self._used >= len(self.table):
            larger = np.zeros(2 * len(self.table), dtype=np.int64)
            _insert_all(larger, self.table)
            self.table = larger
        _insert(self.table, claim_key(contribution, claimer))
        self._used += 1

    def copy(self) -> "ClaimSet":
        """An independent copy."""
        other = ClaimSet()
        other.table, other._used = self.table.copy(), self._used
        return other


@dataclass(frozen=True, slots=True)
class _Checkpoint:
    features: tuple[Features, ...]
    label: tuple[int, ...]
    author: tuple[Address, ...]
    added: tuple[Seconds, ...]
    deposit: tuple[Wei, ...]
    left: tuple[Wei, ...]
    claims: tuple[int, ...]
    closed_by: tuple[int, ...]
    claimed: ClaimSet
    claimers: dict[Address, int]


class DataHandler:
    """Every contribution in order, in columns: entry i of each list belongs to contribution i.

    Examples
    --------
    >>> import numpy as np
    >>> ledger = DataHandler()
    >>> x = np.array([1, 2], dtype=np.int32)
    >>> ledger.handle_add_data(x, 1, Address("0xa"), Seconds(5), Wei(10))
    0
    >>> ledger.find(x, 1, Seconds(5), Address("0xa"))
    0
    """

    def __init__(self) -> None:
        self.features: list[Features] = []
        self.label: list[int] = []
        self.author: list[Address] = []
        self.added: list[Seconds] = []
        self.deposit: list[Wei] = []
        self.left: list[Wei] = []
        self.claims: list[int] = []
        self.claimed = ClaimSet()
        """Claims on contributions that are still open; who closed one is kept beside it."""
        self._closed_by: list[int] = []
        self._claimers: dict[Address, int] = {}

    def __len__(self) -> int:
        return len(self.label)

    @property
    def num_claimers(self) -> int:
        """How many addresses have a number."""
        return len(self._claimers)

    def claimer_number(self, address: Address) -> int:
        """A small number for an address, given when first asked for."""
        number = self._claimers.get(address)
        if number is None:
            number = self._claimers[address] = len(self._claimers)
        return number

    def check_new(self, features: Features, label: int, author: Address, now: Seconds) -> None:
        """Raise `Refused` if this contribution is in the ledger already."""
        # An equal key has the same time, and time never goes back: only the last entries can have it.
        number = len(self.added) - 1
        while number >= 0 and self.added[number] == now:
            if self._is(number, features, label, author):
                raise Refused("data handler: already added")
            number -= 1

    def handle_add_data(
        self, features: Features, label: int, author: Address, now: Seconds, deposit: Wei
    ) -> int:
        """Record a contribution that `check_new` has let through; returns its number."""
        self.features.append(features.copy() if features.flags.writeable else features)
        self.label.append(label)
        self.author.append(author)
        self.added.append(now)
        self.deposit.append(deposit)
        self.left.append(deposit)
        self.claims.append(0)
        self._closed_by.append(-1)
        return len(self.label) - 1

    def find(self, features: Features, label: int, added: Seconds, author: Address) -> int:
        """The number of a contribution.

        Raises
        ------
        Refused
            If there is none like it.
        """
        number = bisect_left(self.added, added)
        while number < len(self.added) and self.added[number] == added:
            if self._is(number, features, label, author):
                return number
            number += 1
        raise Refused("data handler: no such contribution")

    def _is(self, number: int, features: Features, label: int, author: Address) -> bool:
        return (
            self.author[number] == author
            and self.label[number] == label
            and np.array_equal(self.features[number], features)
        )

    def claim(self, number: int, claimer: Address, owner: Address, now: Seconds) -> Claim:
        """A claim on a contribution, as a mechanism sees it."""
        return Claim(
            now,
            claimer,
            owner,
            self.author[number],
            self.added[number],
            self.label[number],
            self.deposit[number],
            self.left[number],
            self.claims[number],
            self.claims[number] > 0 and self.has_claimed(number, claimer),
        )

    def handle_claim(self, number: int, claimer: Address, amount: Wei, path: Path) -> None:
        """Record that `claimer` was paid `amount` of a contribution.

        It is remembered who was refunded, and who was paid a share of a deposit.
        """
        left = self.left[number] = Wei(self.left[number] - amount)
        claimer_number = self.claimer_number(claimer)
        remembered = path is Path.REFUND or (path is Path.REPORT and self.deposit[number] > 0)
        if not left and remembered:
            self._closed_by[number] = claimer_number
        elif remembered and not (self.claims[number] and self.claimed.has(number, claimer_number)):
            self.claimed.add(number, claimer_number)
        self.claims[number] += 1

    def has_claimed(self, number: int, claimer: Address) -> bool:
        """Whether `claimer` was refunded, or paid a share of a deposit."""
        claimer_number = self.claimer_number(claimer)
        return self._closed_by[number] == claimer_number or self.claimed.has(number, claimer_number)

    def checkpoint(self) -> _Checkpoint:
        """An immutable copy of the state, for `restore`."""
        return _Checkpoint(
            tuple(self.features),
            tuple(self.label),
            tuple(self.author),
            tuple(self.added),
            tuple(self.deposit),
            tuple(self.left),
            tuple(self.claims),
            tuple(self._closed_by),
            self.claimed.copy(),
            dict(self._claimers),
        )

    def restore(self, checkpoint: _Checkpoint) -> None:
        """Go back to a checkpoint of this ledger."""
        self.features, self.label = list(checkpoint.features), list(checkpoint.label)
        self.author, self.added = list(checkpoint.author), list(checkpoint.added)
        self.deposit, self.left = list(checkpoint.deposit), list(checkpoint.left)
        self.claims, self.claimed = list(checkpoint.claims), checkpoint.claimed.copy()
        self._closed_by, self._claimers = list(checkpoint.closed_by), dict(checkpoint.claimers)
