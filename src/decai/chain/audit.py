"""Whether a contract has kept to its rules.

Every event is replayed in the twin, and every word of the contract's state is compared with it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from decai.chain.at_block import AtBlock, at_one_block
from decai.chain.base import Chain, Reader
from decai.chain.clone_code import is_from_factory
from decai.chain.clones import shared_parts
from decai.chain.compose_clone import Clone
from decai.chain.model import read_state
from decai.chain.recompose import is_code_of, recomposed
from decai.chain.replica import Replica
from decai.errors import BrokenRulesError, ChainError, DecaiError, InputError
from decai.trainer import LocalTrainer
from decai.units import Address, Wei, counted

__all__ = [
    "Audit",
    "Check",
    "account_words",
    "audit",
    "compare_state",
    "contribution_words",
    "totals_word",
]

_PAGE = 256
_READABLE = 2**15
"""Words of an area that are read whatever its twin mentions."""
_DEPOSIT, _REPORTER, _CLAIMS, _REFUNDED, _CLOSED, _EXISTS = 96, 192, 224, 253, 254, 255
"""Where the fields of a word of the ledger begin, ``data_handler.vy``."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was compared."""

    name: str
    holds: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit has found."""

    address: Address
    block: int
    """Up to which block."""
    contributions: int
    claims: int
    held: Wei
    """What is left of all deposits."""
    checks: tuple[Check, ...]

    @property
    def holds(self) -> bool:
        """Whether every check holds."""
        return all(check.holds for check in self.checks)


def audit(chain: Chain, address: Address, first_block: int = 0) -> Audit:
    """Replay a model's events since deployment in the Python twin, and compare all of the contract's state.

    Parameters
    ----------
    chain, address
        Where the contract is.
    first_block
        The block in which it was deployed, or any before.

    Raises
    ------
    ChainError
        If it is no decai model, or the node does not answer. A contract that broke its rules is no error: the
        check that found it does not hold.
    """
    replica = Replica(chain, address, first_block)

    def take(view: AtBlock) -> Audit:
        return _audited(view, replica)

    return at_one_block(chain, take)


def _audited(view: AtBlock, replica: Replica) -> Audit:
    address, block = replica.info.address, view.block
    try:
        twin = replica.update(block).twin
    except BrokenRulesError as error:
        fault = Check("events", False, str(error))
        return Audit(address, block, len(replica.keys), replica.claims, Wei(0), (fault,))
    checks = [
        Check(
            "events",
            True,
            f"{counted(len(replica.keys), 'contribution')} and {counted(replica.claims, 'claim')}, "
            "each as the rules decide",
        )
    ]
    checks += compare_state(view, replica)
    return Audit(address, block, len(replica.keys), replica.claims, twin.held, tuple(checks))


def compare_state(chain: Reader, replica: Replica) -> list[Check]:
    """Compare the code, every word of the state and the money of a contract with its twin's.

    Raises
    ------
    ChainError
        If the node does not answer.
    """
    return [_checked(name, compare, chain, replica) for name, compare in _COMPARISONS.items()]


def _checked(name: str, compare: Callable[[Reader, Replica], str], chain: Reader, replica: Replica) -> Check:
    try:
        return Check(name, True, compare(chain, replica))
    except _Difference as difference:
        return Check(name, False, str(difference))


class _Difference(DecaiError):
    """What was compared is not equal."""


def _compare_code(chain: Reader, replica: Replica) -> str:
    """The code is what this version composes for what the contract says of itself."""
    info = replica.info
    try:
        composition = recomposed(chain, info, replica.parameters, replica.twin.incentive)
        code = chain.code(info.address)
        is_same = is_code_of(code, composition)
    except InputError as error:
        raise _Difference(f"this version of decai composes none for these parts ({error})") from None
    if not is_same:
        raise _Difference("it is not the code that this version of decai composes for these parts")
    if isinstance(composition, Clone):
        return _compare_shared(chain, info.address, code, composition)
    return f"{len(code):,} bytes, as this version of decai composes them"


def _compare_shared(chain: Reader, address: Address, code: bytes, clone: Clone) -> str:
    """The code that a clone shares, and that nothing was in its storage before it began."""
    implementation, factory = shared_parts(clone)
    for part in (implementation, factory):
        if chain.code(part.address) != part.code:
            raise _Difference(f"at {part.address} is not the {part.title} that it should share")
    if not is_from_factory(address, code):
        raise _Difference("the factory has not made this clone, so anything may be in its storage")
    size = len(code) + len(implementation.code)
    return f"{size:,} bytes, as this version of decai composes them, most of them at {implementation.address}"


def _compare_model(chain: Reader, replica: Replica) -> str:
    parameters, model = replica.parameters, replica.twin.classifier
    expected = parameters.state(model)
    places: Mapping[str, Iterable[int]] = parameters.places()
    if sum(len(all_places) for all_places in parameters.places().values()) > _READABLE:
        places = parameters.mentioned(model)
    found = parameters.read_state(chain, places)
    for view, area in expected.items():
        for place in sorted({*area, *found[view]}):
            mine, theirs = area.get(place, 0), found[view].get(place, 0)
            if mine != theirs:
                raise _Difference(
                    f"word {place:,} of its {view} is {theirs:#x}; by the rules it is {mine:#x}"
                )
    return f"{counted(sum(map(len, expected.values())), 'word')} of what it has learned"


def _compare_ledger(chain: Reader, replica: Replica) -> str:
    expected = contribution_words(replica)
    found = list(_paged(chain, replica, "contributionWords(bytes32[])", replica.keys))
    for number, (mine, theirs) in enumerate(zip(expected, found, strict=True)):
        if mine != theirs:
            raise _Difference(f"contribution {number} is kept as {theirs:#x}; by the rules it is {mine:#x}")
    return counted(len(expected), "contribution")


def _compare_accounts(chain: Reader, replica: Replica) -> str:
    expected = account_words(replica.twin)
    people = sorted({*expected, *replica.twin.ledger.author, *replica.claimers})
    found = _paged(chain, replica, "accountWords(address[])", people)
    for person, word in zip(people, found, strict=True):
        mine = expected.get(person, 0)
        if word != mine:
            raise _Difference(f"the account of {person} is kept as {word:#x}; by the rules it is {mine:#x}")
    totals = read_state(chain, replica.info.address, "totals()", "uint256")
    if totals != totals_word(replica.twin):
        raise _Difference(f"the totals are {totals:#x}; by the rules they are {totals_word(replica.twin):#x}")
    return f"{counted(len(expected), 'account')} with valid contributions"


def _compare_money(chain: Reader, replica: Replica) -> str:
    address, twin = replica.info.address, replica.twin
    for account, amount in replica.credits.items():
        credited = read_state(chain, address, "credits(address)", "uint256", account)
        if credited != amount:
            raise _Difference(f"{account} is credited {credited:,} wei; by the rules it is {amount:,}")
    owed = twin.held + sum(replica.credits.values())
    balance = chain.balance(address)
    if balance < owed:
        raise _Difference(f"the contract holds {balance:,} wei and owes {owed:,}")
    surplus = f", and {balance - owed:,} that were forced on it" if balance > owed else ""
    return f"{owed:,} wei are held{surplus}"


def _compare_features(chain: Reader, replica: Replica) -> str:
    """The encoder's features that the model names; lists of features need none."""
    address, expected = replica.info.address, replica.feature_indices
    count = read_state(chain, address, "getNumFeatureIndices()", "uint256")
    if count != len(expected):
        raise _Difference(
            f"it names {counted(count, 'feature')} of its encoder; by the events it names {len(expected):,}"
        )
    for place, index in enumerate(expected):
        found = read_state(chain, address, "featureIndices(uint256)", "uint32", place)
        if found != index:
            raise _Difference(f"its feature {place} is {found} of its encoder; by the events it is {index}")
    return f"{count:,} named" if count else "all of the encoder's"


def _compare_owner(chain: Reader, replica: Replica) -> str:
    owner = read_state(chain, replica.info.address, "owner()", "address")
    if owner.lower() != replica.twin.owner.lower():
        raise _Difference(f"the owner is {owner}; by the events it is {replica.twin.owner}")
    return str(replica.twin.owner)


_COMPARISONS = {
    "code": _compare_code,
    "model": _compare_model,
    "ledger": _compare_ledger,
    "accounts": _compare_accounts,
    "money": _compare_money,
    "features": _compare_features,
    "owner": _compare_owner,
}


def _paged(
    chain: Reader, replica: Replica, signature: str, items: Sequence[bytes] | Sequence[Address]
) -> Iterator[int]:
    for at in range(0, len(items), _PAGE):
        page = items[at : at + _PAGE]
        words = read_state(chain, replica.info.address, signature, "uint256[]", list(page))
        if len(words) != len(page):
            raise ChainError(f"{replica.info.address}: the contract does not give a page of its state")
        yield from words


def totals_word(twin: LocalTrainer) -> int:
    """The totals as ``incentive/_base.vy`` keeps them."""
    terms = twin.incentive.checkpoint()
    return int(
        terms.last_update
        | terms.changed << 40
        | terms.total_submitted << 80
        | terms.total_valid << 128
        | len(terms.num_valid) << 176
    )


def account_words(twin: LocalTrainer) -> dict[Address, int]:
    """Each account with valid contributions as ``incentive/_base.vy`` keeps it."""
    terms = twin.incentive.checkpoint()
    return {
        account: count | (number << 48) | (terms.valid_deposit[account] << 80)
        for number, (account, count) in enumerate(terms.num_valid.items(), 1)
    }


def contribution_words(replica: Replica) -> list[int]:
    """Each contribution as ``data_handler.vy`` keeps it."""
    ledger = replica.twin.ledger
    numbers = {account: n for n, account in enumerate(replica.twin.incentive.valid_contributions(), 1)}
    words = []
    for number in range(len(ledger)):
        left, claims = ledger.left[number], ledger.claims[number]
        reporters = [numbers[reporter] for reporter in replica.reporters.get(number, ())]
        closed = claims > 0 and not left
        low = left
        if closed and len(reporters) > 1 and number in replica.closers:
            low = Wei(reporters[-1])
        words.append(
            low
            | ledger.deposit[number] << _DEPOSIT
            | (reporters[0] if reporters else 0) << _REPORTER
            | claims << _CLAIMS
            | ledger.has_claimed(number, ledger.author[number]) << _REFUNDED
            | closed << _CLOSED
            | 1 << _EXISTS
        )
    return words
