"""SQL in every field is a text: nothing fails, nothing is gone, and nobody finds what he did not look for."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, expect

from decai.chain.client import ChainTrainer
from decai.classifier import SparsePerceptron
from decai.units import SCALE
from tests.browser.served import Served, add_model, outbox, review_model
from tests.browser.story import choose

pytestmark = pytest.mark.xdist_group("browser hostile")

SQL = (
    "' OR 1=1 --",
    '"; DROP TABLE models; --',
    "'); DELETE FROM entries; --",
    "%",
    "_",
    "a\x00' OR ''='",
    "1; UPDATE models SET verified = 1",
)
NAME = "Known by 100%_of '); DROP TABLE models; -- all"
FIELDS = "input:not([type=checkbox]):not([type=file]), textarea"


def tables(server: Served) -> dict[str, set[str]]:
    """The names of all tables, of catalog and outbox, and something of what is in them."""
    with (
        closing(sqlite3.connect(server.folder / "catalog.sqlite", timeout=10)) as base,
        closing(outbox(server)) as other,
    ):
        names = "select name from sqlite_master where type = 'table'"
        return {
            "catalog": {row[0] for row in base.execute(names)},
            "models": {row[0] for row in base.execute("select address from models")},
            "allowed": {row[0] for row in base.execute("select address from allowed")},
            "outbox": {row[0] for row in other.execute(names)},
            "entries": {row[0] for row in other.execute("select id from entries")},
        }


@pytest.fixture(scope="module")
def models(server: Served) -> dict[str, ChainTrainer]:
    """A model for each kind of field."""
    chain = server.chain()
    numbers = SparsePerceptron(("'; SELECT 2", "'; SELECT 3"), [SCALE, -SCALE, SCALE, 0], learning_rate=SCALE)
    nobody = SparsePerceptron(("died", "survived"), {}, learning_rate=SCALE)
    return {
        "texts": add_model(chain, review_model(), "Film reviews", "imdb words"),
        "numbers": add_model(chain, numbers, NAME, "none"),
        "records": add_model(chain, nobody, "Passengers", "titanic passenger"),
    }


@pytest.fixture
def careful(page: Page, server: Served, models: dict[str, ChainTrainer]) -> Iterator[Page]:
    """A tab after which all tables are there, with all that was in them."""
    page.goto(server.url)
    expect(page.get_by_role("article").nth(2)).to_be_visible()
    before = tables(server)
    yield page
    after = tables(server)
    assert {"models", "allowed"} < after["catalog"] == before["catalog"]
    assert {"entries", "samples"} <= after["outbox"] == before["outbox"]
    assert all(after[what] >= before[what] for what in before)
    page.goto(server.url)
    expect(page.get_by_role("link", name=NAME)).to_be_visible()


def every_field(page: Page, least: int) -> list[Locator]:
    """All fields to write into, also those of parts that are folded up."""
    expect(page.locator("#dc-content h1")).to_be_visible()
    expect(page.locator(".dc-waiting")).to_have_count(0)
    page.evaluate("document.querySelectorAll('details.dc-group').forEach((part) => part.open = true)")
    found = page.locator("#dc-content").locator(FIELDS).locator("visible=true")
    expect(found.nth(least - 1)).to_be_visible()
    return found.all()


def told_in_words(page: Page) -> None:
    """Something was said, and nothing unexpected has gone wrong."""
    said = page.locator(".dc-note, .dc-result").locator("visible=true").first
    expect(said).to_be_visible()
    assert "unexpected" not in page.locator("body").inner_text()


SEARCHES = {
    **{words: [] for words in SQL},
    # These signs stand for themselves, and not for whatever there is.
    "%": [NAME],
    "_": [NAME],
    "100%_of": [NAME],
    "100_%of": [],
    "F%s": [],
    "Fil_": [],
    "'); DROP TABLE models; --": [NAME],
}
"""What is searched for, and what is found."""


def test_a_search_finds_what_has_these_signs(careful: Page, server: Served) -> None:
    cards = careful.get_by_role("article")
    nothing = careful.get_by_text("No model is like that")
    (field,) = every_field(careful, 1)
    for words, found in SEARCHES.items():
        field.fill(words)
        expect(careful.get_by_role("status").filter(has_text=f"{len(found):,} models found")).to_be_attached()
        expect(cards).to_have_count(len(found))
        assert cards.get_by_role("link").all_inner_texts() == found
    # In the address of the page it is the same.
    for name in ("search", "classifier", "incentive", "sort"):
        careful.goto(f"{server.url}/?{name}={quote(SQL[0])}")
        expect(cards.first if name == "sort" else nothing).to_be_visible()


@pytest.mark.parametrize(("kind", "least"), [("texts", 1), ("numbers", 1), ("records", 5)])
def test_a_sample_is_a_sample(
    careful: Page, server: Served, models: dict[str, ChainTrainer], kind: str, least: int
) -> None:
    careful.goto(f"{server.url}/model/{models[kind].address}/predict")
    for place, field in enumerate(every_field(careful, least)):
        usual = field.input_value()
        for words in SQL if kind == "texts" else (SQL[place % len(SQL)], SQL[(place + 1) % len(SQL)]):
            field.fill(words)
            careful.get_by_role("button", name="Ask, for free").click()
            told_in_words(careful)
        field.fill(usual)


def test_a_sample_that_is_contributed_is_kept_as_it_is(
    careful: Page, server: Served, models: dict[str, ChainTrainer]
) -> None:
    sample = "superb " + " ".join(words.replace("\x00", "") for words in SQL)
    careful.goto(f"{server.url}/model/{models['texts'].address}/train")
    choose(careful, "Ada")
    careful.get_by_label("Text").fill(sample)
    careful.get_by_role("button", name="positive", exact=True).click()
    careful.get_by_role("button", name=re.compile("^Contribute, for at most")).click()
    expect(careful.get_by_text("The model has it.")).to_be_visible()
    careful.goto(f"{server.url}/model/{models['texts'].address}/history")
    expect(careful.locator(".dc-sample").first).to_have_text(sample)


def test_the_texts_of_a_new_model_are_texts(careful: Page, server: Served) -> None:
    careful.goto(f"{server.url}/add")
    choose(careful, "Ada")
    careful.get_by_label("Data set").select_option("tiny")
    careful.get_by_role("button", name="Train").click()
    expect(careful.get_by_text("Features", exact=True)).to_be_visible(timeout=90_000)
    texts = (careful.get_by_label("Name", exact=True), careful.get_by_label("Description"))
    for place, field in enumerate(every_field(careful, 7)):
        usual = field.input_value()
        field.fill(SQL[place % len(SQL)])
        is_address = field.get_attribute("placeholder") == "0x…"
        careful.get_by_role("button", name="Show it" if is_address else "Look at the price").click()
        priced = careful.get_by_role("table", name="Deployment")
        expect(priced.or_(careful.locator(".dc-note")).locator("visible=true").first).to_be_visible()
        assert "unexpected" not in careful.locator("body").inner_text()
        field.fill(usual)
    name = "Gone'); DELETE FROM samples; --"
    for field in texts:
        field.fill(name)
    careful.get_by_role("button", name="Look at the price").click()
    careful.get_by_role("button", name="Deploy", exact=True).click()
    expect(careful.get_by_text(f"{name} is deployed")).to_be_visible()
    careful.goto(f"{server.url}/?search={quote(name)}")
    expect(careful.get_by_role("link", name=name)).to_be_visible()


def test_the_settings_of_a_simulation_are_settings(careful: Page, server: Served) -> None:
    careful.goto(f"{server.url}/simulate")
    for place, field in enumerate(every_field(careful, 10)):
        usual = field.input_value()
        # Its own number would be a setting like any other.
        field.fill(SQL[place % len(SQL)])
        careful.get_by_role("button", name="Start").click()
        expect(careful.get_by_role("heading", name="This cannot be simulated")).to_be_visible()
        told_in_words(careful)
        field.fill(usual)
