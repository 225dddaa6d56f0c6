"""What happened to a model and to an account, and what of strangers is hidden until somebody asks."""

import re

import httpx
import pytest
from playwright.sync_api import Page, expect

from decai.catalog import Catalog
from decai.chain.client import ChainTrainer
from decai.units import DAY, Seconds, Wei
from tests.browser.served import REVIEWS, Served, add_model, review_features, review_model
from tests.browser.story import choose

pytestmark = pytest.mark.xdist_group("browser history")

PAID = Wei(10**17)
CONTRIBUTIONS = 18
"""More than one page of them."""


@pytest.fixture(scope="module")
def used(server: Served) -> ChainTrainer:
    """A model with contributions of two accounts; the second one's were wrong, and one of them is taken."""
    trainer = add_model(server.chain(), review_model(), "Used reviews", "imdb words")
    chain = trainer.chain
    ada, mal = chain.accounts[1:3]
    good, bad = review_features(REVIEWS["positive"]), review_features(REVIEWS["negative"])
    for number in range(CONTRIBUTIONS):
        trainer.submit(mal if number == 1 else ada, bad if number == 1 else good, 1, PAID)
        chain.advance_to(Seconds(chain.now + 3_600))
    chain.advance_to(Seconds(chain.now + DAY))
    trainer.claim_all(ada)
    return trainer


def test_the_history_shows_every_contribution_the_newest_first_and_what_became_of_it(
    page: Page, server: Served, used: ChainTrainer
) -> None:
    page.goto(f"{server.url}/model/{used.address}/history")
    table = page.get_by_role("table", name="Contributions")
    rows = table.locator("tbody tr")
    expect(rows).to_have_count(15)
    expect(rows.first).to_contain_text("#17")
    expect(rows.first).to_contain_text("Refunded")
    expect(page.get_by_text("1 to 15 of 18 contributions")).to_be_visible()
    page.get_by_role("navigation", name="Pages of contributions").get_by_label("Next page").click()
    expect(rows).to_have_count(3)
    expect(rows.nth(1)).to_contain_text("#1")
    expect(rows.nth(1)).to_contain_text("Mal")
    expect(rows.nth(1)).to_contain_text("Lost to others")
    expect(rows.nth(1)).to_contain_text("positive")
    # No hash is shown whole, and none is lost: it can be copied.
    expect(rows.nth(1).get_by_label("Copy the hash of the transaction")).to_be_visible()
    page.get_by_role("navigation", name="Pages of contributions").get_by_label("Previous page").click()
    expect(rows.first).to_contain_text("#17")


def test_the_money_of_the_participants_adds_up(page: Page, server: Served, used: ChainTrainer) -> None:
    page.goto(f"{server.url}/model/{used.address}/history")
    rows = page.get_by_role("table", name="Money of the participants").locator("tbody tr")
    expect(rows).to_have_count(2)
    ada, mal = rows.filter(has_text="Ada"), rows.filter(has_text="Mal")
    gained = ada.locator("td").last.inner_text()
    assert gained.startswith("+")
    assert mal.locator("td").last.inner_text() == gained.replace("+", "-")
    expect(ada).to_contain_text(f"{CONTRIBUTIONS - 1}, {CONTRIBUTIONS - 1} validated")


def test_accuracy_is_measured_by_itself_and_shown_with_its_block_and_test_set(
    page: Page, server: Served, used: ChainTrainer
) -> None:
    page.goto(f"{server.url}/model/{used.address}/history")
    rows = page.get_by_role("table", name="Accuracy over time").locator("tbody tr")
    # After its deployment, and after each contribution, the newest first.
    expect(page.get_by_text(f"1 to 8 of {CONTRIBUTIONS + 1} measurements")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("img", name=re.compile("^Accuracy over time: .* at first"))).to_be_visible()
    with Catalog() as catalog:
        model = catalog.models.at(used.chain.chain_id, used.address)
        assert model is not None
        (latest, *_) = catalog.accuracy.page(model.id, measured=True).items
        last = catalog.history.contributions(model.id).items[0]
    assert latest.block == last.block
    assert latest.test_hash is not None
    shown = f"{100 * latest.accuracy:.1f}%"
    digest = latest.test_hash.hex()
    for words in (shown, f"{latest.block:,}", "4,904", f"0x{digest[:4]}…{digest[-4:]}"):
        expect(rows.first).to_contain_text(words)
    page.goto(server.url)
    card = page.get_by_role("article").filter(has_text="Used reviews")
    expect(card).to_contain_text(shown)
    expect(card).to_contain_text(f"{CONTRIBUTIONS}")


def test_a_model_without_a_test_set_here_says_that_it_was_not_measured(page: Page, server: Served) -> None:
    trainer = add_model(server.chain(), review_model(), "Of nobody knows what", "none")
    page.goto(f"{server.url}/model/{trainer.address}/history")
    why = "no data set on this server goes with its encoder, features and classes."
    expect(page.get_by_text(f"Accuracy unknown: {why}")).to_be_visible()
    page.goto(server.url)
    card = page.get_by_role("article").filter(has_text="Of nobody knows what")
    expect(card).to_contain_text(f"Accuracy unknown: {why}")


def test_my_account_tells_what_came_of_my_contributions_to_all_models(
    page: Page, server: Served, used: ChainTrainer
) -> None:
    page.goto(f"{server.url}/account")
    expect(page.get_by_role("heading", name="Ada")).to_be_visible()
    models = page.get_by_role("table", name="Models that you have to do with")
    expect(models.locator("tbody tr")).to_contain_text("Used reviews")
    expect(models).to_contain_text("nothing now")
    expect(page.get_by_text(re.compile(r"^\+0\.\d+ ETH$")).first).to_be_visible()
    expect(page.get_by_text("1 to 10 of 17 contributions")).to_be_visible()
    expect(page.get_by_text("Nothing was sent from this browser.")).to_be_visible()


def test_what_was_sent_from_this_browser_is_listed_with_its_fate(
    page: Page, server: Served, used: ChainTrainer
) -> None:
    page.goto(f"{server.url}/model/{used.address}/train")
    page.get_by_label("Text").fill(REVIEWS["positive"])
    page.get_by_role("button", name="positive", exact=True).click()
    page.get_by_role("button", name=re.compile("^Contribute, for at most")).click()
    expect(page.get_by_text("The model has it.")).to_be_visible()
    page.goto(f"{server.url}/account")
    row = page.get_by_role("table", name="Transactions from this browser").locator("tbody tr")
    expect(row).to_contain_text("Contribute a sample as positive")
    expect(row).to_contain_text("done")
    # It can be asked for from elsewhere too.
    model_id = httpx.get(f"{server.url}/api/v1/models", params={"search": "Used"}).json()["items"][0]["id"]
    samples = f"{server.url}/api/v1/models/{model_id}/samples"
    expect(page.get_by_role("table", name="Contributions")).to_contain_text(REVIEWS["positive"])
    assert REVIEWS["positive"] in httpx.get(samples).text
    # One's own sample is shown at once, those of others to who asks.
    made = page.get_by_role("table", name="Contributions").locator("tbody tr").first
    expect(made).to_contain_text(REVIEWS["positive"])
    page.goto(f"{server.url}/model/{used.address}/history")
    choose(page, "Bea")
    page.reload()
    made = page.get_by_role("table", name="Contributions").locator("tbody tr").first
    shown = made.get_by_text(REVIEWS["positive"])
    button = made.get_by_role("button", name="Show it anyway")
    expect(button).to_be_visible()
    assert REVIEWS["positive"] not in page.content()
    button.click()
    expect(shown).to_be_visible()
    choose(page, "Ada")
    page.goto(f"{server.url}/account")
    # It waits for a day: there is something for later.
    expect(page.get_by_text(re.compile("up to 0.* ETH later"))).to_be_visible()
    expect(page.get_by_text(re.compile("Waits until"))).to_be_visible()


def test_names_and_texts_of_a_model_that_nobody_has_verified_are_hidden_until_asked_for(
    page: Page, server: Served
) -> None:
    trainer = add_model(
        server.chain(), review_model(), "Rude name", "imdb words", description="Rude text.", known=False
    )
    page.goto(f"{server.url}/add")
    page.get_by_label("Address").fill(str(trainer.address))
    page.get_by_role("button", name="Show it").click()
    hidden = page.get_by_role("heading", name=re.compile("^Unverified model 0x"))
    expect(hidden).to_be_visible()
    assert "Rude" not in page.content()
    assert "negative" not in page.locator("body").inner_text()
    page.goto(server.url)
    card = page.get_by_role("article").filter(has_text="Unverified model")
    expect(card).to_be_visible()
    assert "Rude" not in page.content()
    card.get_by_role("button", name=re.compile("^Show it anyway")).click()
    expect(page.get_by_text("Rude text.")).to_be_visible()
    page.get_by_role("link", name="Rude name").click()
    # In this tab it was asked for; in another it was not.
    expect(page.get_by_role("heading", name="Rude name")).to_be_visible()
    other = page.context.new_page()
    other.goto(f"{server.url}/model/{trainer.address}")
    expect(other.get_by_role("heading", name=re.compile("^Unverified model 0x"))).to_be_visible()
    assert "Rude" not in other.content()
    other.get_by_role("button", name="Show it anyway").click()
    expect(other.get_by_text("Rude text.")).to_be_visible()


def test_who_goes_through_a_list_by_keys_stays_where_it_is_when_the_list_changes(
    page: Page, server: Served, used: ChainTrainer
) -> None:
    trainer = add_model(server.chain(), review_model(), "Keyed reviews", "imdb words")
    page.goto(server.url)
    card = page.get_by_role("article").filter(has_text="Keyed reviews")
    link = card.get_by_role("link", name="Keyed reviews")
    link.focus()
    page.evaluate("window.before = document.activeElement")
    for count in (1, 2):
        trainer.submit(trainer.chain.accounts[1], review_features(REVIEWS["positive"]), 1, PAID)
        expect(card.get_by_text(str(count), exact=True)).to_be_visible()
        expect(link).to_be_focused()
    assert not page.evaluate("window.before.isConnected"), "the card was shown anew"
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Keyed reviews", level=1)).to_be_visible()
    # Whoever has left it does not get it back.
    page.goto(server.url)
    link.focus()
    link.blur()
    trainer.submit(trainer.chain.accounts[1], review_features(REVIEWS["positive"]), 1, PAID)
    expect(card.get_by_text("3", exact=True)).to_be_visible()
    expect(link).not_to_be_focused()
