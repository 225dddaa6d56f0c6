"""A shared model that shares its code with others of its kind: the implementation, and what is its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from decai.chain.clone_data import clone_data, clone_size, like_constants, piece_bytes, shared_constants
from decai.chain.compose import Composition, packaged, parameters_module
from decai.chain.data_contract import CODE_LIMIT, data_codes
from decai.chain.factory import FACTORY
from decai.chain.parts import ClassifierPart, Constant
from decai.chain.variant import variant

__all__ = ["NOTHING", "Clone", "compose_clone"]

_MODULES: Final = MappingProxyType({"clone.vy": "clone.vy", "clone_table.vy": "classifier/_clone_table.vy"})
"""Which code has that clones share, beside the usual ones."""
NOTHING: Final = ("", "", "", (), (0,), (0,))
"""What the constructor of an implementation is given, which has nothing of its own."""


@dataclass(frozen=True, slots=True)
class Clone(Composition):
    """The source of an implementation, and what is its clone's own."""

    own: Mapping[str, Constant] = field(default_factory=dict)
    """What would be in ``parameters.vy`` if the contract had its code for itself."""
    numbers: int = 0
    """Of its classifier, in one word."""
    alone: Mapping[str, str] = field(default_factory=dict)
    """The modules of a contract of its kind that has its code for itself, but for what is the clone's own."""

    @property
    def data(self) -> bytes:
        """What a clone has in its own code beside what makes it one, `decai.chain.clone_data`.

        Raises
        ------
        InputError
            If it is larger than a chain takes.
        """
        name, description, encoder, classes, state, table = self.arguments
        return clone_data(self.own, self.numbers, (name, description, encoder, *classes), state, table)


def compose_clone(
    sources: Mapping[str, str],
    constants: Mapping[str, Constant],
    texts: tuple[str, str, str, Sequence[str], Sequence[int]],
    model: ClassifierPart,
    start_in_code: bool | None,
) -> Clone:
    """The composition of a clone.

    Parameters
    ----------
    sources, constants
        The modules, and what would be in ``parameters.vy`` if the contract had its code for itself.
    texts
        Its name, description, encoder and classes, and the words that its classifier begins with in storage.
    model
        Its classifier.
    start_in_code
        As for `decai.chain.compose.compose`.
    """
    name, description, encoder, classes, state = texts
    table: Sequence[int] = tuple(model.start)
    data: Sequence[bytes] = ()
    size = clone_size(constants, (name, description, encoder, *classes), len(state), len(table))
    if size <= CODE_LIMIT if start_in_code is None else start_in_code:
        piece = piece_bytes(size)
    else:
        piece = piece_bytes(32 * len(table))
        data = data_codes(table, piece)
        table = (0,) * len(data)
    own = {
        **constants,
        "START_WORDS": Constant("uint256", len(table)),
        "START_IN_CODE": Constant("bool", not data),
        "PIECE_BYTES": Constant("uint256", 32),
    }
    shared = shared_constants(own, piece) | {"FACTORY": Constant.address(FACTORY)}
    modules = {
        **{file: variant(text, shared=True) for file, text in sources.items()},
        **{file: packaged(path) for file, path in _MODULES.items()},
        "parameters.vy": parameters_module(shared),
    }
    alone = {
        **{file: variant(text, shared=False) for file, text in sources.items()},
        "parameters.vy": parameters_module(like_constants(own)),
    }
    return Clone(
        sources=MappingProxyType(dict(sorted(modules.items()))),
        arguments=(name, description, encoder, classes, state, table),
        title=str(constants["COMPOSITION"].value),
        constants=MappingProxyType({name: constant.value for name, constant in shared.items()}),
        data_contracts=tuple(data),
        own=MappingProxyType(own),
        numbers=model.numbers,
        alone=MappingProxyType(alone),
    )
