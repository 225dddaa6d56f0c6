"""The framework's story in a browser: ask, help, harm, let time pass, be refunded, take the deposit."""

import re

import pytest
from playwright.sync_api import Page, expect

from decai.chain.abi import Event, decode_event
from decai.chain.client import ChainTrainer
from decai.units import ETHER
from tests.browser.served import REVIEWS, Served, add_model, review_features, review_model

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture(scope="module")
def reviews(server: Served) -> ChainTrainer:
    """A model of film reviews."""
    return add_model(server.chain(), review_model(), "Film reviews", "imdb words")


@pytest.fixture
def model_page(page: Page, server: Served, reviews: ChainTrainer) -> Page:
    """The model's page."""
    page.goto(f"{server.url}/model/{reviews.address}")
    expect(page.get_by_role("heading", name="Film reviews")).to_be_visible()
    return page


def choose(page: Page, name: str) -> None:
    """Act for a ready-made account."""
    page.locator(".dc-who").click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile(f"^{name}")).click()
    expect(page.locator(".dc-who-name")).to_have_text(name)


def let_pass(page: Page, how_long: str) -> None:
    """Move the clock."""
    page.get_by_role("button", name="Time").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("How long").select_option(label=how_long)
    dialog.get_by_role("button", name="Move the clock").click()
    expect(dialog).to_be_hidden()


def contribute(page: Page, text: str, name: str) -> None:
    """Contribute a review and wait until it is in a block."""
    page.get_by_role("link", name="Train").click()
    page.get_by_label("Text").fill(text)
    # What was said of the sample before is over.
    expect(page.get_by_text("The model has it.")).to_be_hidden()
    page.get_by_role("button", name=name, exact=True).click()
    page.get_by_role("button", name=re.compile("^Contribute, for at most")).click()
    expect(page.get_by_text("The model has it.")).to_be_visible()


def test_a_model_is_found_by_search_and_opened(page: Page, server: Served, reviews: ChainTrainer) -> None:
    page.goto(server.url)
    expect(page.get_by_role("link", name="Film reviews")).to_be_visible()
    page.get_by_label("Search").fill("nothing is called so")
    expect(page.get_by_text("No model is like that")).to_be_visible()
    expect(page).to_have_url(f"{server.url}/?search=nothing+is+called+so")
    page.get_by_label("Search").fill("FILM")
    page.get_by_role("link", name="Film reviews").click()
    expect(page).to_have_url(re.compile(reviews.address))


def test_asking_is_free_and_says_which_words_decided(model_page: Page, server: Served) -> None:
    before = server.chain().block
    model_page.get_by_label("Text").fill("Wonderful, but boring")
    model_page.get_by_role("button", name="Ask, for free").click()
    expect(model_page.locator(".dc-result")).to_have_text("positive")
    reasons = model_page.locator(".dc-reason")
    # wonderful speaks with 3 for it, boring with 2 against it
    expect(reasons).to_have_count(2)
    expect(reasons.nth(0)).to_contain_text("wonderful")
    expect(reasons.nth(0)).to_contain_text("for positive")
    expect(reasons.nth(1)).to_contain_text("boring")
    expect(reasons.nth(1)).to_contain_text("against positive")
    assert server.chain().block == before


def test_who_helps_is_refunded_and_takes_the_deposit_of_who_harms(
    model_page: Page, server: Served, reviews: ChainTrainer
) -> None:
    chain = server.chain()
    ada, mal = chain.accounts[1:3]
    choose(model_page, "Ada")
    contribute(model_page, REVIEWS["positive"], "positive")
    let_pass(model_page, "1 hour")
    choose(model_page, "Mal")
    contribute(model_page, REVIEWS["negative"], "positive")
    good, bad = (
        event.values["cost"] for event in _events(reviews) if event.name in ("AddData", "AddDataPacked")
    )
    assert reviews.held == good + bad

    model_page.get_by_role("link", name="Refund and reward").click()
    choose(model_page, "Ada")
    later = model_page.get_by_role("region", name="What may be claimed later")
    expect(later.get_by_role("row").filter(has_text="Refund")).to_contain_text("in 2")
    let_pass(model_page, "1 day")
    expect(model_page.get_by_text("in 2 claims")).to_be_visible()
    before = chain.balance(ada)
    model_page.get_by_role("button", name="Claim all of it").click()
    expect(model_page.get_by_text(re.compile("You got .*: 1 refund and 1 reward"))).to_be_visible()
    # Both deposits, less the fee of one transaction.
    assert 0 < before + good + bad - chain.balance(ada) < ETHER // 100
    assert reviews.held == 0
    expect(model_page.get_by_text("There is nothing to claim at the moment.")).to_be_visible()
    assert [claim.values["claimer"] for claim in _events(reviews) if claim.name == "Claimed"] == [ada, ada]
    assert mal not in {claim.values.get("claimer") for claim in _events(reviews)}
    assert reviews.predict(review_features(REVIEWS["negative"])) == 0


def test_an_audit_finds_every_word_as_the_rules_say(model_page: Page) -> None:
    model_page.get_by_role("link", name="Audit").click()
    model_page.get_by_role("button", name="Verify").click()
    expect(model_page.get_by_text("bit for bit")).to_be_visible(timeout=60_000)
    expect(model_page.get_by_text(re.compile("equal$"))).to_have_count(8)


def test_nothing_is_sent_without_a_sample_or_a_class(model_page: Page, server: Served) -> None:
    before = server.chain().block
    model_page.get_by_role("link", name="Train").click()
    send = model_page.get_by_role("button", name=re.compile("^Contribute, for at most"))
    send.click()
    expect(model_page.get_by_text("Write something first.")).to_be_visible()
    model_page.get_by_label("Text").fill("A superb film")
    send.click()
    expect(model_page.get_by_text("Choose the class that it belongs to.")).to_be_visible()
    assert server.chain().block == before


def test_the_faucet_gives_play_money_to_who_acts(model_page: Page, server: Served) -> None:
    chain = server.chain()
    choose(model_page, "Bea")
    before = chain.balance(chain.accounts[3])
    model_page.get_by_role("button", name="Get 10 ETH").click()
    expect(model_page.get_by_text(re.compile("Bea got 10 ETH"))).to_be_visible()
    assert chain.balance(chain.accounts[3]) == before + 10 * ETHER


def test_who_acts_is_remembered_after_a_reload_and_each_tab_may_act_for_another(
    model_page: Page, server: Served, reviews: ChainTrainer
) -> None:
    choose(model_page, "Carl")
    other = model_page.context.new_page()
    other.goto(f"{server.url}/model/{reviews.address}")
    expect(other.locator(".dc-who-name")).to_have_text("Carl")
    choose(other, "Dina")
    model_page.reload()
    expect(model_page.locator(".dc-who-name")).to_have_text("Carl")
    other.reload()
    expect(other.locator(".dc-who-name")).to_have_text("Dina")


def _events(trainer: ChainTrainer) -> list[Event]:
    logs = trainer.chain.logs(trainer.address, 0)
    return [event for log in logs if (event := decode_event(log.topics, log.data)) is not None]
