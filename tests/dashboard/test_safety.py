"""What of strangers is shown, also while a page's browser is away."""

import asyncio

from decai.dashboard import safety
from decai.units import Address
from tests.dashboard.asked import page_for

STRANGER = Address("0x" + "11" * 20)


def test_a_page_whose_browser_is_away_shows_what_it_did() -> None:
    async def story() -> None:
        client, another = page_for("10.0.0.1"), page_for("10.0.0.2")
        try:
            with client:
                assert not safety.is_shown(None, STRANGER)
                assert safety.name_shown(None, STRANGER).startswith("Unverified")
                safety.show(STRANGER)
                assert safety.is_shown(None, STRANGER)
            with another:
                assert not safety.is_shown(None, STRANGER)
        finally:
            client.delete()
            another.delete()

    asyncio.run(story())
