"""A shared model as one contract: which modules, which numbers, which start.

A composition is a handful of Vyper modules in one folder. Most are always the same; ``classifier.vy`` and
``incentive.vy`` are the parts that were chosen, and ``parameters.vy`` holds the numbers that are fixed at
deployment, so that they cost nothing to read. What the contract is deployed with besides, texts and the
packed start of the model, are its constructor's arguments. A start that does not fit into the contract's code
goes into data contracts, which are deployed first and whose addresses take its place.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Final, Self

from decai.chain.data_contract import CODE_LIMIT, data_codes
from decai.chain.kinds import classifier_part, lists_features
from decai.chain.parts import Choices, Constant, incentive_part
from decai.chain.variant import variant
from decai.errors import InputError, StorageError
from decai.protocols import Classifier, IncentiveMechanism
from decai.units import Address

__all__ = [
    "INDEX_BITS_CHOICES",
    "MAX_FEATURES_CHOICES",
    "MODEL_FILE",
    "Arguments",
    "Composition",
    "Texts",
    "checked_names",
    "checked_text",
    "compose",
    "encoded_arguments",
    "packaged",
    "parameters_module",
]

Arguments = tuple[str, str, str, Sequence[str], Sequence[int], Sequence[int]]
"""Name, description, encoder, names of the classes, state and table: what a contract is constructed with."""
MODEL_FILE: Final = "trainer.vy"
"""The module that is compiled; all others are its parts."""
MAX_FEATURES_CHOICES: Final = (64, 128, 256, 512)
INDEX_BITS_CHOICES: Final = (16, 32)

_COMMON: Final = MappingProxyType(
    {
        MODEL_FILE: "trainer.vy",
        "base_table.vy": "classifier/_base_table.vy",
        "classifier_base.vy": "classifier/_base.vy",
        "data_handler.vy": "data_handler.vy",
        "flow.vy": "flow.vy",
        "incentive_base.vy": "incentive/_base.vy",
        "ownable.vy": "ownable.vy",
        "payments.vy": "payments.vy",
        "refusals.vy": "refusals.vy",
        "samples.vy": "samples.vy",
    }
)
_OF_CLASSIFIERS: Final = MappingProxyType(
    {
        "classes.vy": "classifier/_classes.vy",
        "dense.vy": "classifier/_dense.vy",
        "lanes.vy": "classifier/_lanes.vy",
    }
)
"""Modules that come with a classifier that imports them."""
_BATCHES: Final = "batches"
"""The module that comes with an incentive mechanism which takes many contributions at once."""
_OF_BATCHES: Final = re.compile(rf"^.*\b{_BATCHES}\b.*\n", re.MULTILINE)
_ROOM_FOR_NAMES: Final = 64
"""Bytes of the name of a class that is added later."""
_IMPORTS: Final = re.compile(r"^import ([a-z_]+)", re.MULTILINE)
_USES: Final = re.compile(r"^uses: ([a-z_]+)$", re.MULTILINE)
_INITIALIZES: Final = "initializes: model\n"
_REPLACEABLE: Final = ("classifier", "incentive")
_OWN_NAME: Final = re.compile("[A-Za-z0-9_-]{1,64}")
_LONGEST_TEXT: Final = 1024
_PIECE: Final = 2_048
"""Bytes of a data contract that are read at once."""


@dataclass(frozen=True, slots=True)
class Texts:
    """What a model says of itself; at most 1,024 bytes of UTF-8 each."""

    name: str = ""
    description: str = ""
    encoder: str = "none"

    def __post_init__(self) -> None:
        for key in ("name", "description", "encoder"):
            checked_text(key, getattr(self, key))


@dataclass(frozen=True, slots=True)
class Composition:
    """The source of one contract and what it is deployed with."""

    sources: Mapping[str, str]
    """The text of each module, by file name."""
    arguments: Arguments
    """The constructor's: name, description, encoder, names of the classes, state, and the packed start or the
    addresses of the data contracts that hold it, 0 until `placed`."""
    title: str
    """What the contract answers to ``composition()``."""
    constants: Mapping[str, int | bool | str] = field(default_factory=dict)
    """The values in ``parameters.vy``."""
    data_contracts: Sequence[bytes] = ()
    """The codes of the contracts to deploy before this one."""
    own_files: Mapping[str, str] = field(default_factory=dict)
    """The files of somebody's own that modules are copies of, by the module's file name."""

    @property
    def is_placed(self) -> bool:
        """Whether the constructor's arguments are complete."""
        return not self.data_contracts or all(self.arguments[5])

    def placed(self, addresses: Sequence[Address]) -> Self:
        """The composition whose data contracts are at these addresses, in the order of `data_contracts`.

        Raises
        ------
        InputError
            If there are not as many.
        """
        if len(addresses) != len(self.data_contracts):
            raise InputError(
                f"{len(self.data_contracts)} data contracts need an address each, not {len(addresses)}"
            )
        if not addresses:
            return self
        name, description, encoder, classes, state, _ = self.arguments
        where = tuple(int(address, 16) for address in addresses)
        return replace(self, arguments=(name, description, encoder, classes, state, where))


def compose(
    classifier: Classifier,
    incentive: IncentiveMechanism,
    texts: Texts | None = None,
    *,
    max_features: int = 128,
    index_bits: int = 16,
    own_parts: Mapping[str, str | Path] | None = None,
    start_in_code: bool | None = None,
    clone: bool = False,
    counter_bits: int | None = None,
    warm: int = 0,
) -> Composition:
    """Compose the contract of a shared model.

    Parameters
    ----------
    classifier, incentive
        The twins in memory: what the model starts from, and the terms.
    texts
        What the model says of itself.
    max_features
        Most features that a sample may list: 64, 128, 256 or 512. Each call pays for the room. Of a model of
        vectors the room is what they need, whatever is asked for.
    index_bits
        16 or 32, for feature indices below 2^16 or 2^32 (hashed features). Vectors have none.
    own_parts
        Vyper files that take the place of ``classifier`` or ``incentive``. Of such a part the contract says
        that it is ``own`` and the name of its file.
    start_in_code
        Whether the contract's own code holds the packed start, which is cheapest to read, or data contracts
        do. None: the code, if it fits.
    clone
        Whether the contract shares its code with others of its kind; then a `Clone` is composed.
    counter_bits
        8, 16 or 32 for a sparse perceptron; None for what its twin in memory has.
    warm
        The words of counters of the features below this one are filled at deployment, so that nobody pays
        for being the first to change one.

    Raises
    ------
    InputError
        If a number or a text does not fit, there is no contract for this kind, or an own part is none.
    StorageError
        If the file of an own part cannot be read.
    """
    texts = texts or Texts()
    if lists_features(classifier):
        _check_room(max_features, index_bits)
    if own_parts and "classifier" in own_parts and (warm or counter_bits is not None):
        raise InputError(
            "a classifier of one's own says itself how it counts: leave out --counter-bits and --warm"
        )
    model = classifier_part(classifier, Choices(max_features, index_bits, counter_bits, warm))
    terms = incentive_part(incentive)
    kinds = {"classifier": classifier.kind, "incentive": incentive.kind}
    kinds |= {role: _own_kind(role, path) for role, path in (own_parts or {}).items()}
    title = f"decai 1: {kinds['classifier']}, {kinds['incentive']}"
    names = checked_names(classifier.classes)
    room_for_names = max(_room(names), model.takes_classes * _ROOM_FOR_NAMES)
    constants: dict[str, Constant] = {
        "COMPOSITION_LENGTH": Constant("uint256", len(title)),
        "COMPOSITION": Constant.text(title),
        "LONGEST_TEXT": Constant("uint256", _LONGEST_TEXT),
        "NAME_LENGTH": Constant("uint256", _room([texts.name])),
        "DESCRIPTION_LENGTH": Constant("uint256", _room([texts.description])),
        "ENCODER_LENGTH": Constant("uint256", _room([texts.encoder])),
        "NUM_CLASSES": Constant("uint256", len(names)),
        "CLASS_LENGTH": Constant("uint256", room_for_names),
        "STATE_WORDS": Constant("uint256", len(model.state)),
        "MOST_STATE_WORDS": Constant("uint256", len(model.state)),
        "MAX_FEATURES": Constant("uint256", model.max_features),
        "INDEX_BITS": Constant("uint256", model.form.lane_bits),
        "SAMPLE_OFFSET": Constant("uint256", model.form.offset),
        **model.constants,
        **terms.constants,
    }
    own_files = MappingProxyType({f"{role}.vy": str(path) for role, path in (own_parts or {}).items()})
    own = {role: _own(path) for role, path in (own_parts or {}).items()}
    sources = {name: packaged(path) for name, path in _COMMON.items()}
    sources |= {"classifier.vy": packaged(model.source), "incentive.vy": packaged(terms.source)}
    sources |= {f"{role}.vy": text for role, text in own.items()}
    sources |= _imported(sources["classifier.vy"])
    sources[MODEL_FILE] = _initialized(sources[MODEL_FILE], sources["classifier.vy"])
    if incentive.takes_batches and "incentive" not in own:
        sources[f"{_BATCHES}.vy"] = packaged(f"{_BATCHES}.vy")
    else:
        sources[MODEL_FILE] = _OF_BATCHES.sub("", sources[MODEL_FILE])
    known = (texts.name, texts.description, texts.encoder, tuple(names), tuple(model.state))
    if clone:
        from decai.chain.compose_clone import compose_clone

        if own:
            raise InputError("a model with parts of its own shares no code; deploy it without --clone")
        if warm:
            raise InputError(
                "a clone fills no counters in advance; deploy it without --clone, or without --warm"
            )
        return compose_clone(sources, constants, known, model, start_in_code)
    if len(names) * (32 + 32 * -(-room_for_names // 32)) + 32 * len(model.state) > CODE_LIMIT:
        raise InputError(
            f"{len(names):,} classes do not fit into a contract's own code, which has {CODE_LIMIT:,} bytes; "
            "deploy it with --clone, or with fewer classes or shorter names"
        )
    sources = {name: variant(text, shared=False) for name, text in sources.items()}
    in_code = replace(_composition(sources, constants, known, model.start, ()), own_files=own_files)
    if _fits(in_code) if start_in_code is None else start_in_code:
        return in_code
    in_data = _composition(sources, constants, known, model.start, data_codes(model.start))
    return replace(in_data, own_files=own_files)


def encoded_arguments(arguments: Arguments) -> bytes:
    """Arguments of the constructor, ABI-encoded."""
    from eth_abi.abi import encode

    state, start = arguments[4:]
    kinds = ["string", "string", "string", "string[]", f"uint256[{len(state)}]", f"uint256[{len(start)}]"]
    return encode(kinds, arguments)


def _check_room(max_features: int, index_bits: int) -> None:
    if max_features not in MAX_FEATURES_CHOICES:
        raise InputError(f"max features must be one of 64, 128, 256 and 512, not {max_features}")
    if index_bits not in INDEX_BITS_CHOICES:
        raise InputError(f"index bits must be 16 or 32, not {index_bits}")


def _composition(
    sources: Mapping[str, str],
    constants: Mapping[str, Constant],
    texts: tuple[str, str, str, Sequence[str], Sequence[int]],
    start: Sequence[int],
    data: Sequence[bytes],
) -> Composition:
    words = (0,) * len(data) if data else tuple(start)
    constants = {
        **constants,
        "START_WORDS": Constant("uint256", len(words)),
        "START_IN_CODE": Constant("bool", not data),
        "PIECE_BYTES": Constant("uint256", _piece_bytes(data)),
    }
    return Composition(
        MappingProxyType(dict(sorted({**sources, "parameters.vy": parameters_module(constants)}.items()))),
        (*texts, words),
        str(constants["COMPOSITION"].value),
        MappingProxyType({name: constant.value for name, constant in constants.items()}),
        tuple(data),
    )


def _piece_bytes(data: Sequence[bytes]) -> int:
    """How much of a data contract a contract reads at once: what the shortest has, but not too much."""
    return min((_PIECE, *(len(code) - 1 for code in data))) if data else 32


def _fits(composition: Composition) -> bool:
    """Whether the contract's code holds its start. It is compiled to see; deploying needs that anyway."""
    from decai.chain.compiler import fits

    return 32 * len(composition.arguments[5]) < CODE_LIMIT and fits(composition)


def _imported(classifier: str) -> dict[str, str]:
    """The further modules that a classifier imports."""
    names = (f"{name}.vy" for name in _IMPORTS.findall(classifier))
    return {name: packaged(_OF_CLASSIFIERS[name]) for name in names if name in _OF_CLASSIFIERS}


def _initialized(trainer: str, classifier: str) -> str:
    """The facade, which gives the classifier whatever modules it says that it uses."""
    used = ", ".join(f"{name} := {name}" for name in _USES.findall(classifier))
    return trainer.replace(_INITIALIZES, f"initializes: model[{used}]\n") if used else trainer


def checked_names(names: Sequence[str]) -> list[str]:
    """Names of classes that a contract can hold; raises `InputError` if one is too long, or there twice."""
    checked = [checked_text("the name of a class", name) for name in names]
    if len(set(checked)) < len(checked):
        raise InputError(f"two classes have the name {max(checked, key=checked.count)[:80]!r}")
    return checked


def checked_text(what: str, text: str) -> str:
    """A text that a contract can hold; raises `InputError` if it is too long, or none. `what` it is."""
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise InputError(f"{what} is no valid text") from None
    if size > _LONGEST_TEXT:
        raise InputError(f"{what} has {size:,} bytes; at most {_LONGEST_TEXT:,} fit")
    return text


def _room(texts: Sequence[str]) -> int:
    """Bytes for the longest, in whole words, so that similar models share compiled code."""
    longest = max((len(text.encode()) for text in texts), default=0)
    return max(1, -(-longest // 32)) * 32


def parameters_module(constants: Mapping[str, Constant]) -> str:
    """The text of ``parameters.vy``."""
    lines = [
        "# pragma version 0.4.3",
        '"""',
        "@title Parameters",
        "@notice The numbers that are fixed at deployment.",
        '"""',
        "",
    ]
    lines += [f"{name}: constant({constant.type}) = {constant}" for name, constant in constants.items()]
    return "\n".join(lines) + "\n"


@lru_cache(maxsize=64)
def packaged(path: str) -> str:
    """The text of a module of this package."""
    return files("decai").joinpath(path).read_text(encoding="utf-8")


def _own_kind(role: str, path: str | Path) -> str:
    if role not in _REPLACEABLE:
        raise InputError(f"{role} is no part that can be replaced; {' and '.join(_REPLACEABLE)} are")
    if not _OWN_NAME.fullmatch(name := Path(path).stem):
        raise InputError(f"{path}: the name of an own part must be up to 64 letters, digits, - and _")
    return f"own {name}"


def _own(path: str | Path) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise StorageError(f"{path}: cannot be read ({error.strerror or error})") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: is no text") from None
