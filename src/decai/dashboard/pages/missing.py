"""The page that there is not."""

from decai.dashboard.elements import box, heading, link, text
from decai.dashboard.shell import Page

__all__ = ["build"]


async def build(page: Page) -> None:
    """Say so."""
    heading("There is no such page", 1)
    text("The address may be mistyped, or what it named is gone.")
    with box("dc-row"):
        link("To the models", "/", "dc-button dc-button-primary")
