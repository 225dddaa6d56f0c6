"""Contributions in a table: when, what, by whom, what is left of the deposit, and what has become of it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from decai.catalog.records import Contributed, Model, Page
from decai.dashboard import safety
from decai.dashboard.elements import box, copyable, link, table
from decai.dashboard.words import clean, date, ether, short_hash
from decai.protocols import Path
from decai.units import Seconds

if TYPE_CHECKING:
    from decai.catalog.catalog import Catalog
    from decai.dashboard.elements.tables import Cell
    from decai.dashboard.shell import Page as ShellPage

__all__ = ["Fated", "class_name", "contribution_table", "fated", "state_of", "transaction_cell"]

_MOST_CLAIMS: Final = 20


class Fated(NamedTuple):
    """A contribution, its model, and how it was claimed."""

    made: Contributed
    model: Model
    paths: tuple[Path, ...]
    """Of the claims, the latest first."""


def fated(catalog: "Catalog", page: Page[Contributed], known: Model | None = None) -> Page[Fated]:
    """What has become of contributions; blocks.

    Parameters
    ----------
    catalog
        Where they are known.
    page
        The contributions.
    known
        Their model, if all are of one.

    Raises
    ------
    StorageError
        If the database fails.
    """
    models: dict[int, Model] = {} if known is None else {known.id: known}
    items = []
    for made in page.items:
        if made.model_id not in models:
            models[made.model_id] = catalog.models.get(made.model_id)
        paths: tuple[Path, ...] = ()
        if made.claims:
            claims = catalog.history.claims(made.model_id, number=made.number, limit=_MOST_CLAIMS)
            paths = tuple(claim.path for claim in claims.items)
        # How far a model was read is not shown.
        items.append(Fated(made, replace(models[made.model_id], scanned=None, last_time=None), paths))
    return Page(tuple(items), page.total, page.next)


def state_of(made: Contributed, paths: Sequence[Path], refund_wait: int, now: Seconds) -> str:
    """What has become of a contribution, in a few words.

    Parameters
    ----------
    made, paths
        The contribution, and how it was claimed, the latest claim first.
    refund_wait, now
        In seconds; by the clock of the chain.
    """
    if not made.claims:
        due = made.added + refund_wait
        return f"Waits until {date(due)}" if now < due else "Can be claimed"
    if Path.REFUND in paths:
        return "Refunded" if made.deposit else "Validated"
    if made.left:
        return "Partly lost to others"
    if paths and paths[0] is Path.OWNER:
        return "Taken by the owner, left over"
    if paths and paths[0] is Path.ANYONE:
        return "Taken by somebody, left over"
    return "Lost to others" if made.deposit else "Found wrong"


def contribution_table(page: "ShellPage", rows: Sequence[Fated], *, with_model: bool = False) -> None:
    """Show contributions."""
    now, network, name_of = page.dashboard.head.now, page.dashboard.network, page.session.name_of
    columns = ["Number", "When", "Class", "By", "Deposit", "Left", "State", "Transaction"]
    if with_model:
        columns[3] = "Model"
    shown: list[Sequence[Cell]] = []
    for made, model, paths in rows:

        def where(transaction: bytes = made.transaction) -> None:
            transaction_cell(network.transaction_url(transaction), transaction)

        def of_model(model: Model = model) -> None:
            link(safety.name_shown(model, model.address), f"/model/{model.address}/history")

        shown.append(
            (
                f"#{made.number:,}",
                date(made.added),
                class_name(model, made.label),
                of_model if with_model else name_of(made.author),
                ether(made.deposit),
                ether(made.left),
                state_of(made, paths, model.refund_wait, now),
                where,
            )
        )
    table("Contributions", columns, shown, numeric=(4, 5))


def class_name(model: Model, label: int) -> str:
    """What a class is called, as far as it may be shown."""
    if label < len(model.classes) and safety.is_shown(model, model.address):
        return clean(model.classes[label])
    return f"class {label:,}"


def transaction_cell(url: str | None, transaction: bytes) -> None:
    """The hash of a transaction, and a link to where it can be looked at."""
    with box("dc-row"):
        copyable(f"0x{transaction.hex()}", "hash of the transaction")
        if url is not None:
            link("Look", url, aria_label=f"Look at transaction {short_hash(transaction)}")
