"""What people do on the pages, in several tests."""

import re

from playwright.sync_api import Page, expect

from decai.chain.client import ChainTrainer
from decai.chain.contributions import contributions
from decai.units import Address
from tests.browser.served import Served

__all__ = ["authors", "begin", "choose", "connect", "contribute", "let_pass", "listed", "send_tiny"]


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


def connect(page: Page) -> None:
    """Act with the wallet."""
    page.locator(".dc-who").click()
    page.get_by_role("dialog").get_by_role("button", name="Connect Test Wallet").click()
    expect(page.locator(".dc-who-name")).to_contain_text("Test Wallet")
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    expect(page.get_by_role("dialog")).to_be_hidden()


def begin(page: Page, text: str, name: str) -> None:
    """Have the wallet asked for a contribution."""
    page.get_by_label("Text").fill(text)
    page.get_by_role("button", name=name, exact=True).click()
    page.get_by_role("button", name=re.compile("^Contribute, for at most")).click()


def authors(reviews: ChainTrainer) -> list[Address]:
    """Who has contributed, in order."""
    chain = reviews.chain
    return [each.author for each in contributions(chain, reviews.info, reviews.first_block, chain.block)]


def listed(page: Page, server: Served, states: list[str]) -> None:
    """What the account's list says of what was sent from this browser, the latest first."""
    page.goto(f"{server.url}/account")
    rows = page.get_by_role("table", name="Transactions from this browser").locator("tbody tr")
    expect(rows).to_have_count(len(states))
    for place, state in enumerate(states):
        expect(rows.nth(place).locator("td").nth(3)).to_contain_text(state)


def send_tiny(page: Page, url: str, name: str) -> None:
    """Train a small model, and have its deployment begun."""
    page.goto(f"{url}/add")
    page.get_by_label("Data set").select_option("tiny")
    page.get_by_role("button", name="Train").click()
    expect(page.get_by_text("Features", exact=True)).to_be_visible(timeout=90_000)
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Look at the price").click()
    page.get_by_role("button", name="Deploy", exact=True).click()
