"""Plain HTML elements whose texts are never taken for markup."""

from typing import Any, Literal

from nicegui.elements.mixins.text_element import TextElement

__all__ = ["Tag", "box", "heading", "link", "tag", "text"]


class Tag(TextElement):
    """An element with a text, and children if it is entered.

    Parameters
    ----------
    name
        Of the element.
    text
        What it says.
    classes
        Of the style sheet.
    **attributes
        Further attributes; ``_`` stands for ``-``.
    """

    def __init__(self, name: str, text: str = "", classes: str = "", **attributes: Any) -> None:
        super().__init__(tag=name, text=text)
        if classes:
            self.classes(classes)
        self.set(**attributes)

    def set(self, **attributes: Any) -> "Tag":
        """Change attributes; None takes one away."""
        for key, value in attributes.items():
            name = key.rstrip("_").replace("_", "-")
            if value is None:
                self.props.pop(name, None)
            else:
                # Not by `props(...)`, which parses what it is given.
                self.props[name] = value
        self.update()
        return self


def tag(name: str, text: str = "", classes: str = "", **attributes: Any) -> Tag:
    """Any element."""
    return Tag(name, text, classes, **attributes)


def box(classes: str = "", name: str = "div", **attributes: Any) -> Tag:
    """Something to put others into."""
    return Tag(name, "", classes, **attributes)


def heading(words: str, level: Literal[1, 2, 3, 4] = 2, classes: str = "") -> Tag:
    """A heading."""
    return Tag(f"h{level}", words, f"dc-h{level} {classes}")


def text(words: str, classes: str = "", **attributes: Any) -> Tag:
    """A paragraph."""
    return Tag("p", words, f"dc-p {classes}", **attributes)


def link(words: str, target: str, classes: str = "", **attributes: Any) -> Tag:
    """A link; to another site it opens a new tab, which learns nothing of where it came from."""
    if not target.startswith("/"):
        attributes |= {"target": "_blank", "rel": "noopener noreferrer"}
    return Tag("a", words, f"dc-link {classes}", href=target, **attributes)
