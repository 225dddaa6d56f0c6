"""Why a call was reverted, in the contract's own words."""

from typing import Final

__all__ = ["reason"]

_ERROR: Final = bytes.fromhex("08c379a0")
"""Selector of ``Error(string)``."""
_PANIC: Final = bytes.fromhex("4e487b71")
"""Selector of ``Panic(uint256)``."""
SILENT: Final = "the contract refuses without a word"


def reason(data: bytes) -> str:
    """What a reverted call has returned, as a sentence.

    Examples
    --------
    >>> reason(bytes.fromhex("4e487b71" + "00" * 31 + "11"))
    'the contract panics (0x11)'
    >>> reason(b"")
    'the contract refuses without a word'
    """
    if data[:4] == _ERROR and len(data) >= 68:
        size = int.from_bytes(data[36:68], "big")
        text = data[68 : 68 + min(size, 1024)].decode(errors="replace")
        return " ".join(text.split()) or SILENT
    if data[:4] == _PANIC and len(data) == 36:
        return f"the contract panics ({int.from_bytes(data[4:], 'big'):#x})"
    return f"the contract refuses with {data[:4].hex()}" if data else SILENT
