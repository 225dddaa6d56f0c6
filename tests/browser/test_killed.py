"""Server or node are killed in the middle: nothing acknowledged is missing; the page says what happened."""

import os
import re
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from decai.chain.client import ChainTrainer
from decai.chain.contributions import contributions
from decai.chain.local_node import ensure_running, status
from decai.chain.rpc import RpcChain
from decai.units import Address
from tests.browser.drawing import STROKE, by_mouse, digit_model, ink
from tests.browser.served import REVIEWS, Served, add_model, begun_again, review_model, start
from tests.browser.story import contribute, let_pass, send_tiny

pytestmark = pytest.mark.xdist_group("browser killed")

DONE = "The model has it."
NEVER = "nothing has happened, and it can be sent again"
SECONDS = 60_000


@pytest.fixture
def reviews(server: Served) -> ChainTrainer:
    """A model of film reviews."""
    return add_model(server.chain(), review_model(), "Film reviews", "imdb words")


def authors(address: Address, first_block: int) -> list[Address]:
    """Who has contributed, in order, whichever node it is now."""
    trainer = ChainTrainer(RpcChain(ensure_running().url), address, first_block)
    return [
        each.author for each in contributions(trainer.chain, trainer.info, first_block, trainer.chain.block)
    ]


def begin(page: Page) -> None:
    """Contribute, and wait for nothing."""
    page.get_by_label("Text").fill(REVIEWS["positive"])
    page.get_by_role("button", name="positive", exact=True).click()
    page.get_by_role("button", name=re.compile("^Contribute, for at most")).click()


@pytest.mark.parametrize("moment", [0.0, 0.05, 0.15, 0.4])
def test_after_the_server_was_killed_the_page_says_what_became_of_a_contribution(
    page: Page, data_home: Path, server: Served, reviews: ChainTrainer, moment: float
) -> None:
    own = start(data_home, "--port", "0")
    page.goto(f"{own.url}/model/{reviews.address}/train")
    begin(page)
    # It is written down before it goes out; then it is killed at some moment on its way.
    expect(page.get_by_text("Written down")).to_be_visible()
    time.sleep(moment)
    with begun_again(own, data_home) as again:
        # The page comes back by itself.
        done, never = page.get_by_text(DONE), page.get_by_text(NEVER)
        expect(done.or_(never)).to_be_visible(timeout=SECONDS)
        assert len(authors(reviews.address, reviews.first_block)) == int(done.is_visible())
        # In a tab of its own: that one is perhaps still coming back.
        other = page.context.new_page()
        other.goto(f"{again.url}/account")
        row = other.get_by_role("table", name="Transactions from this browser").locator("tbody tr")
        expect(row).to_have_count(1)
        expect(row.locator(".dc-pill")).to_have_text(re.compile("done|failed"))


def test_after_the_server_was_killed_what_was_written_is_there(
    page: Page, data_home: Path, server: Served, reviews: ChainTrainer
) -> None:
    own = start(data_home, "--port", "0")
    page.goto(f"{own.url}/model/{reviews.address}/train")
    page.get_by_label("Text").fill("A film that I wrote much about")
    page.get_by_role("button", name="positive", exact=True).click()
    expect(page.get_by_text("The contract says")).to_be_visible()
    with begun_again(own, data_home):
        expect(page.get_by_text("The connection was lost")).to_be_visible(timeout=SECONDS)
        expect(page.get_by_label("Text")).to_have_value("A film that I wrote much about")
        expect(page.get_by_role("button", name="positive", exact=True)).to_have_attribute(
            "aria-pressed", "true"
        )
        # The server knows it too.
        page.get_by_role("button", name=re.compile("^Contribute, for at most")).click()
        expect(page.get_by_text(DONE)).to_be_visible(timeout=SECONDS)
        # Whoever loads the page himself has lost nothing.
        page.reload()
        expect(page.get_by_text(DONE)).to_be_visible()
        expect(page.get_by_text("The connection was lost")).to_have_count(0)


def test_after_the_server_was_killed_what_was_drawn_is_there(
    page: Page, data_home: Path, server: Served
) -> None:
    digits = add_model(server.chain(), digit_model(), "Handwritten digits", "digits 8x8")
    own = start(data_home, "--port", "0")
    page.goto(f"{own.url}/model/{digits.address}/predict")
    by_mouse(page, STROKE)
    inked = ink(page)
    assert inked > 0.03
    with begun_again(own, data_home):
        expect(page.get_by_text("The connection was lost")).to_be_visible(timeout=SECONDS)
        expect(page.locator(".dc-pad[data-drawn]")).to_be_visible()
        assert ink(page) == inked
        # The server knows it too.
        page.get_by_role("button", name="Ask, for free").click()
        expect(page.locator(".dc-result")).to_have_text("1")


def test_after_the_server_was_killed_the_page_says_how_far_a_simulation_came(
    page: Page, data_home: Path, server: Served
) -> None:
    own = start(data_home, "--port", "0")
    page.goto(f"{own.url}/simulate")
    page.get_by_label("Scenario").select_option("imdb-perceptron")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text(re.compile(r"Day \d+: \d[\d,]* contributions of at most"))).to_be_visible(
        timeout=SECONDS
    )
    with begun_again(own, data_home):
        # The page comes back by itself, and the run is in the list of those that can be compared.
        expect(page.get_by_text("Ended early; what was simulated until then is kept.")).to_be_visible(
            timeout=SECONDS
        )
        rows = page.get_by_role("table", name="Earlier runs").locator("tbody tr")
        expect(rows.first).to_contain_text("ended early")


def test_after_the_server_was_killed_the_page_says_what_became_of_a_deployment(
    page: Page, data_home: Path, server: Served
) -> None:
    own = start(data_home, "--port", "0")
    send_tiny(page, own.url, "Killed at last")
    expect(page.get_by_text("Killed at last is deployed")).to_be_visible(timeout=SECONDS)
    with begun_again(own, data_home):
        # Else somebody might think that it was lost, and pay for it again.
        expect(page.get_by_role("heading", name="The deployment of Killed at last")).to_be_visible(
            timeout=SECONDS
        )
        expect(page.get_by_text("Killed at last is deployed")).to_be_visible()
        expect(page.get_by_role("link", name="Look at the model")).to_be_visible()


@pytest.mark.parametrize("whom", ["the node and its engine", "the engine"])
def test_after_the_node_was_killed_nothing_acknowledged_is_missing(
    page: Page, server: Served, reviews: ChainTrainer, whom: str
) -> None:
    page.goto(f"{server.url}/model/{reviews.address}/train")
    contribute(page, REVIEWS["positive"], "positive")
    let_pass(page, "1 hour")
    before = authors(reviews.address, reviews.first_block)
    assert len(before) == 1
    # What was said of that one is over.
    page.get_by_label("Text").fill("A superb film")
    expect(page.get_by_text(DONE)).to_be_hidden()
    node = status()
    assert node is not None
    begin(page)
    expect(page.get_by_text("Written down")).to_be_visible()
    for victim in [node.pid, node.anvil_pid][whom == "the engine" :]:
        # Without its engine a node may have ended by itself, and the other way round.
        with suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
    # Either it was in a block, or nothing of it has happened; the node comes back by itself.
    ended = page.locator(".dc-steps + .dc-note, .dc-note-good").first
    expect(ended).to_be_visible(timeout=SECONDS)
    expect(page.locator(".dc-step-now")).to_have_count(0, timeout=SECONDS)
    made = authors(reviews.address, reviews.first_block)
    assert made[: len(before)] == before
    if page.get_by_text(DONE).is_visible():
        assert len(made) == len(before) + 1
    else:
        assert made == before
    # And it goes on.
    page.goto(f"{server.url}/model/{reviews.address}/history")
    expect(contributions_shown(page)).to_have_count(len(made), timeout=SECONDS)


def test_a_page_that_is_opened_while_the_node_is_away_comes_by_itself(
    page: Page, server: Served, reviews: ChainTrainer
) -> None:
    page.goto(f"{server.url}/model/{reviews.address}/train")
    contribute(page, REVIEWS["positive"], "positive")
    opened = page.context.new_page()
    opened.goto(f"{server.url}/model/{reviews.address}/predict")
    expect(opened.get_by_label("Text")).to_be_visible()
    node = status()
    assert node is not None
    for victim in (node.anvil_pid, node.pid):
        with suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
    page.goto(f"{server.url}/model/{reviews.address}/history")
    expect(contributions_shown(page)).to_have_count(1, timeout=SECONDS)
    # One that was open all the time goes on too.
    opened.get_by_label("Text").fill(REVIEWS["negative"])
    answer = opened.get_by_role("status").filter(has_text="negative").first
    for _ in range(30):
        opened.get_by_role("button", name="Ask, for free").click()
        with suppress(AssertionError):
            expect(answer).to_be_visible(timeout=2_000)
            break
    expect(answer).to_be_visible()
    opened.get_by_role("link", name="History").click()
    expect(contributions_shown(opened)).to_have_count(1, timeout=SECONDS)


def contributions_shown(page: Page) -> Locator:
    """Their lines in the history."""
    return page.get_by_role("table", name="Contributions").locator("tbody tr")
