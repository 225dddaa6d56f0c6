"""Names that begin with ":" stay names: as keys of an element's settings they would be run as programs."""

import json
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Dialog, Page, expect

from decai.catalog import Catalog
from decai.chain.client import ChainTrainer
from decai.classifier import SparsePerceptron
from decai.model_file import write_model
from decai.simulation.run import simulate
from decai.simulation.run_data import BALANCE_COLUMN
from decai.simulation.scenario import load
from decai.units import SCALE, Seconds
from tests.browser.served import Served, add_model
from tests.browser.story import choose

pytestmark = pytest.mark.xdist_group("browser hostile")

ALERT = ":alert(1)"
CALL = ":(()=>{window.hacked=1})()"
MARKUP = ":<img src=x onerror=window.hacked=1>"
POINTS = (0.5, 0.75, 0.8)


@pytest.fixture
def quiet(page: Page) -> Iterator[Page]:
    """A tab in which no program of a stranger has run when the test is over."""
    opened: list[str] = []

    def shut(dialog: Dialog) -> None:
        opened.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", shut)
    yield page
    page.wait_for_timeout(300)
    assert not opened
    assert page.evaluate("window.hacked") is None
    assert page.locator("img[src=x]").count() == 0


@pytest.fixture(scope="module")
def model(server: Served) -> ChainTrainer:
    """A model all of whose names begin with a colon, with accuracies for a chart."""
    known = SparsePerceptron((ALERT, CALL), [SCALE, -SCALE, SCALE, 0], learning_rate=SCALE)
    chain = server.chain()
    trainer = add_model(chain, known, CALL, "none", description=ALERT + MARKUP)
    with Catalog() as catalog:
        record = catalog.add_model(chain, trainer.address, trainer.first_block)
        for number, value in enumerate(POINTS):
            time = Seconds(trainer.chain.now + number * 86_400)
            catalog.accuracy.record(record.id, value, block=trainer.first_block + number, time=time)
    return trainer


def series(page: Page) -> list[str]:
    """The names of the lines of a chart, as the chart has them; each is pointed at."""
    chart = page.locator(".dc-chart-inside").first
    expect(chart.locator("canvas")).to_be_visible()
    chart.scroll_into_view_if_needed()
    names = []
    for _ in range(100):
        names = page.evaluate(
            "() => getElement(document.querySelector('.dc-chart-inside').id.slice(1)).chart"
            ".getOption().series.filter((line) => line.data.length).map((line) => line.name)"
        )
        if names:
            break
        page.wait_for_timeout(50)
    # What is told beside the mouse is made of the names too.
    chart.hover(position={"x": 200, "y": 150})
    expect(chart.locator("div", has_text=re.compile("accuracy")).last).to_be_visible()
    return [str(name) for name in names]


def test_of_a_model_on_every_page(quiet: Page, server: Served, model: ChainTrainer) -> None:
    page = quiet
    page.goto(f"{server.url}/model/{model.address}/predict")
    expect(page.get_by_role("heading", level=1)).to_have_text(CALL)
    page.get_by_label("Features").fill("0 2")
    page.get_by_role("button", name="Ask, for free").click()
    expect(page.locator(".dc-result")).to_have_text(CALL)
    choose(page, "Ada")
    page.get_by_role("link", name="Train").click()
    page.get_by_role("button", name=ALERT, exact=True).click()
    page.get_by_role("button", name=re.compile("^Contribute, for at most")).click()
    expect(page.get_by_text("The model has it.")).to_be_visible()
    page.get_by_role("link", name="Refund and reward").click()
    expect(page.get_by_role("region", name="What may be claimed later")).to_contain_text(ALERT)
    page.goto(f"{server.url}/model/{model.address}/history")
    expect(page.get_by_role("table", name="Contributions")).to_contain_text(ALERT)
    assert series(page) == ["accuracy"]
    for path, shown in (("/", CALL), ("/account", ALERT), ("/account", CALL)):
        page.goto(f"{server.url}{path}")
        expect(page.locator("#dc-content")).to_contain_text(shown)


def test_of_a_model_file(quiet: Page, server: Served, tmp_path: Path) -> None:
    file = tmp_path / "model.json"
    known = SparsePerceptron((ALERT, CALL), weights=[1, -2, 3])
    write_model(known, file, extra={"name": ALERT, "description": CALL, "encoder": MARKUP})
    page = quiet
    page.goto(f"{server.url}/add")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose or drop a model file").click()
    chooser.value.set_files(file)
    expect(page.get_by_role("definition").filter(has_text=f"{ALERT}, {CALL}")).to_be_visible()
    expect(page.get_by_label("Name", exact=True)).to_have_value(ALERT)
    expect(page.get_by_label("Encoder")).to_have_value(MARKUP)
    page.get_by_label("Encoder").select_option("none")
    page.get_by_role("button", name="Look at the price").click()
    expect(page.get_by_role("table", name="Deployment")).to_be_visible()


def test_of_agents_in_a_run_that_somebody_has_put_there(quiet: Page, server: Served) -> None:
    folder = server.folder / "dashboard" / "runs" / "of a stranger"
    simulate(load("tiny"), 3, out=folder)
    summary = json.loads((folder / "run.json").read_text())
    renamed = dict(zip(summary["balances"], (CALL, MARKUP, ALERT), strict=True))
    summary["balances"] = {renamed[name]: money for name, money in summary["balances"].items()}
    summary |= {"title": CALL, "scenario": ALERT}
    (folder / "run.json").write_text(json.dumps(summary))
    table = pq.read_table(BytesIO((folder / "series.parquet").read_bytes()), use_threads=False)
    columns = {BALANCE_COLUMN.format(name): BALANCE_COLUMN.format(new) for name, new in renamed.items()}
    pq.write_table(
        table.rename_columns([columns.get(name, name) for name in table.column_names]),
        folder / "series.parquet",
    )
    page = quiet
    page.goto(f"{server.url}/simulate")
    expect(page.get_by_role("table", name="Earlier runs")).to_contain_text(CALL)
    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("heading", name="Comparison")).to_be_visible()
    lines = [f"{ALERT} 3: accuracy", f"{ALERT} 3: {CALL}", f"{ALERT} 3: {MARKUP}"]
    # The third one owns the model, and no money.
    assert series(page) == lines
