"""How pages write amounts, times and addresses: for people, never raw."""

import re
from datetime import UTC, datetime
from typing import Final

from decai.chain.jsonrpc import NoAnswer, NotDelivered
from decai.chain.node_name import OtherNodeError
from decai.cli.show import clean
from decai.cli.show import ether as exact
from decai.errors import DecaiError, Refused
from decai.units import counted as count
from decai.units import format_seconds

__all__ = [
    "NO_ANSWER",
    "ago",
    "clean",
    "count",
    "date",
    "duration",
    "ether",
    "gain",
    "is_silence",
    "part",
    "percent",
    "plain",
    "readable",
    "short",
    "short_hash",
    "told",
    "until",
]

_SENTENCES: Final = {
    "already claimed": "You have claimed this contribution before.",
    "insufficient funds": "The account does not have enough money for this.",
    "no such class": "The model has no such class.",
    "no such contribution": "The model knows no such contribution.",
    "not enough time has passed": "It is too early: the waiting time is not over yet.",
    "nothing is left": "Nothing is left of this deposit.",
    "only the author can be refunded": "Only its author can be refunded.",
    "the author cannot report": "Nobody can report his own contribution.",
    "the model agrees": "The model agrees with this contribution, so it cannot be reported.",
    "the model disagrees": "The model does not agree with this contribution now; it may later.",
    "the model was updated in this block": "The model has just changed; try again in a moment.",
    "the reporter has no valid contributions": "A reward needs a validated contribution of your own first.",
    "the share is nothing": "Your share of this deposit would be nothing.",
    "the value sent is below the cost": (
        "The cost has gone up meanwhile, since somebody has just contributed. Look at the new cost and "
        "try again."
    ),
    "too many features": "The sample has more features than this model takes.",
}
"""What a contract's own words mean for a person; the part before the colon says which module refuses."""


def plain(refusal: str) -> str:
    """A contract's refusal, for a person.

    Examples
    --------
    >>> plain("stakeable: the model agrees")
    'The model agrees with this contribution, so it cannot be reported.'
    >>> plain("mine: the moon is full")
    'The contract refuses: the moon is full.'
    """
    reason = clean(refusal.partition(": ")[2] or refusal)
    return _SENTENCES.get(reason, f"The contract refuses: {reason.rstrip('.')}.")


_SMALLEST: Final = 10**9


def ether(amount: int) -> str:
    """An amount of wei in ETH; of what is worth nothing to anybody, only that it is so little.

    Examples
    --------
    >>> ether(3_071_882_123_456_789), ether(0), ether(-(10**18))
    ('0.003072 ETH', '0 ETH', '-1 ETH')
    >>> ether(5), ether(-5)
    ('<0.000000001 ETH', '-<0.000000001 ETH')
    """
    if 0 < abs(amount) < _SMALLEST:
        return f"{'-' * (amount < 0)}<{exact(_SMALLEST)}"
    return exact(amount)


_SILENT: Final = (NotDelivered, NoAnswer, OtherNodeError)
NO_ANSWER: Final = "the network's node does not answer just now; this server goes on looking for it"


def is_silence(error: Exception) -> bool:
    """Whether it only says that the network's node is away, which may come back."""
    return isinstance(error, _SILENT)


def told(error: DecaiError) -> str:
    """What a person is told of an error; what to do at a command line is nothing for a page.

    Examples
    --------
    >>> told(DecaiError("the file is empty")), told(Refused("stakeable: nothing is left"))
    ('The file is empty.', 'Nothing is left of this deposit.')
    """
    if isinstance(error, Refused):
        return plain(str(error))
    line = part(error)
    return f"{line[:1].upper()}{line[1:]}" + ("" if line.endswith((".", "?", "!")) else ".")


def part(error: DecaiError) -> str:
    """The same as a part of a sentence."""
    return NO_ANSWER if is_silence(error) else readable(str(error))


_WEI: Final = re.compile(r"(?<![\d.,^])(\d[\d,]*) wei\b")
_HEX: Final = re.compile(r"\b0x[0-9a-fA-F]{16,}\b")


def readable(line: str) -> str:
    """A line that was made for whoever reads numbers, for a person: amounts in ETH, addresses short.

    Examples
    --------
    >>> readable("0x5FbDB2315678afecb367f032d93F642f64180aa3: 2,278,743,497,133,768 wei are held")
    '0x5FbD…0aa3: 0.002279 ETH are held'
    """
    line = _WEI.sub(lambda found: ether(int(found[1].replace(",", ""))), line)
    return _HEX.sub(lambda found: short(found[0]), line)


def short(address: str) -> str:
    """An address for a line.

    Examples
    --------
    >>> short("0x5FbDB2315678afecb367f032d93F642f64180aa3")
    '0x5FbD…0aa3'
    """
    return f"{address[:6]}…{address[-4:]}"


def short_hash(digest: bytes) -> str:
    """A hash for a line.

    Examples
    --------
    >>> short_hash(bytes(32))
    '0x0000…0000'
    """
    return short(f"0x{digest.hex()}")


def date(time: int) -> str:
    """A time stamp of a chain, which knows no time zones, as a date in UTC.

    Examples
    --------
    >>> date(1_700_000_000), date(2**60)
    ('14 Nov 2023, 22:13 UTC', 'second 1,152,921,504,606,846,976')
    """
    try:
        when = datetime.fromtimestamp(time, UTC)
    except (OverflowError, OSError, ValueError):
        return f"second {time:,}"
    return f"{when.day} {when:%b %Y, %H:%M} UTC"


def ago(time: int, now: int) -> str:
    """How long ago.

    Examples
    --------
    >>> ago(100, 100), ago(40, 100), ago(100, 40)
    ('just now', '1 min ago', 'in 1 min')
    """
    if time == now:
        return "just now"
    distance = format_seconds(abs(time - now))
    return f"in {distance}" if time > now else f"{distance} ago"


def duration(seconds: int) -> str:
    """A duration in a sentence, in at most two units.

    Examples
    --------
    >>> duration(86_400), duration(93_600), duration(600), duration(0)
    ('1 day', '1 day 2 hours', '10 minutes', '0 seconds')
    """
    parts: list[str] = []
    rest = max(0, seconds)
    for name, size in (("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1)):
        number, rest = divmod(rest, size)
        if number:
            parts.append(count(number, name))
    return " ".join(parts[:2]) or "0 seconds"


def until(time: int, now: int) -> str:
    """How long to wait.

    Examples
    --------
    >>> until(160, 100), until(90, 100)
    ('in 1 min', 'now')
    """
    return f"in {format_seconds(time - now)}" if time > now else "now"


def gain(amount: int) -> str:
    """A profit or a loss, with its sign.

    Examples
    --------
    >>> gain(5 * 10**18), gain(-(10**18)), gain(0), gain(1)
    ('+5 ETH', '-1 ETH', '0 ETH', '+<0.000000001 ETH')
    """
    return f"+{ether(amount)}" if amount > 0 else ether(amount)


def percent(part: float) -> str:
    """A part of a whole.

    Examples
    --------
    >>> percent(0.8123), percent(1)
    ('81.2%', '100%')
    """
    return f"{100 * part:.1f}".rstrip("0").rstrip(".") + "%"
