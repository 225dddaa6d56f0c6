"""Whatever strangers write into a model is a text, and a contract that lies ends in one clear line."""

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from decai.chain.base import Transaction
from decai.chain.client import ChainTrainer
from decai.classifier import SparsePerceptron
from decai.units import SCALE, Address
from tests.browser.served import Served, add_model
from tests.browser.story import choose, contribute
from tests.chain.test_liars import STRANGER, STRANGERS

pytestmark = pytest.mark.xdist_group("browser hostile")

SCRIPT = "<script>window.hacked=1</script>"
PICTURE = "<img src=x onerror=window.hacked=1>"
TEMPLATE = "{{constructor.constructor('window.hacked=1')()}}"
KEY = ":window.hacked=1"
ANSWER = "${window.hacked=1}"


@pytest.fixture(scope="module")
def hostile(server: Served) -> ChainTrainer:
    """A model whose every text tries to be a program."""
    weights = [SCALE, -SCALE, SCALE, 0]
    model = SparsePerceptron((KEY + TEMPLATE, PICTURE + SCRIPT), weights, learning_rate=SCALE)
    return add_model(server.chain(), model, SCRIPT + PICTURE, "none", description=TEMPLATE + KEY + ANSWER)


def harmless(page: Page) -> None:
    """Nothing that was written by a stranger has run, or has become part of the page."""
    page.wait_for_timeout(300)
    assert page.evaluate("window.hacked") is None
    assert page.locator("img[src=x]").count() == 0


@pytest.mark.parametrize("tab", ["predict", "train", "claims", "history", "audit"])
def test_texts_of_a_model_never_run(page: Page, server: Served, hostile: ChainTrainer, tab: str) -> None:
    page.goto(f"{server.url}/model/{hostile.address}/{tab}")
    expect(page.get_by_role("heading", level=1)).to_have_text(SCRIPT + PICTURE)
    if tab == "predict":
        page.get_by_label("Features").fill("0 2")
        page.get_by_role("button", name="Ask, for free").click()
        expect(page.locator(".dc-result")).to_have_text(PICTURE + SCRIPT)
    harmless(page)


def test_texts_of_a_model_never_run_in_lists_tables_and_titles(
    page: Page, server: Served, hostile: ChainTrainer
) -> None:
    page.goto(f"{server.url}/?search={quote(SCRIPT)}")
    expect(page.get_by_role("link", name=SCRIPT)).to_be_visible()
    harmless(page)
    page.goto(f"{server.url}/model/{hostile.address}/train")
    choose(page, "Ada")
    page.get_by_label("Features").fill("0 2")
    page.get_by_role("button", name=PICTURE, exact=False).click()
    page.get_by_role("button", name=re.compile("^Contribute, for at most")).click()
    expect(page.get_by_text("The model has it.")).to_be_visible()
    harmless(page)
    page.goto(f"{server.url}/account")
    expect(page.get_by_role("table", name="Contributions")).to_contain_text(PICTURE)
    harmless(page)


def test_a_sample_never_runs(page: Page, server: Served) -> None:
    from tests.browser.served import review_model

    trainer = add_model(server.chain(), review_model(), "Reviews", "imdb words")
    page.goto(f"{server.url}/model/{trainer.address}/train")
    sample = f"superb {SCRIPT} {PICTURE} {TEMPLATE}"
    contribute(page, sample, "positive")
    page.goto(f"{server.url}/model/{trainer.address}/history")
    expect(page.locator(".dc-sample")).to_have_text(sample)
    harmless(page)


@pytest.mark.parametrize(
    "words",
    ["' or 1=1 --", '"; drop table models; --', "%", "_", "\\", "\x00", "🙂" * 60, "a b c d e f g h i j"],
)
def test_whatever_is_searched_for_is_searched_for(
    page: Page, server: Served, hostile: ChainTrainer, words: str
) -> None:
    page.goto(f"{server.url}/?search={quote(words)}")
    nothing = page.get_by_text("No model is like that")
    told = page.get_by_text("Search for at most 8 words", exact=False)
    expect(nothing.or_(told).or_(page.get_by_role("article")).first).to_be_visible()
    page.goto(server.url)
    expect(page.get_by_role("link", name=SCRIPT)).to_be_visible()


@pytest.fixture(scope="module")
def strangers(server: Served) -> dict[str, Address]:
    """Contracts that answer garbage, texts of a megabyte, control characters, or never."""
    from vyper import compile_code

    chain = server.chain()
    code = bytes.fromhex(compile_code(STRANGER.read_text())["bytecode"][2:])
    made = {}
    for manner, name in enumerate(STRANGERS):
        address = chain.send(Transaction(chain.accounts[0], None, code + manner.to_bytes(32))).contract
        assert address is not None
        made[name] = address
    return made


@pytest.mark.parametrize("manner", STRANGERS)
def test_a_contract_that_lies_ends_in_one_line(
    page: Page, server: Served, strangers: dict[str, Address], manner: str
) -> None:
    page.goto(f"{server.url}/model/{strangers[manner]}")
    expect(page.get_by_role("heading", name="This does not work just now")).to_be_visible(timeout=60_000)
    told = page.locator(".dc-note").inner_text()
    assert "Traceback" not in told
    assert len(told) < 400
    page.goto(f"{server.url}/add")
    page.get_by_label("Address").fill(strangers[manner])
    page.get_by_role("button", name="Show it").click()
    expect(page.get_by_role("status").filter(has_text="0x").first).to_be_visible(timeout=60_000)
    page.goto(f"{server.url}/about")
    expect(page.get_by_role("heading", name="About", level=1)).to_be_visible()
