"""What can be claimed now: the open contributions that are old enough, ready for one quick look.

The trainer's rules decide every claim; this index only finds the few that can succeed. It holds what is
mature and not closed, and asks the model only about what the claimer could claim if it answered well,
and only again when it has changed.
"""

from typing import Final

import numpy as np

from decai.classifier._sparse import increases
from decai.data_handler import DataHandler, claim_key, has_key
from decai.kernel import kernel
from decai.protocols import Classifier, IncentiveMechanism
from decai.samples import Features, FloatArray, IntArray
from decai.units import Seconds

__all__ = ["OpenClaims"]

_NEVER: Final = 2**62

# Rows of the table of integers. A column of the first ones is a place, in order of time; the others are
# lists that one look works with.
_NUMBER, _AUTHOR, _LABEL, _ADDED, _START, _END, _CLAIMERS, _DISTINCT, _PREDICTION, _VERSION, _ERA = range(11)
_PLACE: Final = 11
_FOUND, _FOUND_PLACE, _ASK, _ASK_START, _ASK_END, _ANSWER = range(11, 17)
_ROWS: Final = 17
# Rows of the table of floats; the last one is a list.
_DEPOSIT, _LEFT, _MARGIN, _FIXED, _SLOPE, _ANSWER_MARGIN = range(6)
_FLOATS: Final = 6
_MANY: Final = 62
"""Bit c of a place's claimers stands for claimer c; this one for any from here on, told apart by the set."""


@kernel
def _holds(
    i: int, table: IntArray, floats: FloatArray, version: int, era: int, fixed: float, slope: float
) -> bool:
    """Whether the opinion of a place is still the model's: it has not moved far enough to change it."""
    if table[_VERSION, i] == version:
        return True
    if table[_ERA, i] != era:
        return False
    features = float(table[_END, i] - table[_START, i])
    moved = fixed - floats[_FIXED, i] + features * (slope - floats[_SLOPE, i])
    # The sums that drift is may have lost this much to rounding.
    return bool(moved + 1e-9 * (fixed + features * slope) < floats[_MARGIN, i])


@kernel
def _write(
    table: IntArray,
    floats: FloatArray,
    values: Features,
    stored: Features,
    place: int,
    start: int,
    number: int,
    author: int,
    label: int,
    added: int,
    claimers: int,
    deposit: float,
    left: float,
) -> None:
    """Puts a contribution in its place, with nothing known of the model's opinion."""
    for i in range(len(stored)):
        values[start + i] = stored[i]
    table[_NUMBER, place] = number
    table[_AUTHOR, place] = author
    table[_LABEL, place] = label
    table[_ADDED, place] = added
    table[_START, place] = start
    table[_END, place] = start + len(stored)
    table[_CLAIMERS, place] = claimers
    table[_DISTINCT, place] = increases(stored)
    table[_VERSION, place] = -1
    table[_ERA, place] = -1
    floats[_DEPOSIT, place] = deposit
    floats[_LEFT, place] = left


@kernel
def _select(
    count: int,
    table: IntArray,
    floats: FloatArray,
    claimed: IntArray,
    me: int,
    takes_from: int,
    settled: bool,
    version: int,
    era: int,
    fixed: float,
    slope: float,
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
        left = floats[_LEFT, i]
        if left < least:
            continue
        mine = table[_AUTHOR, i] == me
        if mine or table[_ADDED, i] > takes_from or left <= 0.0:
            if not settled:
                continue
            if not mine and floats[_DEPOSIT, i] * share < least_report:
                small += 1
                continue
            known = _holds(i, table, floats, version, era, fixed, slope)
            if known:
                table[_VERSION, i] = version
            if known and mine != (table[_PREDICTION, i] == table[_LABEL, i]):
                continue
            claimers = table[_CLAIMERS, i]
            if (claimers >> min(me, _MANY)) & 1 and (
                me < _MANY or has_key(claimed, claim_key(table[_NUMBER, i], me))
            ):
                continue
            if not known:
                table[_ASK, ask] = i
                table[_ASK_START, ask] = table[_START, i]
                table[_ASK_END, ask] = table[_END, i]
                ask += 1
        table[_FOUND_PLACE, found] = i
        table[_FOUND, found] = table[_NUMBER, i]
        found += 1
    return found, ask, small


@kernel
def _hear(
    found: int,
    ask: int,
    table: IntArray,
    floats: FloatArray,
    me: int,
    takes_from: int,
    version: int,
    era: int,
    fixed: float,
    slope: float,
) -> int:
    """Takes in the model's answers; leaves in the list the numbers of what `me` can claim."""
    for k in range(ask):
        i = table[_ASK, k]
        table[_PREDICTION, i] = table[_ANSWER, k]
        table[_VERSION, i] = version
        table[_ERA, i] = era
        # Drift bounds what moves a row of distinct features.
        floats[_MARGIN, i] = floats[_ANSWER_MARGIN, k] if table[_DISTINCT, i] else 0.0
        floats[_FIXED, i] = fixed
        floats[_SLOPE, i] = slope
    kept = 0
    for k in range(found):
        i = table[_FOUND_PLACE, k]
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
        self._floats = np.zeros((_FLOATS, 256))
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
        if position is not None and self._table[_VERSION, position] == self._classifier.version:
            return int(self._table[_PREDICTION, position])
        return self._classifier.predict(self._ledger.features[number])

    def paid(self, number: int, claimer: int) -> None:
        """Take note of a claim; a contribution that nobody can claim any more is forgotten."""
        position = self._position.get(number)
        if position is None:
            return
        left = self._ledger.left[number]
        if left:
            self._floats[_LEFT, position] = float(left)
            self._table[_CLAIMERS, position] |= 1 << min(claimer, _MANY)
            return
        del self._position[number]
        self._closed += 1
        self._floats[_LEFT, position] = -2.0
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
        era, fixed, slope = self._classifier.drift
        wait = incentive.owner_wait if is_owner else incentive.any_wait
        takes_from = -_NEVER if wait is None else now - wait
        found, ask, self.small = _select(
            self._count,
            table,
            self._floats,
            self._ledger.claimed.table,
            claimer,
            takes_from,
            incentive.is_settled(now),
            version,
            era,
            fixed,
            slope,
            share,
            # Floats may be a little below the integers they stand for.
            least * (1 - 1e-9),
            max(least, incentive.least_report) * (1 - 1e-9),
        )
        if not found:
            return []
        self.asked += ask
        if ask and self._values is not None:
            self._classifier.judge_rows(
                self._values,
                table[_ASK_START, :ask],
                table[_ASK_END, :ask],
                table[_ANSWER, :ask],
                self._floats[_ANSWER_MARGIN, :ask],
            )
            found = _hear(found, ask, table, self._floats, claimer, takes_from, version, era, fixed, slope)
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
            self._floats = np.hstack([self._floats, np.zeros_like(self._floats)])
        if end > len(self._values):
            more = np.zeros(max(end, len(self._values)), dtype=self._values.dtype)
            self._values = np.concatenate([self._values, more])
        _write(
            self._table,
            self._floats,
            self._values,
            stored,
            place,
            start,
            number,
            ledger.claimer_number(ledger.author[number]),
            ledger.label[number],
            ledger.added[number],
            self._claimers(number) if ledger.claims[number] else 0,
            float(ledger.deposit[number]),
            float(ledger.left[number]),
        )
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
        keep = np.flatnonzero(self._floats[_LEFT, : self._count] >= 0)
        count = len(keep)
        self._table[:_PLACE, :count], self._floats[:, :count] = (
            self._table[:_PLACE, keep],
            self._floats[:, keep],
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
