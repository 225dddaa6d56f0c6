"""The terms of a shared model: what options say, else what the model file says, else the defaults."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from decai.errors import InputError

if TYPE_CHECKING:
    from decai.chain.model import ModelInfo
    from decai.protocols import IncentiveMechanism

__all__ = ["ENTRY", "terms_entry", "terms_of_options"]

ENTRY: Final = "incentive"
"""The entry of a model file that holds them."""
_WAIT_LIMIT: Final = 2**32
_COST_WEIGHT_LIMIT: Final = 2**84


class _Term(NamedTuple):
    option: str
    key: str
    """In the entry of a model file."""
    default: str


_TERMS: Final = {
    "incentive": _Term("--incentive", "kind", "stakeable"),
    "refund_wait": _Term("--refund-wait", "refundWait", "1 day"),
    "owner_wait": _Term("--owner-claim-wait", "ownerClaimWait", "8 days"),
    "any_wait": _Term("--any-claim-wait", "anyClaimWait", "9 days"),
    "cost_weight": _Term("--cost-weight", "costWeight", "0.00002 ether"),
    "shares": _Term("--shares", "shares", "count"),
}

_OF_DEPOSITS: Final = ("owner_wait", "any_wait", "cost_weight", "shares")


class _Said(NamedTuple):
    """A value, and who said it."""

    where: str
    value: str | int


def terms_of_options(
    options: Mapping[str, str | None], entry: object = None, source: str = ""
) -> "IncentiveMechanism":
    """The incentive mechanism that options and a model file name.

    Parameters
    ----------
    options
        ``incentive``, ``refund_wait``, ``owner_wait``, ``any_wait``, ``cost_weight``, ``shares``; None
        or absent if they were not given.
    entry
        The entry of the model file, if it has one.
    source
        The name of the file.

    Raises
    ------
    InputError
        If one of them is malformed, out of its range, out of order, or does not apply; says which.
    """
    from decai.incentive import Points, Stakeable
    from decai.units import Seconds, Wei, format_seconds, parse_seconds, parse_wei

    if entry is not None and not isinstance(entry, dict):
        raise InputError(f"{source}: {ENTRY} must be an object")
    said = {name: _said(term, options.get(name), entry or {}, source) for name, term in _TERMS.items()}
    kind = _chosen(said["incentive"], ("stakeable", "points"))
    if kind == Points.kind:
        _refuse_deposits(options, said["incentive"].where)
    shares = _chosen(said["shares"], ("count", "deposit"))
    waits = {
        name: Seconds(_number(said[name], parse_seconds, _WAIT_LIMIT, "2^32 seconds (136 years)"))
        for name in ("refund_wait", "owner_wait", "any_wait")
    }
    weight = _number(said["cost_weight"], parse_wei, _COST_WEIGHT_LIMIT, "2^84 wei (19,342,813 ether)")
    if kind == Points.kind:
        return Points(waits["refund_wait"])
    for first, second in (("refund_wait", "owner_wait"), ("owner_wait", "any_wait")):
        if waits[second] < waits[first]:
            raise InputError(
                f"{said[second].where}: {format_seconds(waits[second])} is shorter than {said[first].where}, "
                f"{format_seconds(waits[first])}; the waits must be in order: refund, owner, anybody"
            )
    return Stakeable(
        Wei(weight),
        waits["refund_wait"],
        waits["owner_wait"],
        waits["any_wait"],
        shares="deposit" if shares == "deposit" else "count",
    )


def _refuse_deposits(options: Mapping[str, str | None], where: str) -> None:
    """What a file says of deposits besides is left aside; whoever gives an option means it."""
    for name in _OF_DEPOSITS:
        if options.get(name) is not None:
            raise InputError(
                f"{_TERMS[name].option} does not apply to points, which take no deposits "
                f"({where} says points); leave it out, or give --incentive stakeable"
            )


def terms_entry(info: "ModelInfo") -> dict[str, Any]:
    """What a model file says of the terms of a deployed model; empty if its mechanism is somebody's own."""
    if info.incentive not in ("stakeable", "points"):
        return {}
    terms: dict[str, Any] = {"kind": info.incentive, "refundWait": info.refund_wait}
    if info.incentive == "stakeable":
        terms |= {"ownerClaimWait": info.owner_wait, "anyClaimWait": info.any_wait}
        terms |= {"costWeight": info.cost_weight, "shares": info.shares}
    return {ENTRY: terms}


def _said(term: _Term, option: str | None, entry: Mapping[str, Any], source: str) -> _Said:
    if option is not None:
        return _Said(term.option, option)
    value = entry.get(term.key)
    if value is None:
        return _Said(term.option, term.default)
    where = f"{source}: {ENTRY}.{term.key}"
    if type(value) not in (str, int):
        raise InputError(f"{where} must be a text or a whole number")
    return _Said(where, value)


def _chosen(said: _Said, choices: tuple[str, str]) -> str:
    if said.value not in choices:
        raise InputError(f"{said.where}: {str(said.value)[:80]!r} is neither {choices[0]} nor {choices[1]}")
    return str(said.value)


def _number(said: _Said, parse: Callable[[str | int], int], limit: int, limit_text: str) -> int:
    text = str(said.value).strip()
    if text.startswith("-"):
        raise InputError(f"{said.where}: {text[:80]!r} is negative")
    try:
        number = parse(said.value)
    except InputError as error:
        raise InputError(f"{said.where}: {error}") from None
    if number >= limit:
        raise InputError(f"{said.where}: {text[:80]!r} is too large; it must be below {limit_text}")
    return number
