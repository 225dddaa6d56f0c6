"""What a contract says of itself: its parts, terms and texts."""

from dataclasses import dataclass
from typing import Any, Final

from decai.chain.abi import answer, call_data
from decai.chain.base import Reader
from decai.chain.clone_code import implementation_of
from decai.chain.jsonrpc import NoAnswer, NotDelivered, RpcError
from decai.chain.revert import has_failed
from decai.chain.sample_form import VECTORS, SampleForm
from decai.classifier import (
    DenseCentroid,
    DensePerceptron,
    NaiveBayes,
    SparseCentroid,
    SparsePerceptron,
)
from decai.errors import ChainError, InputError, Refused
from decai.incentive import Points, Stakeable
from decai.protocols import MAX_CLASSES, IncentiveMechanism
from decai.units import Address, Seconds, Wei

__all__ = ["ModelInfo", "read", "read_info", "read_state", "terms_of"]

_TITLE: Final = "decai 1: "
_CLASSIFIERS: Final = frozenset(
    kind.kind for kind in (SparsePerceptron, DensePerceptron, NaiveBayes, SparseCentroid, DenseCentroid)
)
_INCENTIVES: Final = {kind.kind: kind for kind in (Points, Stakeable)}
_FORMS: Final = (SampleForm.indices(16), SampleForm.indices(32), VECTORS)
_LONGEST_TEXT: Final = 1024
_MOST_FEATURES: Final = 2**14
"""Larger numbers and texts no contract of ours has; one that says so lies."""


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
    form: SampleForm
    """Of its samples."""
    refund_wait: Seconds
    owner_wait: Seconds | None
    any_wait: Seconds | None
    cost_weight: Wei
    shares: str
    """Stakeable: what shares are weighted by, ``count`` or ``deposit``."""
    implementation: Address | None = None
    """Whose code it shares, if it is a clone."""

    @property
    def has_twin(self) -> bool:
        """Whether the rules of all its parts are known here, so that they can be replayed."""
        return self.classifier in _CLASSIFIERS and self.incentive in _INCENTIVES

    @property
    def takes_batches(self) -> bool:
        """Whether many contributions may come in one transaction; under no mechanism of somebody's own."""
        known = _INCENTIVES.get(self.incentive)
        return known is not None and known.takes_batches


def read(chain: Reader, address: Address, signature: str, kinds: str, *arguments: Any) -> Any:
    """One view of a contract.

    Raises
    ------
    Refused
        If the contract refuses.
    ChainError
        If it is none of ours, or there is no answer.
    """
    data = chain.call(address, call_data(signature, *arguments))
    try:
        return answer(kinds, data)
    except ChainError as error:
        raise ChainError(f"{address}: {signature}: {error}") from None


def read_state(chain: Reader, address: Address, signature: str, kinds: str, *arguments: Any) -> Any:
    """One view that no model refuses.

    Raises
    ------
    ChainError
        If the contract refuses, or is none of ours, or there is no answer.
    """
    try:
        return read(chain, address, signature, kinds, *arguments)
    except Refused as refusal:
        raise ChainError(f"{address}: {signature}: {refusal}") from None
    except RpcError as error:
        if not has_failed(error):
            raise
        raise ChainError(f"{address}: {signature}: the contract fails") from None


def read_info(chain: Reader, address: Address) -> ModelInfo:
    """What a contract says of itself.

    Raises
    ------
    ChainError
        If there is no contract, or one that is none of ours, or the node does not answer.
    """
    code = chain.code(address)
    if not code:
        raise ChainError(f"{address}: there is no contract at this address on chain {chain.chain_id}")
    try:
        title = _text(chain, address, "composition()")
        if not title.startswith(_TITLE) or title.count(", ") != 1:
            raise ChainError(f"{title[:80]!r} is no composition that this version knows")
        classifier, incentive = title.removeprefix(_TITLE).split(", ")
        texts = [_text(chain, address, f"{key}()") for key in ("name", "description", "encoder")]
        count = _number(chain, address, "getNumClassifications", 1, MAX_CLASSES)
        classes = [_text(chain, address, "classifications(uint256)", label) for label in range(count)]
        max_features = _number(chain, address, "maxFeatures", 1, _MOST_FEATURES)
        form = SampleForm(
            _number(chain, address, "indexBits", 0, 256), _number(chain, address, "sampleOffset", 0, 2**255)
        )
        if form not in _FORMS:
            raise ChainError(f"it says that its samples are packed in lanes of {form.lane_bits} bits")
        terms: tuple[Any, Any, int, str] = (None, None, 0, "count")
        if incentive == Stakeable.kind:
            terms = (
                read_state(chain, address, "ownerClaimWaitTimeS()", "uint32"),
                read_state(chain, address, "anyAddressClaimWaitTimeS()", "uint32"),
                read_state(chain, address, "costWeight()", "uint256"),
                "deposit" if read_state(chain, address, "sharesByDeposit()", "bool") else "count",
            )
        wait = read_state(chain, address, "refundWaitTimeS()", "uint32")
    except (NotDelivered, NoAnswer):
        # That is the node's doing.
        raise
    except ChainError as error:
        why = str(error).removeprefix(f"{address}: ")
        raise ChainError(f"{address}: the contract at this address is no decai model ({why})") from None
    return ModelInfo(
        address=address,
        classifier=classifier,
        incentive=incentive,
        name=texts[0],
        description=texts[1],
        encoder=texts[2],
        classes=tuple(classes),
        max_features=max_features,
        form=form,
        refund_wait=Seconds(wait),
        owner_wait=terms[0],
        any_wait=terms[1],
        cost_weight=Wei(terms[2]),
        shares=terms[3],
        implementation=implementation_of(code),
    )


def _text(chain: Reader, address: Address, signature: str, *arguments: Any) -> str:
    text = str(read_state(chain, address, signature, "string", *arguments))
    if len(text) > _LONGEST_TEXT:
        raise ChainError(f"its {signature} is a text of {len(text):,} characters")
    return text


def _number(chain: Reader, address: Address, view: str, low: int, high: int) -> int:
    number = int(read_state(chain, address, f"{view}()", "uint256"))
    if not low <= number <= high:
        shown = f"{number:,}" if number < 10**30 else f"about 10^{len(str(number)) - 1}"
        raise ChainError(f"its {view} is {shown}")
    return number


def terms_of(info: ModelInfo, deployed: Seconds) -> IncentiveMechanism:
    """The twin of a model's incentive mechanism, as it was when it was deployed.

    Raises
    ------
    ChainError
        If this version has no twin of it, or its terms make no sense.
    """
    try:
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
    except InputError as error:
        raise ChainError(f"{info.address}: the terms of this contract make no sense ({error})") from None
    raise ChainError(
        f"{info.address}: its incentive mechanism {info.incentive!r} has no twin in this version, so nobody "
        "but the contract knows what it decides; predict, add-data, refund and report work with it"
    )
