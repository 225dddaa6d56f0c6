"""Every page, wide and narrow, light and dark: for keyboards, screen readers, and eyes."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.everything import Shown, show_everything
from tests.browser.served import Served

pytestmark = pytest.mark.xdist_group("browser looks")

WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 360, "height": 740}
PAGES = (
    "models", "predict", "train", "claims", "history", "audit", "stranger", "account", "add", "simulate",
    "about", "missing",
)  # fmt: skip


@pytest.fixture(scope="module")
def shown(server: Served) -> Shown:
    """Something on every page."""
    made = show_everything(server)
    assert tuple(made.addresses()) == PAGES
    return made


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> str:
    """Light or dark, as the machine of the visitor has it."""
    return str(request.param)


@pytest.fixture(params=["wide", "narrow"])
def look(request: pytest.FixtureRequest, browser: Browser, scheme: Any) -> Iterator[Page]:
    """A tab of a desk or of a phone."""
    size: Any = WIDE if request.param == "wide" else NARROW
    context = browser.new_context(viewport=size, color_scheme=scheme, reduced_motion="reduce")
    context.set_default_timeout(20_000)
    yield context.new_page()
    context.close()


def opened(page: Page, shown: Shown, name: str) -> None:
    """Open a page, and wait until all of it is there."""
    page.goto(f"{shown.server.url}{shown.addresses()[name]}")
    expect(page.locator("main h1, #dc-content h1")).to_be_visible()
    expect(page.locator(".dc-waiting")).to_have_count(0)


def violations(page: Page) -> list[str]:
    """What axe finds, of that which keeps people out."""
    answer = Axe().run(page).response
    assert len(answer["passes"]) > 10, "it has looked"
    return [
        f"{each['id']}: {node['html'][:160]}"
        for each in answer["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


@pytest.mark.parametrize("name", PAGES)
def test_everybody_can_use_it_and_nothing_sticks_out(look: Page, shown: Shown, name: str) -> None:
    opened(look, shown, name)
    assert violations(look) == []
    width = look.evaluate("document.documentElement.scrollWidth")
    assert width <= look.evaluate("document.documentElement.clientWidth")
    # No raw number of wei, no hash or address in full, no traceback.
    words = look.locator("body").inner_text()
    assert "Traceback" not in words
    assert not re.search(r"\d wei\b", words)
    assert not [word for word in words.split() if word.startswith("0x") and len(word) > 16]


@pytest.mark.parametrize("dialog", ["Account", "Let time pass"])
def test_everybody_can_use_the_dialogs(look: Page, shown: Shown, dialog: str) -> None:
    opened(look, shown, "models")
    look.get_by_role("button", name=dialog).first.click()
    expect(look.get_by_role("dialog")).to_be_visible()
    assert violations(look) == []
    # Whoever has no mouse gets out of it.
    look.keyboard.press("Escape")
    expect(look.get_by_role("dialog")).to_be_hidden()


def test_the_whole_way_to_a_prediction_needs_no_mouse(page: Page, shown: Shown) -> None:
    opened(page, shown, "models")
    expect(page.get_by_role("link", name="Film reviews")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.innerText") == "Film reviews":
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Film reviews", level=1)).to_be_visible()
    page.get_by_label("Text").focus()
    page.keyboard.type("superb")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".dc-result")).to_have_text("positive")
