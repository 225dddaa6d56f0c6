"""Drawing on a pad: lines of digits, and how much of the pad they ink."""

import math
from collections.abc import Sequence
from typing import Final

from playwright.sync_api import FloatRect, Page

from decai import dataset
from decai.classifier import DenseCentroid

__all__ = ["INK", "RING", "STROKE", "Points", "by_mouse", "digit_model", "ink", "on", "pad"]

Points = Sequence[tuple[float, float]]
STROKE: Final = [(0.5, 0.15 + 0.07 * step) for step in range(11)]
RING: Final = [(0.5 + 0.2 * math.sin(turn / 4), 0.5 - 0.33 * math.cos(turn / 4)) for turn in range(26)]

INK: Final = """() => {
  const pad = document.querySelector(".dc-pad");
  const dots = pad.getContext("2d").getImageData(0, 0, pad.width, pad.height).data;
  let inked = 0;
  for (let at = 0; at < dots.length; at += 4) inked += dots[at] < 128;
  return 4 * inked / dots.length;
}"""


def digit_model() -> DenseCentroid:
    """The means of each digit of scikit-learn's set."""
    train = dataset.load("digits", dense=True).train
    model = DenseCentroid(tuple("0123456789"), 64)
    model.train(train.samples, train.labels)
    return model


def pad(page: Page) -> FloatRect:
    """Where the pad is, and that it is in sight."""
    canvas = page.locator(".dc-pad")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    return box


def on(box: FloatRect, points: Points) -> list[tuple[float, float]]:
    """Points of the pad as those of the window."""
    return [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]


def by_mouse(page: Page, points: Points) -> None:
    """Draw one line."""
    first, *others = on(pad(page), points)
    page.mouse.move(*first)
    page.mouse.down()
    for place in others:
        page.mouse.move(*place)
    page.mouse.up()


def ink(page: Page) -> float:
    """How much of the pad is inked, from 0 to 1."""
    return float(page.evaluate(INK))
