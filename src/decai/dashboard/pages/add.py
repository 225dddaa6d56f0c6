"""Add a model: from a file or trained here; see what it costs; deploy it, and go on after anything."""

from time import time
from typing import Any, Final

from decai.chain.address import parse_address
from decai.dashboard.deployment_view import DeploymentView
from decai.dashboard.drafts import LARGEST_FILE, Draft, Terms, model_of_text
from decai.dashboard.elements import box, button, heading, note, pairs, select, tag, text
from decai.dashboard.elements.controls import Select
from decai.dashboard.elements.fields import Field
from decai.dashboard.elements.picture import Upload
from decai.dashboard.pages.models import CLASSIFIERS
from decai.dashboard.shell import Page, fault_words
from decai.dashboard.training import fits, trained
from decai.dashboard.words import clean
from decai.dataset import available, info
from decai.encoder import available as encoders
from decai.errors import DecaiError, InputError

__all__ = ["build"]

_PARTS: Final = {"0.08": "8%, as in the papers", "0.25": "a quarter", "0.5": "a half", "1": "all of it"}
_MECHANISMS: Final = {
    "stakeable": "Deposits: good contributions get theirs back, and those of bad ones",
    "points": "Points: nothing is deposited, valid contributions are counted",
}
_LOOKED_AT: Final = 3_600.0
_SHARES: Final = {"count": "how many contributions were valid", "deposit": "how much was deposited for them"}


async def build(page: Page, deployment: str = "") -> None:
    """Fill the page; it goes on with a deployment, by the number of its draft."""
    await _Add(page).build(deployment)


class _Add:
    def __init__(self, page: Page) -> None:
        self.page = page
        self.model = ""
        """The text of the model's file."""
        self.is_busy = False

    async def build(self, wanted: str) -> None:
        with box("dc-head"):
            heading("Add a model", 1)
            text(
                "Deploy a model of yours, so that anyone may use it for free and anyone may improve it.",
                "dc-muted",
            )
        self.unfinished = box("dc-stack")
        with box("dc-halves"):
            with box("dc-card", "section"):
                self._source()
            with box("dc-card", "section"):
                self._texts()
        with box("dc-card", "section"):
            self._terms()
        with box("dc-card", "section"):
            heading("Deploy it")
            text("Look first at what it takes; nothing is sent before you say so.", "dc-muted")
            with box("dc-row"):
                self.look = button("Look at the price", self._price, kind="primary")
            self.fault = box(role="status")
            self.deployment = box("dc-stack")
        with box("dc-card", "section"):
            self._deployed_elsewhere()
        await self._list_begun(wanted)

    # What is deployed

    def _source(self) -> None:
        heading("The model")
        text("From a model file, of decai or of the original framework:", "dc-muted")
        Upload("Choose or drop a model file", ".json,application/json", LARGEST_FILE, self._given)
        text("Or train one here:", "dc-muted dc-line-above")
        names = {name: info(name).title for name in available()}
        first = "imdb" if "imdb" in names else next(iter(names))
        self.dataset = select("Data set", names, first, self._dataset_chosen)
        self.classifier = select("Classifier", _kinds(first))
        self.part = select("It learns from", _PARTS, "0.25")
        with box("dc-row"):
            self.train = button("Train", self._train)
        self.said = box("dc-stack", role="status")

    def _dataset_chosen(self, name: str) -> None:
        self.classifier.set_options(_kinds(name))

    async def _train(self) -> None:
        self.train.set(disabled=True)
        self.said.clear()
        with self.said, box("dc-waiting"):
            box("dc-spinner")
            tag("span", "Training…")
        try:
            found = await trained(self.dataset.value, self.classifier.value, float(self.part.value))
        except DecaiError as error:
            self._say_model(None, fault_words(error))
        else:
            await self._take(found)
        finally:
            self.train.set(disabled=None)

    async def _given(self, name: str, content: bytes) -> None:
        await self._take(content.decode("utf-8", errors="replace"))

    async def _take(self, found: str) -> None:
        try:
            model, facts = await self.page.blocking(model_of_text, found)
        except DecaiError as error:
            self.model = ""
            self._say_model(None, fault_words(error))
            return
        self.model = found
        self.deployment.clear()
        if name := _text(facts.get("name")):
            self.name.set_value(name)
        if words := _text(facts.get("description")):
            self.description.set_value(words)
        self._offer_encoders(_text(facts.get("encoder")) or "none")
        self._say_model(model, "")

    def _say_model(self, model: Any, fault: str) -> None:
        self.said.clear()
        with self.said:
            if model is None:
                note(fault, "bad", live=True)
                return
            classes = ", ".join(clean(name) for name in model.classes[:12])
            more = f" and {len(model.classes) - 12} more" if len(model.classes) > 12 else ""
            pairs(
                (
                    ("Classifier", CLASSIFIERS.get(model.kind, model.kind)),
                    ("Features", f"{model.num_features:,}"),
                    ("Classes", classes + more),
                )
            )

    def _texts(self) -> None:
        heading("What it says of itself")
        self.name = Field("Name", placeholder="IMDB sentiment", longest=200)
        self.description = Field("Description", area=True, placeholder="What it tells, of what", longest=1000)
        self.encoder: Select = select("Encoder", {"none": "None"})
        self._offer_encoders("none")
        text(
            "What makes features of texts, pictures and numbers; whoever uses the model uses it too.",
            "dc-help",
        )

    def _offer_encoders(self, wanted: str) -> None:
        names = {about.name: about.title for about in encoders()}
        known = {name.casefold(): name for name in names}
        chosen = known.get(wanted.casefold(), wanted)
        self.encoder.set_options({**names, chosen: names.get(chosen, clean(chosen))}, chosen)

    def _terms(self) -> None:
        heading("Terms")
        text("They are in the contract, and nobody can change them afterwards.", "dc-muted")
        usual = Terms()
        self.mechanism = select("Incentive mechanism", _MECHANISMS, usual.incentive, self._mechanism_chosen)
        with box("dc-record"):
            self.refund = Field("Refund after", usual.refund_wait, longest=40)
        self.deposits = box("dc-stack")
        with self.deposits:
            with box("dc-record"):
                self.owner = Field("The owner's claim after", usual.owner_wait, longest=40)
                self.anybody = Field("Anybody's claim after", usual.any_wait, longest=40)
                self.weight = Field("Cost weight", usual.cost_weight, longest=40)
            text(
                "A contribution t seconds after the last one costs the weight times 3600 / √t: with 0.00002 "
                "ETH it is 0.0012 ETH an hour after the last one, and 0.072 ETH right after it.",
                "dc-help",
            )
            self.shares = select("Reporters share by", _SHARES, usual.shares)

    def _mechanism_chosen(self, name: str) -> None:
        self.deposits.visible = name == "stakeable"

    # Its deployment

    async def _price(self) -> None:
        if self.is_busy:
            return
        self.is_busy = True
        self.look.set(disabled=True)
        self.fault.clear()
        self.deployment.clear()
        with self.deployment, box("dc-waiting"):
            box("dc-spinner")
            tag("span", "Composing the contract…")
        try:
            draft = await self._draft()
            self.deployment.clear()
            with self.deployment:
                await DeploymentView(self.page, draft).build()
        except DecaiError as error:
            self.deployment.clear()
            with self.fault:
                note(fault_words(error), "warn")
        finally:
            self.is_busy = False
            self.look.set(disabled=None)

    async def _draft(self) -> Draft:
        actor = self.page.session.actor
        if actor is None:
            raise InputError("choose an account first, at the top of the page")
        if not self.model:
            raise InputError("choose a model file or train a model first")
        terms = Terms(
            self.mechanism.value,
            self.refund.value.strip(),
            self.owner.value.strip(),
            self.anybody.value.strip(),
            self.weight.value.strip(),
            self.shares.value,
        )
        name = self.name.value.strip()
        if not name:
            raise InputError("give the model a name")
        chain = await self.page.blocking(self.page.dashboard.network.chain)

        def begin() -> Draft:
            return self.page.dashboard.drafts.begin(
                self.page.session.visitor, chain.chain_id, actor.address, self.model,
                name=name, description=self.description.value.strip(), encoder=self.encoder.value,
                terms=terms,
            )  # fmt: skip

        return await self.page.blocking(begin)

    async def _list_begun(self, wanted: str) -> None:
        """The deployments that were not finished, and the one that the page was showing."""
        session, network = self.page.session, self.page.dashboard.network
        drafts = await self.page.blocking(
            lambda: self.page.dashboard.drafts.of(session.visitor, network.chain_id, wanted)
        )
        begun = [draft for draft in drafts if self._is_begun(draft)]
        with self.unfinished:
            for draft in begun[:5]:
                with box("dc-card", "section"):
                    heading(f"The deployment of {clean(draft.name)}")
                    await DeploymentView(self.page, draft).build()
        # Those of which nothing was sent are not worth a word; another tab may still look at one.
        for draft in drafts:
            if draft not in begun and time() - draft.created > _LOOKED_AT:
                await self.page.blocking(self.page.dashboard.drafts.forget, draft)

    def _is_begun(self, draft: Draft) -> bool:
        entries = self.page.dashboard.outbox.of(self.page.session.visitor, 1_000)
        return any(entry.facts.get("draft") == draft.id for entry in entries)

    # Models of elsewhere

    def _deployed_elsewhere(self) -> None:
        heading("Or show one that is deployed already")
        text("Give the address of its contract; it is checked before it is listed.", "dc-muted")
        self.address = Field("Address", placeholder="0x…", longest=60, on_enter=self._show_address)
        with box("dc-row"):
            self.show_button = button("Show it", self._show_address)
        self.address_said = box(role="status")

    async def _show_address(self) -> None:
        self.address_said.clear()
        try:
            address = parse_address(self.address.value.strip())
            await self.page.blocking(self.page.dashboard.following.add, address)
        except DecaiError as error:
            with self.address_said:
                note(fault_words(error), "warn")
            return
        self.page.client.open(f"/model/{address}")


def _kinds(dataset: str) -> dict[str, str]:
    return {kind: CLASSIFIERS[kind] for kind in fits(dataset)}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
