"""What can be claimed now: the open contributions that are old enough, ready for one quick look.

The trainer's rules decide every claim; this index only finds the few that can succeed. It holds what is
mature and not closed, with the model's present opinion of each, and asks the model again only when it
has changed.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from decai.data_handler import DataHandler, has_key
from decai.kernel import kernel
from decai.protocols import Classifier, IncentiveMechanism
from decai.samples import Features, IntArray
from decai.units import Seconds

__all__ = ["OpenClaims"]

_NEVER: Final = 2**62

# Rows of the table of integers; its columns are places, in order of time.
_NUMBER, _AUTHOR, _LABEL, _ADDED, _START, _END, _PREDICTION, _FOUND = range(8)
_DEPOSIT, _LEFT = range(2)


@kernel
def _candidates(
    count: int,
    table: IntArray,
    money: NDArray[np.float64],
    claimed: NDArray[np.uint64],
    me: int,
    takes_from: int,
    settled: bool,
    share: float,
    least: float,
    least_report: float,
) -> int:
    """Finds the places whose claim by `me` could pay at least `least`; whatever it leaves out cannot.

    `takes_from` is the time up to which this claimer may take what is left without the model.
    """
    found = 0
    for i in range(count):
        left = money[_LEFT, i]
        if left < least:
            continue
        mine = table[_AUTHOR, i] == me
        if not mine and table[_ADDED, i] <= takes_from and left > 0.0:
            table[_FOUND, found] = table[_NUMBER, i]
            found += 1
        elif settled and mine == (table[_PREDICTION, i] == table[_LABEL, i]):
            if not mine and money[_DEPOSIT, i] * share < least_report:
                continue
            if not has_key(claimed, (np.uint64(table[_NUMBER, i]) << np.uint64(24)) + np.uint64(me + 1)):
                table[_FOUND, found] = table[_NUMBER, i]
                found += 1
    return found


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
        self._version = -1
        self._judged = 0
        """Places below this one hold the opinion of that version of the model."""
        self._table = np.zeros((8, 256), dtype=np.int64)
        self._money = np.zeros((2, 256))
        self._values: Features | None = None
        self._position: dict[int, int] = {}

    def __len__(self) -> int:
        """How many contributions are mature and open."""
        return len(self._position)

    @property
    def pending(self) -> int:
        """How many contributions are open, or were too young to tell at the last look."""
        return len(self._position) + len(self._ledger) - self._upto

    def opinion(self, number: int) -> int:
        """The model's label for a contribution, as known from the last look if nothing has changed since."""
        position = self._position.get(number)
        if position is not None and position < self._judged and self._version == self._classifier.version:
            return int(self._table[_PREDICTION, position])
        return self._classifier.predict(self._ledger.features[number])

    def paid(self, number: int) -> None:
        """Take note of a claim; a contribution that nobody can claim any more is forgotten."""
        position = self._position.get(number)
        if position is None:
            return
        if not self._is_closed(number):
            self._money[_LEFT, position] = float(self._ledger.left[number])
            return
        del self._position[number]
        self._closed += 1
        self._money[_LEFT, position] = -2.0
        if self._closed > 64 and 2 * self._closed > self._count:
            self._compact()

    def _is_closed(self, number: int) -> bool:
        return not self._ledger.left[number] and self._ledger.claims[number] > 0

    def look(self, claimer: int, is_owner: bool, now: Seconds, share: float, least: int) -> list[int]:
        """Contributions, oldest first, whose claim by `claimer` may succeed and pay at least `least` wei."""
        incentive = self._incentive
        added, mature = self._ledger.added, now - incentive.refund_wait
        while self._upto < len(added) and added[self._upto] <= mature:
            if not self._is_closed(self._upto):
                self._append(self._upto)
            self._upto += 1
        if not self._count:
            return []
        settled = now != incentive.last_update
        if settled:
            self._ask_model()
        wait = incentive.owner_wait if is_owner else incentive.any_wait
        found = _candidates(
            self._count,
            self._table,
            self._money,
            self._ledger.claimed.table,
            claimer,
            -_NEVER if wait is None else now - wait,
            settled,
            share,
            # Floats may be a little below the integers they stand for.
            least * (1 - 1e-9),
            max(least, incentive.least_report) * (1 - 1e-9),
        )
        return self._table[_FOUND, :found].tolist() if found else []

    def _append(self, number: int) -> None:
        ledger, place, start = self._ledger, self._count, self._used
        stored = self._classifier.store(ledger.features[number])
        if self._values is None:
            self._values = np.zeros(4096, dtype=stored.dtype)
        end = start + len(stored)
        if place == self._table.shape[1]:
            self._table = np.hstack([self._table, np.zeros_like(self._table)])
            self._money = np.hstack([self._money, np.zeros_like(self._money)])
        if end > len(self._values):
            self._values = np.concatenate([self._values, np.zeros(max(end, len(self._values)), self._values.dtype)])
        self._values[start:end] = stored
        author = ledger.claimer_number(ledger.author[number])
        self._table[:, place] = (number, author, ledger.label[number], ledger.added[number], start, end, -1, 0)
        self._money[:, place] = (float(ledger.deposit[number]), float(ledger.left[number]))
        self._used = end
        self._count += 1
        self._position[number] = place

    def _ask_model(self) -> None:
        version, count = self._classifier.version, self._count
        first = self._judged if version == self._version else 0
        if first < count and self._values is not None:
            table = self._table
            self._classifier.predict_rows(
                self._values, table[_START, first:count], table[_END, first:count], table[_PREDICTION, first:count]
            )
        self._version, self._judged = version, count

    def _compact(self) -> None:
        keep = np.flatnonzero(self._money[_LEFT, : self._count] >= 0)
        count = len(keep)
        self._judged = int(np.searchsorted(keep, self._judged))
        self._table[:, :count], self._money[:, :count] = self._table[:, keep], self._money[:, keep]
        self._position = {number: i for i, number in enumerate(self._table[_NUMBER, :count].tolist())}
        if count and self._values is not None:
            starts, ends = self._table[_START, :count], self._table[_END, :count]
            rows = [self._values[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
            values = np.concatenate(rows)
            lengths = ends - starts
            ends[:] = np.cumsum(lengths)
            starts[:] = ends - lengths
            self._values[: len(values)] = values
            self._used = len(values)
        self._used = self._used if count else 0
        self._count, self._closed = count, 0
