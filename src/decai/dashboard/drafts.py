"""Models that somebody is about to deploy from a page: written down whole, so that he can always go on.

A draft is one file. What became of its transactions is in the outbox, each with the draft's name and its
place in the plan; the plan follows from the draft alone, so it is the same after a restart.
"""

import json
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from decai.chain.base import Transaction
from decai.chain.compose import INDEX_BITS_CHOICES, MAX_FEATURES_CHOICES, Composition, Texts, compose
from decai.chain.plan import MODEL, Plan, plan_deployment
from decai.dashboard.outbox import Entry, Fate
from decai.dataset.storage import atomic_file
from decai.errors import InputError, StorageError
from decai.incentive import Points, Stakeable
from decai.model_file import model_from_text
from decai.protocols import Classifier, IncentiveMechanism
from decai.units import Address, parse_seconds, parse_wei

__all__ = ["LARGEST_FILE", "Draft", "Drafts", "Progress", "Terms", "model_of_text", "progress_of"]

LARGEST_FILE: Final = 8 * 2**20
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{8,40}")
_MOST_DRAFTS: Final = 500


@dataclass(frozen=True, slots=True)
class Terms:
    """The incentive mechanism, as people write it."""

    incentive: str = "stakeable"
    refund_wait: str = "1 day"
    owner_wait: str = "8 days"
    any_wait: str = "9 days"
    cost_weight: str = "0.00002 ETH"
    shares: str = "count"

    def mechanism(self) -> IncentiveMechanism:
        """The mechanism in memory.

        Raises
        ------
        InputError
            If a time or an amount cannot be, or they are out of order.
        """
        refund = parse_seconds(self.refund_wait)
        if self.incentive == "points":
            return Points(refund)
        if self.incentive != "stakeable":
            raise InputError("the mechanism must be stakeable or points")
        if self.shares not in ("count", "deposit"):
            raise InputError("shares must be by count or by deposit")
        waits = parse_seconds(self.owner_wait), parse_seconds(self.any_wait)
        if min(refund, *waits) < 0:
            raise InputError("a wait cannot be below 0")
        if not refund <= waits[0] <= waits[1]:
            raise InputError(
                "the waits must be in order: first the refund's, then the owner's, then anybody's"
            )
        weight = parse_wei(self.cost_weight)
        if weight < 0:
            raise InputError("the cost weight cannot be below 0")
        return Stakeable(weight, refund, *waits, shares="deposit" if self.shares == "deposit" else "count")


@dataclass(frozen=True, slots=True)
class Draft:
    """One model to be deployed."""

    id: str
    visitor: str
    chain_id: int
    sender: Address
    model: str
    """The text of its file."""
    name: str
    description: str
    encoder: str
    terms: Terms = field(default_factory=Terms)
    created: float = 0.0
    address: str | None = None
    """Where the model is, once it is complete."""

    def composition(self) -> Composition:
        """The contract.

        Raises
        ------
        InputError
            If the model, a text or a number does not fit.
        """
        model, facts = model_of_text(self.model)
        room, bits = _room(model, facts)
        texts = Texts(self.name, self.description, self.encoder)
        return compose(model, self.terms.mechanism(), texts, max_features=room, index_bits=bits)

    def plan(self) -> Plan:
        """The transactions that deploy it; raises like `composition`, and if it is too large for a chain."""
        return _plan_of(json.dumps({**asdict(self), "address": None}, sort_keys=True))


@lru_cache(maxsize=8)
def _plan_of(text: str) -> Plan:
    return plan_deployment(_draft(json.loads(text)).composition())


def model_of_text(text: str) -> tuple[Classifier, dict[str, Any]]:
    """The model in the text of a file, and the file's entries.

    Raises
    ------
    InputError
        If it is no model file.
    """
    if len(text) > LARGEST_FILE:
        raise InputError(f"the file is larger than {LARGEST_FILE // 2**20} MB")
    return model_from_text(text.encode(errors="replace"), "this file")


def _room(model: Classifier, facts: Mapping[str, Any]) -> tuple[int, int]:
    """Most features of a sample, and bits of an index, that the contract has room for."""
    longest = facts.get("longestSample")
    if not isinstance(longest, Decimal) or longest < 1:
        longest = Decimal(model.num_features)
    room = next((size for size in MAX_FEATURES_CHOICES if size >= longest), MAX_FEATURES_CHOICES[-1])
    weights = getattr(model, "weights", None)
    highest = max(weights(), default=0) if callable(weights) else 0
    bits = facts.get("indexBits")
    if bits not in INDEX_BITS_CHOICES:
        bits = 16 if max(highest, model.num_features - 1) < 2**16 else 32
    return room, int(bits)


class Drafts:
    """The drafts of a server.

    Parameters
    ----------
    folder
        Where they are kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def begin(self, visitor: str, chain_id: int, sender: Address, model: str, **facts: Any) -> Draft:
        """Write a draft down.

        Raises
        ------
        InputError
            If it cannot be deployed.
        StorageError
            If it cannot be written.
        """
        draft = Draft(
            secrets.token_urlsafe(12).replace("=", ""), visitor, chain_id, sender, model, **facts,
            created=time.time(),
        )  # fmt: skip
        draft.plan()
        if sum(1 for _ in self._paths()) >= _MOST_DRAFTS:
            raise StorageError(f"{self._folder}: holds {_MOST_DRAFTS} unfinished models; remove some")
        self._write(draft)
        return draft

    def finish(self, draft: Draft, address: Address) -> Draft:
        """Write down where the model is."""
        done = _draft({**asdict(draft), "address": str(address)})
        self._write(done)
        return done

    def forget(self, draft: Draft) -> None:
        """Let a draft go; what was deployed of it stays on the chain."""
        self._path(draft.id).unlink(missing_ok=True)

    def get(self, draft_id: str) -> Draft:
        """A draft; `InputError` if there is none."""
        try:
            return _draft(json.loads(self._path(draft_id).read_bytes()))
        except (OSError, ValueError, KeyError, TypeError):
            raise InputError("this model is not here any more") from None

    def of(self, visitor: str, chain_id: int, wanted: str = "") -> list[Draft]:
        """A visitor's on a chain, the newest first: those that are unfinished, and one by its number."""
        found = []
        for path in self._paths():
            try:
                draft = _draft(json.loads(path.read_bytes()))
            except (OSError, ValueError, KeyError, TypeError):
                continue
            is_his = (draft.visitor, draft.chain_id) == (visitor, chain_id)
            if is_his and (draft.address is None or draft.id == wanted):
                found.append(draft)
        return sorted(found, key=lambda draft: -draft.created)

    def _paths(self) -> list[Path]:
        try:
            return sorted(self._folder.glob("*.json"))
        except OSError:
            return []

    def _path(self, draft_id: str) -> Path:
        if not _NAME.fullmatch(draft_id):
            raise InputError("this model is not here any more")
        return self._folder / f"{draft_id}.json"

    def _write(self, draft: Draft) -> None:
        with atomic_file(self._path(draft.id), mode=0o600) as file:
            file.write(json.dumps(asdict(draft)).encode())


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the deployment of a draft is."""

    draft: Draft
    plan: Plan
    entries: tuple[Entry | None, ...]
    """The latest transaction of each step."""

    @property
    def addresses(self) -> dict[str, Address]:
        """Where the contracts of the steps that are done are."""
        found: dict[str, Address] = {}
        for step, entry in zip(self.plan.steps, self.entries, strict=True):
            if entry is not None and entry.fate is Fate.DONE:
                contract = entry.outcome.get("contract")
                found[step.title] = Address(str(contract)) if contract else found[step.to or ""]
        return found

    @property
    def next(self) -> int | None:
        """The first step that is not done; None if all are."""
        for place, entry in enumerate(self.entries):
            if entry is None or entry.fate is not Fate.DONE:
                return place
        return None

    @property
    def address(self) -> Address | None:
        """Where the model is, once all is done."""
        return self.addresses.get(MODEL) if self.next is None else None

    @property
    def first_block(self) -> int:
        """The block that the model's contract came in."""
        titles = [step.title for step in self.plan.steps]
        entry = self.entries[titles.index(MODEL)]
        return 0 if entry is None else int(entry.outcome.get("block", 0))

    def transaction(self, place: int) -> Transaction:
        """What a step sends."""
        step, addresses = self.plan.steps[place], self.addresses
        to = None if step.to is None else addresses[step.to]
        return Transaction(self.draft.sender, to, step.data(addresses))


def progress_of(draft: Draft, entries: list[Entry]) -> Progress:
    """How far a draft is.

    Parameters
    ----------
    draft
        Which.
    entries
        The visitor's transactions, the latest first.
    """
    plan = draft.plan()
    latest: dict[int, Entry] = {}
    for entry in entries:
        if entry.facts.get("draft") == draft.id:
            step = int(entry.facts.get("step", -1))
            # One that seemed to be lost, and was sent again, may be the one that came to be.
            if step not in latest or (entry.fate is Fate.DONE and latest[step].fate is not Fate.DONE):
                latest[step] = entry
    return Progress(draft, plan, tuple(latest.get(place) for place in range(len(plan.steps))))


def _draft(facts: dict[str, Any]) -> Draft:
    return Draft(**{**facts, "terms": Terms(**facts["terms"])})
