"""Why a call was reverted, in the contract's own words, out of what an EVM or a node tells."""

import re
from typing import TYPE_CHECKING, Any, Final

from decai.errors import Refused

if TYPE_CHECKING:
    from decai.chain.jsonrpc import RpcError

__all__ = ["SILENT", "has_failed", "reason", "refusal_of", "unless_spent"]

_ERROR: Final = bytes.fromhex("08c379a0")
"""Selector of ``Error(string)``."""
_PANIC: Final = bytes.fromhex("4e487b71")
"""Selector of ``Panic(uint256)``."""
SILENT: Final = "the contract refuses without a word"

_WORD: Final = 32
_LONGEST: Final = 1024
_PANICS: Final = {
    0x01: "an assertion failed",
    0x11: "an integer left its range",
    0x12: "division by zero",
    0x21: "no value of its enumeration",
    0x22: "storage that is encoded wrongly",
    0x31: "nothing to take out of an empty array",
    0x32: "an index outside of its array",
    0x41: "too much memory",
    0x51: "a function that was not set",
}
_REVERTED: Final = re.compile(r"\brevert(ed)?\b|vm exception|vm execution error", re.IGNORECASE)
_FAILED: Final = re.compile(
    r"\bEVM error\b|\bout ?of ?gas\b|\b(invalid|bad) ?(opcode|instruction|jump)"
    r"|\bstack ?(under|over)flow\b|\bstack limit\b|\breturn ?data out of bounds\b|\bwrite protection\b",
    re.IGNORECASE,
)
"""How nodes say that code came to an end that is no answer and no refusal."""
_SAID: Final = re.compile(
    r"(?:execution reverted:|reverted with reason string) *(?P<quote>['\"]?)(?P<reason>.+?)(?P=quote)$"
)
_HEX: Final = re.compile(r"0x[0-9a-fA-F]*")


def reason(data: bytes) -> str:
    """What a reverted call has returned, as a sentence on one line.

    Examples
    --------
    >>> reason(bytes.fromhex("4e487b71" + "00" * 31 + "11"))
    'the contract panics (0x11: an integer left its range)'
    >>> reason(bytes.fromhex("cf479181" + "00" * 64))
    'the contract refuses with error 0xcf479181 and 64 bytes of details'
    >>> reason(b"")
    'the contract refuses without a word'
    """
    selector, arguments = data[:4], data[4:]
    if not data:
        return SILENT
    if selector == _ERROR and len(arguments) >= 2 * _WORD:
        begin = int.from_bytes(arguments[:_WORD]) + _WORD
        length = int.from_bytes(arguments[begin - _WORD : begin])
        return _one_line(arguments[begin : begin + min(length, _LONGEST)].decode(errors="replace")) or SILENT
    if selector == _PANIC and len(arguments) == _WORD:
        code = int.from_bytes(arguments)
        return f"the contract panics ({code:#04x}: {_PANICS.get(code, 'nobody knows why')})"
    return f"the contract refuses with error 0x{selector.hex()} and {len(arguments):,} bytes of details"


def unless_spent(said: str, used: int, limit: int) -> str:
    """What a reverted transaction said, or, if that was nothing since all its gas was used, just this.

    Examples
    --------
    >>> unless_spent(SILENT, 50_000, 50_000)
    'ran out of gas: 50,000 were not enough'
    >>> unless_spent("points: already claimed", 50_000, 50_000)
    'points: already claimed'
    """
    return f"ran out of gas: {limit:,} were not enough" if said == SILENT and used >= limit else said


def refusal_of(error: "RpcError") -> Refused | None:
    """What an error of a node means, if it means that the contract refuses.

    Nodes tell it in different places: as data, as data within data, behind a word, or in the message alone.
    """
    data = _data_in(error.data)
    if not (data or error.code == 3 or _REVERTED.search(error.reason)):
        return None
    if data:
        return Refused(reason(data))
    said = _SAID.search(error.reason)
    return Refused(_one_line(said["reason"]) if said else SILENT)


def has_failed(error: "RpcError") -> bool:
    """Whether an error of a node means that a contract's code came to no proper end."""
    return bool(_FAILED.search(error.reason))


def _data_in(value: Any) -> bytes | None:
    if isinstance(value, str):
        word = value.rpartition(" ")[2]
        return bytes.fromhex(word[2:]) if len(word) % 2 == 0 and _HEX.fullmatch(word) else None
    if isinstance(value, dict):
        inner = [value.get(key) for key in ("data", "originalError", "result", "output")]
        return next((found for item in inner if (found := _data_in(item))), None)
    return None


def _one_line(text: str) -> str:
    """A contract of somebody else can say anything: nothing but signs may reach the terminal."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
