"""The framework's story on the local node, told on the terminal."""

import textwrap
from typing import TYPE_CHECKING

from decai.cli.words import eth

if TYPE_CHECKING:
    from decai.chain.story import StoryStep

__all__ = ["play"]

_WIDTH = 96
_INDENT = "     "


def play() -> None:
    """Deploy a review classifier on the local node, use it, and show each step with its gas and balances."""
    from decai.chain.local_node import ensure_running
    from decai.chain.rpc import RpcChain
    from decai.chain.story import Story, tell

    node = ensure_running()
    chain = RpcChain(node.url)
    story = Story(chain)
    print(
        f"The same, in a smart contract: a chain on this machine ({node.plain_url}), with play money\n",
        flush=True,
    )
    before: dict[str, int] = {}
    for number, step in enumerate(tell(chain, story), 1):
        print(_told(number, step, before), flush=True)
        before = dict(step.moved)
    print(f"\nThe contract: {story.address} (decai node status)")


def _told(number: int, step: "StoryStep", before: dict[str, int]) -> str:
    text = textwrap.fill(step.text, _WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT)
    lines = [f"{number:3}. {step.title}", text]
    facts = [] if step.gas is None else [f"{step.gas:,} gas"]
    if before and step.moved != before:
        facts += [f"{name} {_signed(amount)}" for name, amount in step.moved.items() if name != "Olga"]
    if facts:
        lines.append(_INDENT + " · ".join(facts))
    return "\n".join(lines)


def _signed(amount: int) -> str:
    return f"{'-' if amount < 0 else '+' if amount else ''}{eth(abs(amount))}"
