"""What pages are made of: plain HTML wherever it will do, and the framework's parts made accessible."""

from decai.dashboard.elements.controls import button, icon, icon_button, select
from decai.dashboard.elements.html import box, heading, link, tag, text
from decai.dashboard.elements.notes import copyable, empty, note, pair, pairs, pill
from decai.dashboard.elements.pages import PagedList, Pager
from decai.dashboard.elements.tables import table

__all__ = [
    "PagedList",
    "Pager",
    "box",
    "button",
    "copyable",
    "empty",
    "heading",
    "icon",
    "icon_button",
    "link",
    "note",
    "pair",
    "pairs",
    "pill",
    "select",
    "table",
    "tag",
    "text",
]
