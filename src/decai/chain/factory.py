"""The factory of clones, which is at the same address on every chain: ``factory.vy``."""

from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from decai.units import Address

if TYPE_CHECKING:
    from decai.chain.compiler import Compiled

__all__ = ["FACTORY", "compiled_factory"]

FACTORY: Final = Address("0xf0fC4AF6876793C2F3e752Df5dfec71df3fAba95")
"""Where it is; this follows from its code, and implementations know it."""
_SOURCE: Final = "factory.vy"


@lru_cache(maxsize=1)
def compiled_factory() -> "Compiled":
    """Its code.

    Raises
    ------
    MissingError
        If there is no compiler.
    """
    from decai.chain.compiler import compile_sources

    text = files("decai.chain").joinpath(_SOURCE).read_text(encoding="utf-8")
    return compile_sources({_SOURCE: text}, _SOURCE)
