"""What this is, what happens to data that goes on a chain, and how to stay safe, in plain words."""

from typing import Final

from decai.dashboard.elements import box, heading, link, note, text
from decai.dashboard.shell import Page

__all__ = ["build"]

_PARTS: Final = (
    (
        "What is a shared model?",
        "A classifier that lives in a smart contract. Everybody can ask it something, which costs nothing, "
        "and everybody can teach it an example, which takes a deposit. The rules are in the contract: "
        "nobody can change them afterwards, not even the owner of the model.",
    ),
    (
        "What do I gain, and what do I risk?",
        "After a waiting time the model is asked about your example again. If it agrees with you, you get "
        "your deposit back, and a right to a share of the deposits of those who were wrong. If it "
        "disagrees, others may take your deposit. So it pays to be right, and it costs to do harm.",
    ),
    (
        "What happens to what I contribute?",
        "It goes on a public chain, and stays there for ever. What travels is what an encoder makes of it, "
        "such as the numbers of the words in a text; but whoever knows the encoder can read much of it "
        "again, and everybody sees which account contributed it, and when. Nobody can delete it. So "
        "contribute nothing that is private, of yours or of others.",
    ),
    (
        "Is it safe to look at?",
        "Texts and pictures of strangers are hidden behind a click, unless the people who run this server "
        "have verified their model. Names and texts are never run as programs here.",
    ),
    (
        "Where are my keys?",
        "In your wallet. This server prepares a transaction, your wallet shows it to you, signs it and "
        "sends it. On a local node there are ready-made accounts with play money; their keys are known to "
        "everybody, so never send real money to them.",
    ),
    (
        "Can I check that the model is what it says?",
        "Yes. On a model's page, Audit replays all that ever happened to it by the rules, and compares every "
        "word of its state with what the contract says.",
    ),
)


async def build(page: Page) -> None:
    """Fill the page."""
    with box("dc-head"):
        heading("About", 1)
        text("decai hosts models that anyone may use for free and anyone may improve.", "dc-muted")
    if page.dashboard.network.is_play:
        note(
            "These pages show a node for trying things out: money is play money, and its clock can be moved.",
            "warn",
        )
    with box("dc-halves"):
        for title, words in _PARTS:
            with box("dc-card", "section"):
                heading(title, 2)
                text(words)
    with box("dc-row"):
        link("To the models", "/", "dc-button dc-button-primary")
