"""The parameters of a model, read out of its contract: what it started from, and what it has learned."""

from typing import Final

from decai.chain.base import Reader
from decai.chain.base_weights import BaseWeights, unpack_base_weights
from decai.chain.data_contract import WORDS_IN_CONTRACT
from decai.chain.model import ModelInfo, read_state
from decai.classifier import SparsePerceptron
from decai.errors import ChainError, InputError
from decai.units import Address

__all__ = ["read_classifier", "read_counters", "read_data_contracts", "read_start"]

_PAGE: Final = 256
_READABLE_BITS: Final = 16
_MOST_CONTRACTS: Final = 256
_MOST_WORDS: Final = _MOST_CONTRACTS * WORDS_IN_CONTRACT
"""More data contracts or words of base weights no contract has; one that says so lies."""


def read_start(chain: Reader, info: ModelInfo) -> SparsePerceptron:
    """The twin of a model's classifier, as it was when it was deployed.

    Raises
    ------
    ChainError
        If this version has no twin of it, or the contract's answers make no sense.
    """
    if info.classifier != SparsePerceptron.kind:
        raise ChainError(f"{info.address}: its classifier {info.classifier!r} has no twin in this version")
    return _perceptron(chain, info, _read_bases(chain, info), {})


def _perceptron(
    chain: Reader, info: ModelInfo, bases: dict[int, int], counters: dict[int, int]
) -> SparsePerceptron:
    try:
        return SparsePerceptron(
            info.classes,
            bases,
            read_state(chain, info.address, "intercept()", "int80"),
            read_state(chain, info.address, "learningRate()", "uint32"),
            counters,
            max_features=info.max_features,
            index_bits=info.index_bits,
        )
    except InputError as error:
        raise ChainError(f"{info.address}: the model of this contract makes no sense ({error})") from None


def read_data_contracts(chain: Reader, address: Address) -> list[Address]:
    """Where the data contracts are that hold what a model started from; none if its own code does.

    Raises
    ------
    ChainError
        If it is no decai model, or there is no answer.
    """
    from eth_utils.address import to_checksum_address

    found: list[Address] = []
    while int(where := read_state(chain, address, "dataContract(uint256)", "address", len(found)), 16):
        found.append(Address(to_checksum_address(where)))
        if len(found) > _MOST_CONTRACTS:
            raise ChainError(
                f"{address}: the contract says that it has more than {_MOST_CONTRACTS} data contracts"
            )
    return found


def _read_bases(chain: Reader, info: ModelInfo) -> dict[int, int]:
    address = info.address
    bits, index_bits, count, size = (
        read_state(chain, address, f"{view}()", "uint256")
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
        answered = read_state(chain, address, "baseWords(uint256,uint256)", "uint256[]", len(words), page)
        if len(answered) != page:
            raise ChainError(f"{address}: the contract does not give its base weights")
        words += answered
    bases = unpack_base_weights(BaseWeights(words, count, bits, index_bits))
    if len(bases) != count:
        raise ChainError(f"{address}: the contract has {len(bases):,} base weights and says {count:,}")
    return bases


def read_counters(chain: Reader, info: ModelInfo, words: list[int] | None = None) -> dict[int, int]:
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
        page = read_state(chain, info.address, "counterWords(uint256,uint256)", "uint256[]", first, count)
        if len(page) != count:
            raise ChainError(f"{info.address}: the contract does not give what its model has learned")
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


def read_classifier(chain: Reader, info: ModelInfo) -> SparsePerceptron | None:
    """The twin of a model's classifier as it is now, out of the contract's parameters alone.

    None where the parameters are too many to be read, so that the events have to tell (32-bit indices).

    Raises
    ------
    ChainError
        If this version has no twin of it, or the contract's answers make no sense.
    """
    if info.index_bits > _READABLE_BITS:
        return None
    bases = read_start(chain, info).bases()
    counters = read_counters(chain, info)
    return _perceptron(chain, info, {**dict.fromkeys(counters, 0), **bases}, counters)
