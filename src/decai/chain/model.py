"""What a contract says of itself: its parts, terms and texts, and what its model started from."""

from dataclasses import dataclass
from typing import Any, Final

from decai.chain.abi import answer, call_data
from decai.chain.base import Chain
from decai.chain.base_weights import BaseWeights, unpack_base_weights
from decai.chain.data_contract import WORDS_IN_CONTRACT
from decai.classifier import SparsePerceptron
from decai.errors import ChainError, Refused
from decai.incentive import Points, Stakeable
from decai.protocols import Classifier, IncentiveMechanism
from decai.units import Address, Seconds, Wei

__all__ = [
    "ModelInfo",
    "read",
    "read_classifier",
    "read_counters",
    "read_data_contracts",
    "read_info",
    "read_start",
    "terms_of",
]

_TITLE: Final = "decai 1: "
_PAGE: Final = 256
_READABLE_BITS: Final = 16
_MOST_CONTRACTS: Final = 256
_MOST_WORDS: Final = _MOST_CONTRACTS * WORDS_IN_CONTRACT
"""More data contracts or words of base weights no contract has; one that says so lies."""


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """The terms of a model, fixed at deployment."""

    address: Address
    classifier: str
    """Its kind, as in `Classifier.kind`."""
    incentive: str
    name: str
    description: str
    encoder: str
    classes: tuple[str, ...]
    max_features: int
    index_bits: int
    refund_wait: Seconds
    owner_wait: Seconds | None
    any_wait: Seconds | None
    cost_weight: Wei
    shares: str
    """Stakeable: what shares are weighted by, ``count`` or ``deposit``."""


def read(chain: Chain, address: Address, signature: str, kinds: str, *arguments: Any) -> Any:
    """One view of a contract."""
    return answer(kinds, chain.call(address, call_data(signature, *arguments)))


def read_info(chain: Chain, address: Address) -> ModelInfo:
    """What a contract says of itself.

    Raises
    ------
    ChainError
        If there is no contract, or one that is none of ours.
    """
    if not chain.code(address):
        raise ChainError(f"{address}: there is no contract at this address on chain {chain.chain_id}")
    try:
        title = read(chain, address, "composition()", "string")
        if not title.startswith(_TITLE) or title.count(", ") != 1:
            raise ChainError(f"{address}: {title[:80]!r} is no composition that this version knows")
        classifier, incentive = title.removeprefix(_TITLE).split(", ")
        texts = [read(chain, address, f"{key}()", "string") for key in ("name", "description", "encoder")]
        count = min(read(chain, address, "getNumClassifications()", "uint256"), _PAGE)
        classes = [
            read(chain, address, "classifications(uint256)", "string", label) for label in range(count)
        ]
        bounds = [read(chain, address, f"{key}()", "uint256") for key in ("maxFeatures", "indexBits")]
        terms: tuple[Any, Any, int, str] = (None, None, 0, "count")
        if incentive == Stakeable.kind:
            terms = (
                read(chain, address, "ownerClaimWaitTimeS()", "uint32"),
                read(chain, address, "anyAddressClaimWaitTimeS()", "uint32"),
                read(chain, address, "costWeight()", "uint256"),
                "deposit" if read(chain, address, "sharesByDeposit()", "bool") else "count",
            )
        wait = read(chain, address, "refundWaitTimeS()", "uint32")
    except (Refused, ChainError) as error:
        raise ChainError(f"{address}: the contract at this address is no decai model ({error})") from None
    return ModelInfo(
        address=address,
        classifier=classifier,
        incentive=incentive,
        name=texts[0],
        description=texts[1],
        encoder=texts[2],
        classes=tuple(classes),
        max_features=bounds[0],
        index_bits=bounds[1],
        refund_wait=Seconds(wait),
        owner_wait=terms[0],
        any_wait=terms[1],
        cost_weight=Wei(terms[2]),
        shares=terms[3],
    )


def terms_of(info: ModelInfo, deployed: Seconds) -> IncentiveMechanism:
    """The twin of a model's incentive mechanism, as it was when it was deployed.

    Raises
    ------
    ChainError
        If this version has no twin of it.
    """
    if info.incentive == Points.kind:
        return Points(info.refund_wait, deployed)
    if info.incentive == Stakeable.kind and info.owner_wait is not None and info.any_wait is not None:
        return Stakeable(
            info.cost_weight,
            info.refund_wait,
            info.owner_wait,
            info.any_wait,
            deployed,
            "deposit" if info.shares == "deposit" else "count",
        )
    raise ChainError(
        f"{info.address}: its incentive mechanism {info.incentive!r} has no twin in this version"
    )


def read_start(chain: Chain, info: ModelInfo) -> Classifier:
    """The twin of a model's classifier, as it was when it was deployed.

    Raises
    ------
    ChainError
        If this version has no twin of it, or the contract's answers make no sense.
    """
    if info.classifier != SparsePerceptron.kind:
        raise ChainError(f"{info.address}: its classifier {info.classifier!r} has no twin in this version")
    address = info.address
    bases = _read_bases(chain, info)
    return SparsePerceptron(
        info.classes,
        bases,
        read(chain, address, "intercept()", "int80"),
        read(chain, address, "learningRate()", "uint32"),
        max_features=info.max_features,
        index_bits=info.index_bits,
    )


def read_data_contracts(chain: Chain, address: Address) -> list[Address]:
    """Where the data contracts are that hold what a model started from; none if its own code does.

    Raises
    ------
    ChainError
        If it is no decai model, or there is no answer.
    """
    from eth_utils.address import to_checksum_address

    found: list[Address] = []
    while int(where := read(chain, address, "dataContract(uint256)", "address", len(found)), 16):
        found.append(Address(to_checksum_address(where)))
        if len(found) > _MOST_CONTRACTS:
            raise ChainError(
                f"{address}: the contract says that it has more than {_MOST_CONTRACTS} data contracts"
            )
    return found


def _read_bases(chain: Chain, info: ModelInfo) -> dict[int, int]:
    address = info.address
    bits, index_bits, count, size = (
        read(chain, address, f"{view}()", "uint256")
        for view in ("baseBits", "baseIndexBits", "numBaseWeights", "numBaseWords")
    )
    if not 16 <= bits <= 64 or index_bits not in (0, info.index_bits) or size > _MOST_WORDS:
        raise ChainError(
            f"{address}: the contract says that its weights are {size:,} words of {bits}-bit weights with "
            f"{index_bits}-bit indices"
        )
    words: list[int] = []
    while len(words) < size:
        page = min(_PAGE, size - len(words))
        answered = read(chain, address, "baseWords(uint256,uint256)", "uint256[]", len(words), page)
        if len(answered) != page:
            raise ChainError(f"{address}: the contract does not give its base weights")
        words += answered
    bases = unpack_base_weights(BaseWeights(words, count, bits, index_bits))
    if len(bases) != count:
        raise ChainError(f"{address}: the contract has {len(bases):,} base weights and says {count:,}")
    return bases


def read_counters(chain: Chain, info: ModelInfo, words: "list[int] | None" = None) -> dict[int, int]:
    """The counters of a sparse perceptron that are not 0, by feature index.

    Parameters
    ----------
    chain, info
        Of the model.
    words
        Which words of counters to read, ascending. None: all of them, of which 16-bit indices have 4,096
        and 32-bit ones too many to be read.
    """
    if words is None:
        words = list(range(1 << (info.index_bits - 4))) if info.index_bits <= _READABLE_BITS else []
    counters: dict[int, int] = {}
    for first, count in _pages(words):
        page = read(chain, info.address, "counterWords(uint256,uint256)", "uint256[]", first, count)
        for at, word in enumerate(page):
            for lane in range(16) if word else ():
                counter = (word >> (16 * lane)) & 0xFFFF
                if counter:
                    counters[16 * (first + at) + lane] = counter - ((counter & 0x8000) << 1)
    return counters


def _pages(words: list[int]) -> list[tuple[int, int]]:
    """Runs that cover ascending numbers: where each begins, and how many it has (at most a page)."""
    pages: list[tuple[int, int]] = []
    for word in words:
        if pages and word - pages[-1][0] < _PAGE:
            pages[-1] = (pages[-1][0], word - pages[-1][0] + 1)
        else:
            pages.append((word, 1))
    return pages


def read_classifier(chain: Chain, info: ModelInfo) -> Classifier | None:
    """The twin of a model's classifier as it is now, out of the contract's parameters alone.

    None where the parameters are too many to be read, so that the events have to tell (32-bit indices).

    Raises
    ------
    ChainError
        If this version has no twin of it, or the contract's answers make no sense.
    """
    if info.index_bits > _READABLE_BITS:
        return None
    start = read_start(chain, info)
    assert isinstance(start, SparsePerceptron)
    counters = read_counters(chain, info)
    weights = {**dict.fromkeys(counters, 0), **start.bases()}
    return SparsePerceptron(
        info.classes,
        weights,
        start.intercept,
        start.learning_rate,
        counters,
        max_features=info.max_features,
        index_bits=info.index_bits,
    )
