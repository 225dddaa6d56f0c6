"""Pictures of every page for the documents: a desk in the light, a phone in the dark.

python -m benchmarks.screenshots [FOLDER]      docs/images, if none is named
"""

import io
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from PIL import Image
from playwright.sync_api import Browser, Page, expect

from benchmarks.shown import Shown, shown
from tests.browser.chromium import chromium
from tests.browser.story import contribute, let_pass

__all__ = ["main"]

_FOLDER: Final = Path(__file__).parents[1] / "docs" / "images"
_LOOKS: Final[dict[str, dict[str, Any]]] = {
    "wide": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"},
    "narrow": {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark", "has_touch": True},
}
_TALLEST: Final = {"wide": 1_800, "narrow": 2_200}
_QUALITY: Final = 80
_PATIENCE: Final = 40_000
_REVIEW: Final = "A wonderful film with superb actors, though the story is a little boring"
Visit = Callable[[Page], None]


def _nothing(_: Page) -> None:
    """There is nothing to be done first."""


def _ask(page: Page) -> None:
    page.get_by_label("Text").fill(_REVIEW)
    page.get_by_role("button", name="Ask, for free").click()
    expect(page.locator(".dc-result")).to_be_visible()


def _teach(page: Page) -> None:
    contribute(page, _REVIEW, "positive")


def _verify(page: Page) -> None:
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_text("bit for bit")).to_be_visible()


def _draw(page: Page) -> None:
    """A three, by hand."""
    pad = page.locator(".dc-pad")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    points = [(0.32, 0.25), (0.5, 0.15), (0.66, 0.25), (0.6, 0.42), (0.45, 0.48), (0.65, 0.56), (0.68, 0.74)]
    points += [(0.5, 0.86), (0.32, 0.76)]
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=6)
    page.mouse.up()
    page.get_by_role("button", name="Ask, for free").click()
    expect(page.locator(".dc-result")).to_be_visible()


def _price(page: Page) -> None:
    page.get_by_label("Data set").select_option("titanic")
    page.get_by_label("Classifier").select_option("naive-bayes")
    page.get_by_role("button", name="Train").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Titanic survivors")
    page.get_by_role("button", name="Look at the price").click()
    expect(page.get_by_role("table", name="Deployment")).to_be_visible()


def _simulate(page: Page) -> None:
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text("Complete.")).to_be_visible()


def _who(page: Page) -> None:
    page.locator(".dc-who").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def _pages(site: Shown) -> dict[str, tuple[str, Visit]]:
    """Name, address, and what is done there."""
    reviews, digits = site.reviews_path, f"/model/{site.digits.address}"
    return {
        "models": ("/", _nothing),
        "predict": (f"{reviews}/predict", _ask),
        "train": (f"{reviews}/train", _teach),
        "claims": (f"{reviews}/claims", _nothing),
        "history": (f"{reviews}/history", _nothing),
        "audit": (f"{reviews}/audit", _verify),
        "digits": (f"{digits}/predict", _draw),
        "passenger": (f"/model/{site.titanic.address}/predict", _nothing),
        "account": ("/account", _nothing),
        "add": ("/add", _price),
        "simulate": ("/simulate", _simulate),
        "about": ("/about", _nothing),
        "who": ("/", _who),
    }


@contextmanager
def _tab(browser: Browser, look: str) -> Iterator[Page]:
    context = browser.new_context(**_LOOKS[look], reduced_motion="reduce")
    context.set_default_timeout(_PATIENCE)
    expect.set_options(timeout=_PATIENCE)
    yield context.new_page()
    context.close()


def _taken(page: Page, look: str, path: Path) -> int:
    """Write a picture of a page down; returns its bytes."""
    page.evaluate("window.scrollTo(0, 0)")
    # What moves has come to rest, and what is said for a moment is over.
    page.wait_for_timeout(700)
    is_dialog = page.get_by_role("dialog").count() > 0
    shot: Image.Image = Image.open(io.BytesIO(page.screenshot(full_page=not is_dialog)))
    if shot.height > _TALLEST[look]:
        shot = shot.crop((0, 0, shot.width, _TALLEST[look]))
    shot.convert("RGB").save(path, "WEBP", quality=_QUALITY, method=6)
    return path.stat().st_size


def _history_first(page: Page, site: Shown) -> None:
    """Something that can be claimed, and something for later."""
    page.goto(f"{site.server.url}{site.reviews_path}/train")
    _teach(page)
    let_pass(page, "1 day")
    page.goto(f"{site.server.url}{site.reviews_path}/history")
    expect(page.get_by_role("table", name="Accuracy over time")).to_be_visible()
    # Of the other models as well.
    page.goto(site.server.url)
    expect(page.get_by_text("unknown", exact=True)).to_have_count(0)


def main() -> None:
    """Take all of them."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else _FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    total = 0
    with shown() as site, chromium() as browser:
        with _tab(browser, "wide") as page:
            _history_first(page, site)
        for look in _LOOKS:
            with _tab(browser, look) as page:
                for name, (address, visit) in _pages(site).items():
                    page.goto(f"{site.server.url}{address}")
                    expect(page.locator("#dc-content h1")).to_be_visible()
                    expect(page.locator(".dc-waiting")).to_have_count(0)
                    visit(page)
                    path = folder / f"{name}-{look}.webp"
                    size = _taken(page, look, path)
                    total += size
                    print(f"{path.name:<28}{size / 1024:>8.0f} KB", flush=True)
    print(f"{'all':<28}{total / 1024:>8.0f} KB")


if __name__ == "__main__":
    main()
