"""The least gas that an action can cost, reckoned from what it cannot do without.

A bound takes the design as given (one word for a contribution, for an account and for the totals, so many
counters or sums to a word, packed samples) and adds up what the EVM asks for it: the transaction and its
calldata, each word of storage that has to be read or changed, each event, each payment, and at deployment the
code.
Arithmetic and memory count nothing, so a bound is never reached. The prices are those of the Osaka rules.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from decai.chain.base import Log

__all__ = ["Needs", "Slots", "Work", "intrinsic", "lower_bound", "slots_of", "summands"]

TRANSACTION: Final = 21_000
CREATION: Final = 32_000
"""What a transaction that deploys costs beyond any other."""
ZERO_BYTE: Final = 4
NON_ZERO_BYTE: Final = 16
FLOOR_TOKEN: Final = 10
"""The least for a token of calldata; a zero byte is one, any other four (EIP-7623)."""
INIT_WORD: Final = 2
"""For each 32 bytes of code that deploys (EIP-3860)."""
CODE_BYTE: Final = 200
COLD_READ: Final = 2_100
"""To read a word of storage for the first time in a transaction (EIP-2929)."""
COLD_ACCOUNT: Final = 2_600
"""To read another contract's code for the first time in a transaction (EIP-2929)."""
CHANGE: Final = 2_900
"""On top of the read: to change a word that is not 0."""
FILL: Final = 20_000
"""On top of the read: to change a word that is 0."""
LOG: Final = 375
LOG_TOPIC: Final = 375
LOG_BYTE: Final = 8
PAYMENT: Final = 9_000 + 100 - 2_300
"""To pay an account that the transaction knows already; one without code gives the stipend back."""


@dataclass(frozen=True, slots=True)
class Slots:
    """Words of storage that an action cannot do without."""

    read: int = 0
    """Read and left as they are."""
    changed: int = 0
    """Changed from one value to another."""
    filled: int = 0
    """Changed from 0."""
    contracts: int = 0
    """No words, but other contracts whose code is read."""

    def __add__(self, other: "Slots") -> "Slots":
        return Slots(
            self.read + other.read,
            self.changed + other.changed,
            self.filled + other.filled,
            self.contracts + other.contracts,
        )


@dataclass(frozen=True, slots=True)
class Work:
    """What a transaction cannot do without."""

    data: bytes
    """Its calldata, or the code that deploys."""
    slots: Slots = Slots()
    logs: Sequence[Log] = ()
    payments: int = 0
    code_size: int | None = None
    """Bytes of the contract that it deploys, if it does."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What a classifier has to do in its storage with one sample."""

    predict: Slots
    agree: Slots
    """To learn it with the label that it predicts."""
    change: Slots
    """To learn it with another."""
    first_touch: Slots
    """The same where nothing that it needs was ever changed."""
    deploy: Slots = Slots()
    """To be there."""
    learns_by_table: bool = True
    """Whether learning asks what the model was deployed with."""

    def with_contracts(self, count: int) -> "Needs":
        """The same where so many data contracts hold the base table, all of which a sample needs."""
        table = Slots(contracts=count)
        learning = table if self.learns_by_table else Slots()
        return replace(
            self,
            predict=self.predict + table,
            agree=self.agree + learning,
            change=self.change + learning,
            first_touch=self.first_touch + learning,
        )

    def with_filled_words(self) -> "Needs":
        """The same where no word of a sample is 0, since all were filled at deployment."""
        first = self.first_touch
        return replace(self, first_touch=replace(first, changed=first.changed + first.filled, filled=0))


def slots_of(action: str, needs: Needs, incentive: str, claims: int = 1) -> Slots:
    """The words that an action needs in our design: the classifier's, and those of the other parts.

    Parameters
    ----------
    action
        One of the actions of the gas report.
    needs
        Of the classifier.
    incentive
        ``points``, ``stakeable`` or ``stakeable-by-deposit``.
    claims
        How many contributions are claimed at once.

    Examples
    --------
    A contribution that a perceptron agrees with: its 13 words of counters are read, the totals change, and
    the contribution's own word is new.

    >>> asked, moved = Slots(read=13), Slots(changed=13)
    >>> slots_of("add_agree", Needs(asked, asked, moved, Slots(filled=13)), "stakeable")
    Slots(read=13, changed=1, filled=1, contracts=0)
    """
    base = action.removesuffix("_int64")
    if base == "deploy":
        # The owner and the totals.
        return needs.deploy + Slots(filled=2)
    if base in ("predict", "predict_packed"):
        return needs.predict
    if base.startswith("add_"):
        learning = {"agree": needs.agree, "change": needs.change, "change_first_touch": needs.first_touch}
        return learning[base.removeprefix("add_")] + Slots(changed=1, filled=1)
    if base in ("report_timeout", "report_timeout_owner"):
        # Only the owner's claim depends on who the owner is.
        return Slots(read=1 if base.endswith("owner") else 0, changed=1)
    return needs.predict + _of_claim(base, incentive, claims)


def _of_claim(action: str, incentive: str, claims: int) -> Slots:
    """What a claim that asks the model needs besides."""
    # The sum of validated deposits has a word of its own where shares are weighted by it.
    deposits = 1 if incentive == "stakeable-by-deposit" else 0
    if action in ("refund", "claim_many"):
        # The contributions, the totals, the author's account.
        return Slots(changed=claims + 2 + deposits)
    if action == "refund_first":
        return Slots(changed=2 + deposits, filled=1)
    # Reports: the contribution changes; the totals are read, and for a share the account.
    share = 0 if incentive == "points" else 1 + deposits
    return Slots(read=1 + share, changed=1, filled=1 if action == "report_further" else 0)


def intrinsic(data: bytes) -> int:
    """What a transaction with this calldata costs before anything is executed.

    Examples
    --------
    >>> intrinsic(bytes([0, 0, 7]))
    21024
    """
    zeros = data.count(0)
    return TRANSACTION + ZERO_BYTE * zeros + NON_ZERO_BYTE * (len(data) - zeros)


def summands(work: Work) -> dict[str, int]:
    """The parts of a lower bound in gas, by what they pay for."""
    parts = {
        "transaction": TRANSACTION,
        "calldata": intrinsic(work.data) - TRANSACTION,
        "reads": COLD_READ * work.slots.read + COLD_ACCOUNT * work.slots.contracts,
        "writes": (COLD_READ + CHANGE) * work.slots.changed + (COLD_READ + FILL) * work.slots.filled,
        "events": sum(LOG + LOG_TOPIC * len(log.topics) + LOG_BYTE * len(log.data) for log in work.logs),
        "payments": PAYMENT * work.payments,
        "code": 0,
    }
    if work.code_size is not None:
        words = -(-len(work.data) // 32)
        parts["code"] = CREATION + INIT_WORD * words + CODE_BYTE * work.code_size
    return parts


def lower_bound(work: Work) -> int:
    """The least gas of a transaction that does this work.

    Examples
    --------
    Two words are read and one is filled: ``21000 + 2 * 2100 + 2100 + 20000``.

    >>> lower_bound(Work(b"", Slots(read=2, filled=1)))
    47300
    """
    zeros = work.data.count(0)
    floor = TRANSACTION + FLOOR_TOKEN * (zeros + 4 * (len(work.data) - zeros))
    return max(sum(summands(work).values()), floor)
