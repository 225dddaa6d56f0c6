"""Data in the code of contracts that do nothing else: cheap to write, and to read by any other contract.

The code is a STOP byte, so that nobody can run it, and then the words. ``classifier/_base_table.vy`` reads
them.
"""

from collections.abc import Sequence
from typing import Final

__all__ = ["CODE_LIMIT", "WORDS_IN_CONTRACT", "data_codes", "deployment_of"]

CODE_LIMIT: Final = 24_576
"""Most bytes that a contract's code may have (EIP-170)."""

WORDS_IN_CONTRACT: Final = 767
"""As many as `CODE_LIMIT` holds beside the STOP byte."""
_PREFIX: Final = 10


def data_codes(words: Sequence[int], least: int = 0) -> list[bytes]:
    """The codes of the contracts that hold these words, `WORDS_IN_CONTRACT` each but for the last.

    Each is filled up with zeros to `least` bytes.
    """
    return [
        (b"\0" + b"".join(word.to_bytes(32, "big") for word in words[at : at + WORDS_IN_CONTRACT])).ljust(
            least, b"\0"
        )
        for at in range(0, len(words), WORDS_IN_CONTRACT)
    ]


def deployment_of(code: bytes) -> bytes:
    """What a transaction sends to deploy this very code, of any kind.

    Examples
    --------
    >>> deployment_of(b"\\0\\7").hex()
    '61000280600a5f395ff30007'
    """
    # PUSH2 size, DUP1, PUSH1 prefix, PUSH0, CODECOPY, PUSH0, RETURN
    copy_and_return = bytes((0x80, 0x60, _PREFIX, 0x5F, 0x39, 0x5F, 0xF3))
    return b"\x61" + len(code).to_bytes(2, "big") + copy_and_return + code
