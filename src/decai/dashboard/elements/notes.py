"""Small things that pages say: notes, facts, labels, addresses that can be copied."""

import json
from collections.abc import Iterable
from typing import Final, Literal

from decai.dashboard.elements.controls import icon, icon_button
from decai.dashboard.elements.html import Tag, box, tag, text
from decai.dashboard.words import short

__all__ = ["copyable", "empty", "note", "pair", "pairs", "pill"]

Tone = Literal["info", "good", "warn", "bad", "plain"]
_SIGNS: Final = {"info": "info", "good": "check_circle", "warn": "warning", "bad": "error", "plain": "notes"}


def note(words: str, tone: Tone = "info", *, live: bool = False) -> Tag:
    """A line that matters; a `live` one is read out when it appears."""
    made = box(f"dc-note dc-note-{tone}", role="status" if live else None)
    with made:
        icon(_SIGNS[tone])
        tag("div", words, "dc-note-text")
    return made


def empty(title: str, words: str, sign: str = "inbox") -> Tag:
    """What stands where there is nothing yet."""
    made = box("dc-empty")
    with made:
        icon(sign)
        tag("p", title, "dc-empty-title")
        text(words)
    return made


def pill(words: str, tone: Tone = "plain", title: str | None = None) -> Tag:
    """A small label."""
    return tag("span", words, f"dc-pill dc-pill-{tone}", title=title)


def pair(name: str, value: str, title: str | None = None) -> Tag:
    """A fact with its name; within a list of `pairs`."""
    made = box("dc-pair")
    with made:
        tag("dt", name)
        tag("dd", value, title=title)
    return made


def pairs(facts: Iterable[tuple[str, str]], classes: str = "") -> Tag:
    """Facts with their names."""
    made = box(f"dc-pairs {classes}", "dl")
    with made:
        for name, value in facts:
            pair(name, value)
    return made


def copyable(whole: str, what: str, shown: str | None = None) -> Tag:
    """An address or hash, short, with a button that copies all of it."""
    made = box("dc-copyable", "span")
    with made:
        tag("span", shown or short(whole), "dc-mono", title=whole)
        icon_button("content_copy", f"Copy the {what}", classes="dc-copy").on(
            "click", js_handler=f"(event) => window.decaiPage.copy(event.currentTarget, {json.dumps(whole)})"
        )
    return made
