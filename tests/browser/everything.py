"""A dashboard with something on every page: three models of different kinds, contributions, claims."""

from dataclasses import dataclass

from decai.chain.client import ChainTrainer
from decai.classifier import DenseCentroid
from decai.units import DAY, SCALE, Seconds, Wei
from tests.browser.served import REVIEWS, Served, add_model, review_features, review_model

__all__ = ["Shown", "show_everything"]
_PAID = Wei(10**17)
_HOURS = 9


@dataclass
class Shown:
    """What there is to look at."""

    server: Served
    reviews: ChainTrainer
    stranger: ChainTrainer

    def addresses(self) -> dict[str, str]:
        """Of every page, by a name for it."""
        model = f"/model/{self.reviews.address}"
        return {
            "models": "/",
            "predict": f"{model}/predict",
            "train": f"{model}/train",
            "claims": f"{model}/claims",
            "history": f"{model}/history",
            "audit": f"{model}/audit",
            "stranger": f"/model/{self.stranger.address}",
            "account": "/account",
            "add": "/add",
            "simulate": "/simulate",
            "about": "/about",
            "missing": "/nothing/is/here",
        }


def show_everything(server: Served) -> Shown:
    """Deploy, contribute and claim."""
    chain = server.chain()
    add_model(
        chain,
        DenseCentroid(("run", "ride"), 3, ((SCALE, 0, 0), (0, SCALE, 0)), (10, 12)),
        "Run or ride",
        "none",
        description="Tells runs from rides by speed, slope and heart rate.",
    )
    stranger = add_model(chain, review_model(), "A stranger's", "imdb words", known=False)
    reviews = add_model(
        chain,
        review_model(),
        "Film reviews",
        "imdb words",
        description="Says whether a review of a film is kind, by the words in it.",
    )
    ada, mal, bea = chain.accounts[1:4]
    good, bad = (review_features(REVIEWS[name]) for name in ("positive", "negative"))
    for hour in range(_HOURS):
        author, features = ((ada, good), (bea, good), (mal, bad))[hour % 3]
        reviews.submit(author, features, 1, _PAID)
        chain.advance_to(Seconds(chain.now + 3_600))
    chain.advance_to(Seconds(chain.now + DAY - 4 * 3_600))
    reviews.claim_all(ada)
    return Shown(server, reviews, stranger)
