"""Simulating in the browser: live, stopped, compared; the command line's own runs."""

import pytest
from playwright.sync_api import Page, expect

from decai.simulation.run import simulate
from decai.simulation.scenario import load
from tests.browser.served import Served

pytestmark = pytest.mark.xdist_group("browser simulate")


def test_a_run_is_watched_to_its_end_and_is_the_command_lines(page: Page, server: Served) -> None:
    page.goto(f"{server.url}/simulate")
    bad = page.get_by_role("group").filter(has_text="bad: always wrong")
    bad.get_by_label("Money at first").fill("1 ETH")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text("Complete.")).to_be_visible(timeout=90_000)
    command = page.locator("code")
    expect(command).to_have_text("decai simulate tiny --seed 1 --set 'agents.bad.balance=\"1 ETH\"'")
    expected = simulate(load("tiny", ["agents.bad.balance=1 ETH"]), 1)
    expect(page.get_by_title(expected.digest)).to_be_visible()
    # The chart has the points of accuracy and of each group.
    points = page.evaluate(
        "() => getElement([...document.querySelectorAll('.dc-chart-inside')][0].id.slice(1)).chart"
        ".getOption().series.map((series) => series.data.length)"
    )
    assert len(points) == 1 + len(expected.balances)
    assert points[0] > 3


def test_earlier_runs_are_compared(page: Page, server: Served) -> None:
    page.goto(f"{server.url}/simulate")
    page.get_by_role("textbox", name="Seed").fill("2")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text("Complete.")).to_be_visible(timeout=90_000)
    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("heading", name="Comparison")).to_be_visible()


def test_what_cannot_be_simulated_is_one_line(page: Page, server: Served) -> None:
    page.goto(f"{server.url}/simulate")
    good = page.get_by_role("group").filter(has_text="good: honest")
    good.get_by_label("Waits on average").fill("soon")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text("agents.good.wait_mean", exact=False)).to_be_visible()


def test_a_run_that_is_stopped_says_so(page: Page, server: Served) -> None:
    page.goto(f"{server.url}/simulate")
    page.get_by_label("Scenario").last.select_option("imdb-perceptron")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text("Day ", exact=False).first).to_be_visible(timeout=90_000)
    page.get_by_role("button", name="Stop").click()
    ended = (
        page.get_by_text("Ended early")
        .or_(page.get_by_text("Stopped before"))
        .or_(page.get_by_text("Complete."))
    )
    expect(ended.first).to_be_visible(timeout=90_000)
