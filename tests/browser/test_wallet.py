"""The same pages with a wallet of one's own: keys never leave it, and nothing happens without its owner."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from decai.chain.client import ChainTrainer
from decai.units import ETHER, Wei
from tests.browser.served import REVIEWS, Served, add_model, let_a_minute_pass, review_features, review_model
from tests.browser.story import authors, begin, connect, contribute, listed
from tests.browser.wallet import Wallet

pytestmark = pytest.mark.xdist_group("browser wallet")


@pytest.fixture(scope="module")
def reviews(server: Served) -> ChainTrainer:
    """A model of film reviews."""
    return add_model(server.chain(), review_model(), "Film reviews", "imdb words")


@pytest.fixture
def wallet(server: Served, context: BrowserContext) -> Wallet:
    """A wallet on the local node, with some money."""
    chain = server.chain()
    made = Wallet({chain.chain_id: server.node_url}, chain.chain_id)
    chain.set_balance(made.address, Wei(ETHER))
    made.install(context)
    return made


def test_the_wallet_connects_signs_and_is_the_author(
    page: Page, server: Served, reviews: ChainTrainer, wallet: Wallet
) -> None:
    page.goto(f"{server.url}/model/{reviews.address}")
    # Nothing is asked before the owner of the wallet wants it.
    expect(page.locator(".dc-who-name")).to_have_text("Ada")
    assert not wallet.asked
    connect(page)
    page.get_by_label("Text").fill(REVIEWS["negative"])
    page.get_by_role("button", name="Ask, for free").click()
    expect(page.locator(".dc-result")).to_have_text("negative")
    contribute(page, REVIEWS["positive"], "positive")
    assert authors(reviews)[-1] == wallet.address
    assert [method for method, _ in wallet.asked] == ["eth_requestAccounts", "eth_sendTransaction"]
    assert reviews.predict(review_features(REVIEWS["positive"])) == 1
    # It is still connected after a reload, and the wallet is not asked again.
    page.reload()
    expect(page.locator(".dc-who-name")).to_contain_text("Test Wallet")
    assert len(wallet.asked) == 2


def test_who_rejects_has_done_nothing_and_may_try_again(
    page: Page, server: Served, reviews: ChainTrainer, wallet: Wallet
) -> None:
    page.goto(f"{server.url}/model/{reviews.address}/train")
    connect(page)
    before = len(authors(reviews))
    wallet.answer = "reject"
    begin(page, REVIEWS["positive"], "positive")
    expect(page.get_by_text("You have rejected it in the wallet. Nothing has happened.")).to_be_visible()
    assert len(authors(reviews)) == before
    wallet.answer = "sign"
    page.get_by_role("button", name=re.compile("^Contribute, for at most")).click()
    expect(page.get_by_text("The model has it.")).to_be_visible()
    assert len(authors(reviews)) == before + 1


def test_a_connection_that_is_rejected_leaves_the_page_as_it_was(
    page: Page, server: Served, reviews: ChainTrainer, wallet: Wallet
) -> None:
    wallet.answer = "reject"
    page.goto(f"{server.url}/model/{reviews.address}")
    page.locator(".dc-who").click()
    page.get_by_role("dialog").get_by_role("button", name="Connect Test Wallet").click()
    expect(page.get_by_text("You have rejected it in the wallet.")).to_be_visible()
    expect(page.locator(".dc-who-name")).to_have_text("Ada")


def test_a_wallet_on_another_network_is_told_to_switch_and_learns_of_ours(
    page: Page, server: Served, reviews: ChainTrainer, wallet: Wallet
) -> None:
    ours = wallet.chain
    wallet.node, wallet.chain = {}, 1
    page.goto(f"{server.url}/model/{reviews.address}/train")
    page.locator(".dc-who").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Connect Test Wallet").click()
    expect(page.locator(".dc-who-name")).to_have_text("Wrong network")
    dialog.get_by_role("button", name="Close").click()
    begin(page, REVIEWS["positive"], "positive")
    expect(page.get_by_text("the wallet is on another network", exact=False)).to_be_visible()
    assert "eth_sendTransaction" not in {method for method, _ in wallet.asked}
    page.locator(".dc-who").click()
    dialog.get_by_role("button", name="Switch to Local node").click()
    expect(page.locator(".dc-who-name")).to_contain_text("Test Wallet")
    assert wallet.chain == ours
    assert server.node_url.startswith(wallet.node[ours])
    dialog.get_by_role("button", name="Close").click()
    page.get_by_role("button", name=re.compile("^Contribute, for at most")).click()
    expect(page.get_by_text("The model has it.")).to_be_visible()
    assert authors(reviews)[-1] == wallet.address


def test_two_tabs_ask_the_same_wallet_and_each_hears_its_own_answer(
    page: Page, server: Served, reviews: ChainTrainer, wallet: Wallet
) -> None:
    page.goto(f"{server.url}/model/{reviews.address}/train")
    connect(page)
    other = page.context.new_page()
    other.goto(f"{server.url}/model/{reviews.address}/train")
    # Who acts is chosen in each tab.
    expect(other.locator(".dc-who-name")).to_have_text("Ada")
    connect(other)
    before = len(authors(reviews))
    wallet.answer = "think"
    begin(page, REVIEWS["positive"], "positive")
    begin(other, REVIEWS["negative"], "negative")
    for each in (page, other):
        expect(each.get_by_text("Sign it in your wallet")).to_be_visible()
    wallet.verdicts = ["sign", "reject"]
    expect(page.get_by_text("The model has it.")).to_be_visible()
    expect(other.get_by_text("You have rejected it in the wallet.")).to_be_visible()
    assert [method for method, _ in wallet.asked].count("eth_sendTransaction") == 2
    assert authors(reviews)[before:] == [wallet.address]


def test_what_is_signed_after_a_reload_is_found_on_the_chain(
    page: Page, server: Served, reviews: ChainTrainer, wallet: Wallet
) -> None:
    page.goto(f"{server.url}/model/{reviews.address}/train")
    connect(page)
    wallet.answer = "think"
    begin(page, REVIEWS["positive"], "positive")
    expect(page.get_by_text("Sign it in your wallet")).to_be_visible()
    for _ in range(100):
        if wallet.open:
            break
        page.wait_for_timeout(100)
    page.reload()
    expect(page.get_by_text("The page was reloaded while the wallet was asked.")).to_be_visible()
    # The extension outlives the page, and its owner signs.
    ((_, params),) = [each for each in wallet.open if each[0] == "eth_sendTransaction"]
    wallet.send(params[0])
    expect(page.get_by_text("The model has it.")).to_be_visible()
    # It is not asked for a second time.
    assert [method for method, _ in wallet.asked].count("eth_sendTransaction") == 1


def test_what_the_network_never_got_is_said_to_be_dropped_and_is_found_when_it_comes_after_all(
    page: Page, server: Served, reviews: ChainTrainer, wallet: Wallet
) -> None:
    page.goto(f"{server.url}/model/{reviews.address}/train")
    connect(page)
    before = len(authors(reviews))
    wallet.answer = "withhold"
    begin(page, REVIEWS["positive"], "positive")
    expect(page.get_by_text("The network does not know it just now")).to_be_visible()
    let_a_minute_pass(server)
    expect(page.get_by_text("The network has dropped it or never got it")).to_be_visible()
    assert len(authors(reviews)) == before
    # The wallet brings it again, though the page has called it dropped.
    wallet.bring(wallet.withheld[0])
    expect(page.get_by_text("The model has it.")).to_be_visible()
    expect(page.get_by_text("dropped it")).to_be_hidden()
    assert authors(reviews)[before:] == [wallet.address]
    listed(page, server, ["done"])


def test_what_the_network_never_got_is_not_mistaken_for_another_with_its_nonce(
    page: Page, server: Served, reviews: ChainTrainer, wallet: Wallet
) -> None:
    page.goto(f"{server.url}/model/{reviews.address}/train")
    connect(page)
    before = len(authors(reviews))
    wallet.answer = "withhold"
    begin(page, REVIEWS["positive"], "positive")
    expect(page.get_by_text("The network does not know it just now")).to_be_visible()
    # Its owner contributes something else meanwhile, and that gets its nonce.
    wallet.answer = "sign"
    other = page.context.new_page()
    other.goto(f"{server.url}/model/{reviews.address}/train")
    connect(other)
    begin(other, REVIEWS["negative"], "negative")
    expect(other.get_by_text("The model has it.")).to_be_visible()
    let_a_minute_pass(server)
    expect(page.get_by_text("your wallet has sent something else since")).to_be_visible()
    assert authors(reviews)[before:] == [wallet.address]
    listed(page, server, ["done", "dropped"])
