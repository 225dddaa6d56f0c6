"""Handwritten digits: drawn with a mouse, by touch and by keys, asked about, taught, and wiped away."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from decai.chain.client import ChainTrainer
from decai.classifier import DenseCentroid
from tests.browser.drawing import INK, RING, STROKE, Points, by_mouse, digit_model, ink, on, pad
from tests.browser.served import Served, add_model
from tests.browser.story import choose

pytestmark = pytest.mark.xdist_group("browser history")


@pytest.fixture(scope="module")
def digits(server: Served) -> ChainTrainer:
    """The means of each digit of scikit-learn's set."""
    return add_model(server.chain(), digit_model(), "Handwritten digits", "digits 8x8")


@pytest.fixture
def finger(browser: Browser) -> Iterator[Page]:
    """A tab of a phone."""
    context = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True)
    context.set_default_timeout(20_000)
    yield context.new_page()
    context.close()


def learned(digits: ChainTrainer) -> list[int]:
    """How many samples of each class the contract has learned from."""
    classifier = digits.replica.update().twin.classifier
    assert isinstance(classifier, DenseCentroid)
    return [classifier.num_samples(label) for label in range(10)]


def by_touch(page: Page, points: Points) -> None:
    """Draw one line with a finger, as the screen tells of it."""
    screen = page.context.new_cdp_session(page)
    for number, (x, y) in enumerate(on(pad(page), points)):
        event = "touchMove" if number else "touchStart"
        screen.send("Input.dispatchTouchEvent", {"type": event, "touchPoints": [{"x": x, "y": y}]})
    screen.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def says(page: Page, digit: str) -> None:
    """Ask, and see what the contract says."""
    page.get_by_role("button", name="Ask, for free").click()
    expect(page.locator(".dc-result")).to_have_text(digit)
    expect(page.locator(".dc-stale")).to_have_count(0)


def test_a_digit_is_drawn_with_the_mouse_asked_about_taught_and_wiped_away(
    page: Page, server: Served, digits: ChainTrainer
) -> None:
    page.goto(f"{server.url}/model/{digits.address}")
    expect(page.get_by_text("Draw a digit", exact=True)).to_be_visible()
    page.get_by_role("button", name="Ask, for free").click()
    expect(page.get_by_text("Draw something, or choose a picture")).to_be_visible()
    by_mouse(page, RING)
    says(page, "0")
    page.get_by_role("button", name="Wipe").click()
    page.wait_for_function(f"({INK})() === 0")
    page.get_by_role("button", name="Ask, for free").click()
    expect(page.get_by_text("Draw something, or choose a picture")).to_be_visible()
    by_mouse(page, STROKE)
    assert 0.03 < ink(page) < 0.2
    says(page, "1")
    # It is taught: the mean of its class moves towards it.
    before = learned(digits)
    choose(page, "Ada")
    page.get_by_role("link", name="Train").click()
    page.get_by_role("group", name="Class").get_by_role("button", name="1", exact=True).click()
    expect(page.get_by_text("The contract says 1 too")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Contribute, for at most")).click()
    expect(page.get_by_text("The model has it.")).to_be_visible()
    assert [now - then for then, now in zip(before, learned(digits), strict=True)] == [0, 1, *[0] * 8]
    # The picture is kept, and shown to its author.
    page.get_by_role("link", name="History").click()
    expect(page.get_by_role("table", name="Contributions").get_by_role("img")).to_be_visible()


def test_a_digit_is_drawn_with_a_finger_and_the_page_stays_where_it_is(
    finger: Page, server: Served, digits: ChainTrainer
) -> None:
    finger.goto(f"{server.url}/model/{digits.address}")
    expect(finger.get_by_text("Draw a digit", exact=True)).to_be_visible()
    pad(finger)
    before = finger.evaluate("window.scrollY")
    by_touch(finger, STROKE)
    assert finger.evaluate("window.scrollY") == before
    assert 0.03 < ink(finger) < 0.2
    says(finger, "1")
    finger.get_by_role("button", name="Wipe").click()
    by_touch(finger, RING)
    says(finger, "0")


def test_a_digit_is_drawn_without_a_mouse(page: Page, server: Served, digits: ChainTrainer) -> None:
    page.goto(f"{server.url}/model/{digits.address}")
    canvas = page.locator(".dc-pad")
    canvas.focus()
    page.keyboard.press("ArrowDown")
    assert ink(page) == 0
    page.keyboard.press("Space")
    expect(page.get_by_text("The pen is down.")).to_be_attached()
    for _ in range(8):
        page.keyboard.press("ArrowDown")
    assert 0.03 < ink(page) < 0.2
    # To leave the pad lifts the pen, and what was drawn is there.
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Wipe")).to_be_focused()
    expect(page.get_by_text("The pen is up.")).to_be_attached()
    page.get_by_role("button", name="Ask, for free").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".dc-result")).to_have_text("1")
    page.get_by_role("button", name="Wipe").focus()
    page.keyboard.press("Enter")
    page.wait_for_function(f"({INK})() === 0")
