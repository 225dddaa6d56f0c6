"""Adding models: from a file and by training, with play money, resumed, and of elsewhere."""

import json
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Page, TimeoutError, expect

from decai.classifier import SparsePerceptron
from decai.model_file import write_model
from tests.browser.served import Served, add_model, begun_again, review_model, start
from tests.browser.story import send_tiny

pytestmark = pytest.mark.xdist_group("browser add")


def test_a_model_is_trained_deployed_and_asked(page: Page, server: Served) -> None:
    page.goto(f"{server.url}/add")
    page.get_by_label("Data set").select_option("titanic")
    page.get_by_label("Classifier").select_option("naive-bayes")
    page.get_by_role("button", name="Train").click()
    # What was trained says of itself what it is and which encoder it needs.
    expect(page.get_by_label("Name", exact=True)).to_have_value("Titanic survivors", timeout=90_000)
    expect(page.get_by_label("Encoder")).to_have_value("titanic passenger")
    page.get_by_role("button", name="Look at the price").click()
    deploy = page.get_by_role("button", name="Deploy", exact=True)
    expect(page.get_by_role("table", name="Deployment")).to_contain_text("to do", timeout=90_000)
    deploy.click()
    expect(page.get_by_text("Titanic survivors is deployed")).to_be_visible(timeout=90_000)
    page.get_by_role("link", name="Look at the model").click()
    expect(page.get_by_role("heading", name="Titanic survivors")).to_be_visible()


def test_a_model_file_is_taken_and_a_broken_one_told(page: Page, server: Served, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    write_model(SparsePerceptron(("no", "yes"), weights=[1, -2, 3]), good, extra={"name": "<b>Mine</b>"})
    bad.write_text(json.dumps({"type": "sparse perceptron", "weights": [None]}))
    page.goto(f"{server.url}/add")
    shown = (
        (bad, page.get_by_text("This file: ")),
        (good, page.get_by_role("definition").filter(has_text="Perceptron (words)")),
    )
    for file, words in shown:
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Choose or drop a model file").click()
        chooser.value.set_files(file)
        expect(words).to_be_visible()
    expect(page.get_by_label("Name", exact=True)).to_have_value("<b>Mine</b>")


def test_terms_that_cannot_be_are_told_before_anything_is_sent(page: Page, server: Served) -> None:
    before = server.chain().block
    page.goto(f"{server.url}/add")
    page.get_by_role("button", name="Look at the price").click()
    expect(page.get_by_text("Choose a model file or train a model first.")).to_be_visible()
    page.get_by_label("Data set").select_option("tiny")
    page.get_by_role("button", name="Train").click()
    expect(page.get_by_text("Features", exact=True)).to_be_visible(timeout=90_000)
    page.get_by_label("Refund after").fill("10 days")
    page.get_by_role("button", name="Look at the price").click()
    expect(page.get_by_text("The waits must be in order", exact=False)).to_be_visible()
    assert server.chain().block == before


def test_a_model_of_elsewhere_is_listed_by_its_address_if_it_is_one(page: Page, server: Served) -> None:
    trainer = add_model(server.chain(), review_model(), "Elsewhere", "imdb words")
    page.goto(f"{server.url}/add")
    page.get_by_label("Address").fill(str(server.chain().accounts[1]))
    page.get_by_role("button", name="Show it").click()
    expect(page.get_by_role("status").filter(has_text="no contract")).to_be_visible()
    page.get_by_label("Address").fill(str(trainer.address))
    page.get_by_role("button", name="Show it").click()
    expect(page.get_by_role("heading", name="Elsewhere")).to_be_visible()


@pytest.mark.parametrize("how", ["terminated", "killed"])
def test_whatever_ends_in_the_middle_the_model_is_there_or_can_be_gone_on_with(
    page: Page, data_home: Path, server: Served, how: str
) -> None:
    own = start(data_home, "--port", "0")
    send_tiny(page, own.url, f"Cut off, {how}")
    # From then on it is written down.
    expect(page.get_by_role("table", name="Deployment")).not_to_contain_text("to do")
    with begun_again(own, data_home, kill=how == "killed") as again:
        _gone_on_with(page, again.url, f"Cut off, {how}")


def _gone_on_with(page: Page, url: str, name: str) -> None:
    """See the model come to be, by itself or by the button, whatever had become of its transaction."""
    # The page comes back by itself, and still shows it if it is done.
    expect(page.get_by_role("heading", name=f"The deployment of {name}")).to_be_visible(timeout=90_000)
    done = page.get_by_text("is deployed; everybody can use it now.")
    go_on = page.locator("button:enabled", has_text="Go on")
    for _ in range(300):
        page.wait_for_timeout(300)
        if done.is_visible():
            break
        if go_on.is_visible():
            # It may have gone on by itself meanwhile.
            with suppress(TimeoutError):
                go_on.click(timeout=1_000)
    page.goto(url)
    expect(page.get_by_role("heading", name=name)).to_be_visible(timeout=90_000)
