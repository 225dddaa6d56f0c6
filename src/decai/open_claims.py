"""What can be claimed now: the open contributions that are old enough, ready for one quick look.

The trainer's rules decide every claim; this index only finds the few that can succeed. It holds what is
mature and not closed, and asks the model only about what the claimer could claim if it answered well,
and only again when it has changed.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from decai.data_handler import DataHandler, claim_key, has_key
from decai.kernel import kernel
from decai.protocols import Classifier, IncentiveMechanism
from decai.samples import Features, IntArray
from decai.units import Seconds

__all__ = ["OpenClaims"]

_NEVER: Final = 2**62

# Rows of the table of integers. A column of the first nine is a place, in order of time; the others are
# lists that one look works with.
_NUMBER, _AUTHOR, _LABEL, _ADDED, _START, _END, _JUDGED, _PREDICTION, _CLAIMERS = range(9)
_PLACE: Final = 9
_FOUND, _ASK, _ASK_START, _ASK_END, _ANSWER = range(9, 14)
_ROWS: Final = 14
_MANY: Final = 62
"""Bit c of a place's claimers stands for claimer c; this one for any from here on, told apart by the set."""
_DEPOSIT, _LEFT = range(2)


@kernel
def _select(
    count: int,
    table: IntArray,
    money: NDArray[np.float64],
    claimed: IntArray,
    me: int,
    takes_from: int,
    settled: bool,
    version: int,
    share: float,
    least: float,
    least_report: float,
) -> tuple[int, int, int]:
    """Lists the places whose claim by `me` could pay `least` if the model agrees, and which to ask it about.

    `takes_from` is the time up to which this claimer may take what is left without the model. Returns how
    many are in the two lists, and how many were left out since the claimer's share is too small for now.
    """
    found = 0
    ask = 0
    small = 0
    for i in range(count):
        left = money[_LEFT, i]
        if left < least:
            continue
        mine = table[_AUTHOR, i] == me
        if mine or table[_ADDED, i] > takes_from or left <= 0.0:
            if not settled:
                continue
            if not mine and money[_DEPOSIT, i] * share < least_report:
                small += 1
                continue
            judged = table[_JUDGED, i] == version
            if judged and mine != (table[_PREDICTION, i] == table[_LABEL, i]):
                continue
            claimers = table[_CLAIMERS, i]
            if (claimers >> min(me, _MANY)) & 1 and (
                me < _MANY or has_key(claimed, claim_key(table[_NUMBER, i], me))
            ):
                continue
            if not judged:
                table[_ASK, ask] = i
                table[_ASK_START, ask] = table[_START, i]
                table[_ASK_END, ask] = table[_END, i]
                ask += 1
        table[_FOUND, found] = i
        found += 1
    return found, ask, small


@kernel
def _hear(found: int, ask: int, table: IntArray, me: int, takes_from: int, version: int) -> int:
    """Takes in the model's answers; leaves in the list the numbers of what `me` can claim."""
    for k in range(ask):
        i = table[_ASK, k]
        table[_PREDICTION, i] = table[_ANSWER, k]
        table[_JUDGED, i] = version
    kept = 0
    for k in range(found):
        i = table[_FOUND, k]
        mine = table[_AUTHOR, i] == me
        if (not mine and table[_ADDED, i] <= takes_from) or mine == (
            table[_PREDICTION, i] == table[_LABEL, i]
        ):
            table[_FOUND, kept] = table[_NUMBER, i]
            kept += 1
    return kept


class OpenClaims:
    """An index over a ledger; holds nothing that the ledger and the model do not imply."""

    def __init__(self, ledger: DataHandler, classifier: Classifier, incentive: IncentiveMechanism) -> None:
        self._ledger = ledger
        self._classifier = classifier
        self._incentive = incentive
        self._upto = 0
        """Contributions below this number are mature and were taken in."""
        self._count = 0
        self._closed = 0
        self._used = 0
        self.small = 0
        """How many reports the last look left out since the claimer's share was too small."""
        self.asked = 0
        """How many opinions the model was asked for so far."""
        self._table = np.zeros((_ROWS, 256), dtype=np.int64)
        self._money = np.zeros((2, 256))
        self._values: Features | None = None
        self._position: dict[int, int] = {}

    def __len__(self) -> int:
        """How many contributions are mature and open."""
        return len(self._position)

    @property
    def pending(self) -> int:
        """How many contributions are open, or were too young to tell at the last look."""
        return len(self._position) + len(self._ledger.label) - self._upto

    def opinion(self, number: int) -> int:
        """The model's label for a contribution, as known from the last look if nothing has changed since."""
        position = self._position.get(number)
        if position is not None and self._table[_JUDGED, position] == self._classifier.version:
            return int(self._table[_PREDICTION, position])
        return self._classifier.predict(self._ledger.features[number])

    def paid(self, number: int, claimer: int) -> None:
        """Take note of a claim; a contribution that nobody can claim any more is forgotten."""
        position = self._position.get(number)
        if position is None:
            return
        left = self._ledger.left[number]
        if left:
            self._money[_LEFT, position] = float(left)
            self._table[_CLAIMERS, position] |= 1 << min(claimer, _MANY)
            return
        del self._position[number]
        self._closed += 1
        self._money[_LEFT, position] = -2.0
        if self._closed > 64 and 2 * self._closed > self._count:
            self._compact()

    def look(self, claimer: int, is_owner: bool, now: Seconds, share: float, least: int) -> list[int]:
        """Contributions, oldest first, whose claim by `claimer` may succeed and pay at least `least` wei."""
        incentive = self._incentive
        added, mature = self._ledger.added, now - incentive.refund_wait
        while self._upto < len(added) and added[self._upto] <= mature:
            self._append(self._upto)
            self._upto += 1
        self.small = 0
        if not self._position:
            return []
        table, version = self._table, self._classifier.version
        wait = incentive.owner_wait if is_owner else incentive.any_wait
        takes_from = -_NEVER if wait is None else now - wait
        found, ask, self.small = _select(
            self._count,
            table,
            self._money,
            self._ledger.claimed.table,
            claimer,
            takes_from,
            incentive.is_settled(now),
            version,
            share,
            # Floats may be a little below the integers they stand for.
            least * (1 - 1e-9),
            max(least, incentive.least_report) * (1 - 1e-9),
        )
        if not found:
            return []
        self.asked += ask
        if ask and self._values is not None:
            self._classifier.predict_rows(
                self._values, table[_ASK_START, :ask], table[_ASK_END, :ask], table[_ANSWER, :ask]
            )
        found = _hear(found, ask, table, claimer, takes_from, version)
        return table[_FOUND, :found].tolist() if found else []

    def _append(self, number: int) -> None:
        ledger, place, start = self._ledger, self._count, self._used
        if ledger.claims[number] and not ledger.left[number]:
            return
        stored = self._classifier.store(ledger.features[number])
        if self._values is None:
            self._values = np.zeros(4096, dtype=stored.dtype)
        end = start + len(stored)
        if place == self._table.shape[1]:
            self._table = np.hstack([self._table, np.zeros_like(self._table)])
            self._money = np.hstack([self._money, np.zeros_like(self._money)])
        if end > len(self._values):
            more = np.zeros(max(end, len(self._values)), dtype=self._values.dtype)
            self._values = np.concatenate([self._values, more])
        self._values[start:end] = stored
        author = ledger.claimer_number(ledger.author[number])
        claimers = self._claimers(number) if ledger.claims[number] else 0
        self._table[:_PLACE, place] = (
            number,
            author,
            ledger.label[number],
            ledger.added[number],
            start,
            end,
            -1,
            -1,
            claimers,
        )
        self._money[:, place] = (float(ledger.deposit[number]), float(ledger.left[number]))
        self._used = end
        self._count += 1
        self._position[number] = place

    def _claimers(self, number: int) -> int:
        known = [c for c in range(self._ledger.num_claimers) if self._ledger.claimed.has(number, c)]
        bits = 0
        for claimer in known:
            bits |= 1 << min(claimer, _MANY)
        return bits

    def _compact(self) -> None:
        keep = np.flatnonzero(self._money[_LEFT, : self._count] >= 0)
        count = len(keep)
        self._table[:_PLACE, :count], self._money[:, :count] = (
            self._table[:_PLACE, keep],
            self._money[:, keep],
        )
        self._position = {number: i for i, number in enumerate(self._table[_NUMBER, :count].tolist())}
        self._used = 0
        if count and self._values is not None:
            starts, ends = self._table[_START, :count], self._table[_END, :count]
            rows = [
                self._values[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
            ]
            values = np.concatenate(rows)
            lengths = ends - starts
            ends[:] = np.cumsum(lengths)
            starts[:] = ends - lengths
            self._values[: len(values)] = values
            self._used = len(values)
        self._count, self._closed = count, 0
