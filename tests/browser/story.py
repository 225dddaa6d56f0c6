"""What people do on the pages, in several tests."""

import re

from playwright.sync_api import Page, expect

__all__ = ["choose", "contribute", "let_pass"]


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
