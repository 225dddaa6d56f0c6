"""Charts that grow while one looks: the browser keeps the points, and is sent what is new."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from nicegui import ui

from decai.dashboard.elements.html import Tag

__all__ = ["Chart", "Line"]

_COLOURS: Final = 8


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chart."""

    name: str
    axis: int = 0
    dashed: bool = False


class Chart(Tag):
    """Lines over time, with a legend that turns them on and off.

    Parameters
    ----------
    label
        What it shows, for who cannot see it.
    x
        What the horizontal axis measures.
    axes
        What the vertical ones do, one or two: name, and the unit behind a number.
    """

    def __init__(self, label: str, x: str, axes: Sequence[tuple[str, str]]) -> None:
        super().__init__("div", "", "dc-chart", role="img", aria_label=label)
        with self:
            self._chart = ui.echart(_options(x, axes)).classes("dc-chart-inside")
        self._lines = 0
        self.client.run_javascript(f"window.decaiChart?.made({self._chart.id})")

    def begin(self, lines: Sequence[Line]) -> None:
        """Draw these lines from now on, without points yet."""
        self._lines = len(lines)
        # Names come from people, so they are values here and never keys.
        series = [
            {"name": line.name, "axis": line.axis, "dashed": line.dashed, "colour": place % _COLOURS}
            for place, line in enumerate(lines)
        ]
        self._call("begin", series)

    def add(self, points: Sequence[Sequence[tuple[float, float]]]) -> None:
        """Add points, a list for each line."""
        assert len(points) == self._lines
        self._call("add", [[list(point) for point in line] for line in points])

    def describe(self, label: str) -> None:
        """Say something else to who cannot see it."""
        self.set(aria_label=label)

    def _call(self, name: str, argument: Any) -> None:
        self.client.run_javascript(f"window.decaiChart?.{name}({self._chart.id}, {json.dumps(argument)})")


def _options(x: str, axes: Sequence[tuple[str, str]]) -> dict[str, Any]:
    return {
        "animation": False,
        "grid": {"left": 8, "right": 8, "top": 56, "bottom": 32, "containLabel": True},
        "legend": {"top": 0, "type": "scroll", "icon": "roundRect"},
        "tooltip": {"trigger": "axis", "confine": True},
        "xAxis": {"type": "value", "name": x, "nameLocation": "middle", "nameGap": 26, "min": "dataMin"},
        "yAxis": [
            {
                "type": "value",
                "name": name,
                "nameTextStyle": {"align": "left" if place == 0 else "right"},
                "scale": True,
                "splitLine": {"show": place == 0},
                "axisLabel": {"formatter": f"{{value}}{unit}"},
            }
            for place, (name, unit) in enumerate(axes)
        ],
        "series": [],
    }
