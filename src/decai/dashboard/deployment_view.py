"""The table of a deployment: what each transaction takes, and how far it is; a button begins it."""

from functools import partial
from typing import Final

from nicegui import ui

from decai.chain.known import KnownModel
from decai.dashboard.drafts import Draft, Progress, progress_of
from decai.dashboard.elements import box, button, link, note, table, text
from decai.dashboard.elements.notes import copyable
from decai.dashboard.elements.tables import Cell
from decai.dashboard.outbox import Fate
from decai.dashboard.shell import Page, fault_words
from decai.dashboard.words import clean, count, ether
from decai.errors import DecaiError
from decai.units import Address, Wei

__all__ = ["DeploymentView"]

_POLL: Final = 0.3
_MOST_ENTRIES: Final = 1_000
_STATES: Final = {
    Fate.ASKED: "to be signed",
    Fate.SENT: "on its way",
    Fate.DONE: "done",
    Fate.REFUSED: "refused",
    Fate.REJECTED: "not signed",
    Fate.REPLACED: "replaced by another",
    Fate.DROPPED: "dropped by the network",
    Fate.FAILED: "not sent",
}


class DeploymentView:
    """Shows a draft's deployment, within whatever is open, and carries it out.

    Parameters
    ----------
    page
        Where it is shown.
    draft
        What is deployed.
    """

    def __init__(self, page: Page, draft: Draft) -> None:
        self._page = page
        self._draft = draft
        self._goes_on = False
        """Whether the next step is begun as soon as one is done."""
        self._is_busy = False
        self._tried: frozenset[str] = frozenset()
        """Transactions that were begun here: one that came to nothing is not begun again by itself."""
        self._shown: tuple[object, ...] = ()

    async def build(self) -> None:
        """Show it.

        Raises
        ------
        InputError
            If the draft cannot be deployed.
        ChainError
            If the node does not answer.
        """
        progress = await self._progress()
        chain = await self._page.blocking(self._page.dashboard.network.chain)
        self._fees = await self._page.blocking(lambda: chain.fees)
        self._body = box("dc-stack")
        self._said = box(role="status")
        with box("dc-row"):
            self._go = button("Deploy", self._begin, kind="primary")
        self._end = box("dc-stack", role="status")
        self._show(progress)
        # A transaction may be on its way since before the page was loaded.
        self._goes_on = any(entry is not None and entry.fate.is_open for entry in progress.entries)
        if self._draft.address is not None:
            self._tell_end(Address(self._draft.address))
        ui.timer(_POLL, self._look)

    async def _progress(self) -> Progress:
        outbox = self._page.dashboard.outbox

        def find() -> Progress:
            return progress_of(self._draft, outbox.of(self._draft.visitor, _MOST_ENTRIES))

        return await self._page.blocking(find)

    def _show(self, progress: Progress) -> None:
        shown = tuple(None if entry is None else (entry.id, entry.fate) for entry in progress.entries)
        if shown == self._shown:
            return
        self._shown = shown
        left = [step.gas for step, entry in zip(progress.plan.steps, progress.entries, strict=True)
                if entry is None or entry.fate is not Fate.DONE]  # fmt: skip
        self._body.clear()
        with self._body:
            if left:
                most = ether(Wei(sum(left) * self._fees.most))
                text(
                    f"{count(len(left), 'transaction')}, about {sum(left):,} gas: at most {most} as the "
                    f"network asks now."
                )
            table(
                "Deployment", ("What", "State", "Gas", "Fee", "Address"), self._rows(progress), numeric=(2, 3)
            )
        begun = any(entry is not None for entry in progress.entries)
        self._go.text = "Go on" if begun else "Deploy"

    def _rows(self, progress: Progress) -> list[list[Cell]]:
        rows: list[list[Cell]] = []
        for step, entry in zip(progress.plan.steps, progress.entries, strict=True):
            is_done = entry is not None and entry.fate is Fate.DONE
            address = progress.addresses.get(step.title) if is_done else None
            fee = entry.outcome["fee"] if entry is not None and is_done else step.gas * self._fees.most
            gas = f"{entry.outcome['gas']:,}" if entry is not None and is_done else f"about {step.gas:,}"
            rows.append(
                [
                    clean(step.title).capitalize(),
                    "to do" if entry is None else _STATES[entry.fate],
                    gas,
                    ether(Wei(fee)) if is_done else f"at most {ether(Wei(fee))}",
                    "" if address is None else partial(copyable, str(address), "address"),
                ]
            )
        return rows

    async def _begin(self) -> None:
        self._goes_on = True
        # Whatever happens to server or browser, the page comes back to it.
        self._page.show_path(f"/add?deployment={self._draft.id}")
        self._said.clear()
        await self._look()

    async def _look(self) -> None:
        if self._is_busy or self._draft.address is not None:
            return
        self._is_busy = True
        try:
            progress = await self._progress()
            self._show(progress)
            await self._advance(progress)
        except DecaiError as error:
            self._halt(fault_words(error))
        finally:
            self._is_busy = False

    async def _advance(self, progress: Progress) -> None:
        place = progress.next
        if place is None:
            await self._finish(progress)
            return
        entry = progress.entries[place]
        is_open = entry is not None and entry.fate.is_open
        self._go.set(disabled=True if is_open or self._goes_on else None)
        if is_open or not self._goes_on:
            return
        if entry is not None and entry.fate is not Fate.DONE and entry.id in self._tried:
            self._halt(entry.told or "This transaction did not come to be.")
            return
        step = progress.plan.steps[place]
        facts = {"kind": "deployment", "draft": self._draft.id, "step": place}
        begun = await self._page.session.begin(
            progress.transaction(place), f"Deploy {clean(self._draft.name)[:60]}: {step.title}", facts
        )
        self._tried = self._tried | {begun.id}

    def _halt(self, words: str) -> None:
        self._goes_on = False
        self._tried = frozenset()
        self._go.set(disabled=None)
        self._said.clear()
        with self._said:
            note(words, "warn", live=True)

    async def _finish(self, progress: Progress) -> None:
        address = progress.address
        assert address is not None
        draft, block = self._draft, progress.first_block

        def keep() -> Draft:
            known = KnownModel(address, draft.chain_id, block, draft.name)
            self._page.dashboard.following.deployed(known)
            return self._page.dashboard.drafts.finish(draft, address)

        self._draft = await self._page.blocking(keep)
        self._tell_end(address)
        self._page.session.changed()

    def _tell_end(self, address: Address) -> None:
        self._go.visible = False
        self._said.clear()
        with self._end:
            note(f"{clean(self._draft.name)} is deployed; everybody can use it now.", "good", live=True)
            with box("dc-row"):
                link("Look at the model", f"/model/{address}", "dc-button dc-button-primary")
