"""The framework's story on the local node, told on the terminal; and the dashboard with models to try."""

import os
import sys
import textwrap
from typing import TYPE_CHECKING

from decai.cli.words import eth

if TYPE_CHECKING:
    from decai.chain.story import StoryStep

__all__ = ["open_dashboard", "play"]

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


def open_dashboard() -> None:
    """Deploy three models with some history on the local node, and show them in a browser.

    In a terminal the pages are served until Ctrl-C. Nobody else could end that, so others are told how to
    begin it.
    """
    from decai.chain.local_node import ensure_running
    from decai.chain.rpc import RpcChain
    from decai.chain.showcase import show

    print("\nThree models to try, of film reviews, of passengers and of digits that you draw:", flush=True)
    for known in show(RpcChain(ensure_running().url), lambda line: print(f"  {line}", flush=True)):
        print(f"  {known.name}: {known.address}", flush=True)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        print("\nOpen the dashboard with: decai serve")
        return
    _serve()


def _serve() -> None:
    """Serve the pages, on the usual port or another, and have them opened if there is something to do it."""
    from decai.dashboard.options import Options, bound_socket
    from decai.dashboard.serve import serve
    from decai.errors import InputError

    options = Options()
    try:
        listening = bound_socket(options)
    except InputError:
        options = Options(port=0)
        listening = bound_socket(options)

    def told(url: str) -> None:
        print(f"\nThe dashboard is open at {url}; end it with Ctrl-C", flush=True)
        if sys.platform == "darwin" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
            import webbrowser

            webbrowser.open(url)

    serve(options, listening=listening, told=told)


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
