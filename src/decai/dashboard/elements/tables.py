"""Tables with headings; on a phone each row becomes a small card."""

from collections.abc import Callable, Iterable, Sequence

from decai.dashboard.elements.html import Tag, box, tag

__all__ = ["Cell", "table"]

Cell = str | Callable[[], object]
"""A text, or what makes the cell's content."""


def table(
    caption: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    *,
    numeric: Sequence[int] = (),
    show_caption: bool = False,
) -> Tag:
    """A table.

    Parameters
    ----------
    caption
        What it is about, for a screen reader, and for the eye if `show_caption`.
    columns
        The headings.
    rows
        One cell for each column.
    numeric
        The columns whose cells end flush.
    """
    made = box("dc-table-box", tabindex="0", role="region", aria_label=caption)
    with made, box("dc-table", "table"):
        tag("caption", caption, "" if show_caption else "dc-unseen")
        with box(name="thead"), box(name="tr"):
            for place, name in enumerate(columns):
                tag("th", name, "dc-number" if place in numeric else "", scope="col")
        with box(name="tbody"):
            for row in rows:
                with box(name="tr"):
                    for place, cell in enumerate(row):
                        _cell(cell, columns[place], place in numeric)
    return made


def _cell(cell: Cell, column: str, is_numeric: bool) -> None:
    classes = "dc-number" if is_numeric else ""
    if isinstance(cell, str):
        tag("td", cell, classes, data_label=column)
        return
    # On a phone the cell is a grid of two: the heading, and all of the content.
    with box(classes, "td", data_label=column), box():
        cell()
