"""A sample that somebody contributed, as it was given."""

import base64
import json
from typing import Final

from decai.catalog.records import SampleKind, SampleRecord
from decai.dashboard.elements.html import tag

__all__ = ["sample_view"]

_LONG: Final = 200
_LONGEST: Final = 2_000
_MAGIC: Final = ((b"\x89PNG", "image/png"), (b"\xff\xd8", "image/jpeg"), (b"GIF8", "image/gif"))


def sample_view(sample: SampleRecord, what: str) -> None:
    """Show a sample; it is never taken for anything but a text or a picture.

    Parameters
    ----------
    sample
        The sample.
    what
        Says which one it is, for who cannot see it.
    """
    if sample.kind is SampleKind.IMAGE:
        kind = next((kind for magic, kind in _MAGIC if sample.content.startswith(magic)), "image/webp")
        source = f"data:{kind};base64,{base64.b64encode(sample.content).decode()}"
        tag("img", "", "dc-sample-picture", src=source, alt=what)
        return
    words = sample.content.decode(errors="replace")
    if sample.kind is SampleKind.RECORD:
        fields = json.loads(words)
        words = ", ".join(f"{key}: {value}" for key, value in fields.items())
    elif sample.kind is SampleKind.NUMBERS:
        words = words.strip("[]")
    shown = words if len(words) <= _LONGEST else f"{words[:_LONGEST]}…"
    # Long ones can be scrolled, by keyboard too.
    focus = {"tabindex": "0", "role": "region", "aria_label": what} if len(shown) > _LONG else {}
    tag("div", shown, "dc-sample", **focus)
