"""Predict: ask the contract, for free, and see which features decided."""

from collections.abc import Sequence

from decai.dashboard.elements import box, button, empty, heading, note, tag, text
from decai.dashboard.explain import Reason, reasons
from decai.dashboard.model_view import Encoded, ModelView
from decai.dashboard.opened import OpenModel
from decai.dashboard.shell import fault_words
from decai.dashboard.words import clean
from decai.errors import DecaiError
from decai.samples import Features

__all__ = ["ask", "build"]


async def build(view: ModelView) -> None:
    """Fill the tab."""
    _Predict(view).build()


def ask(model: OpenModel, features: Features) -> tuple[int, list[Reason]]:
    """What the contract says, and why as far as it can be told; blocks.

    Raises
    ------
    Refused
        If the features are malformed.
    ChainError
        If there is no answer.
    """
    label = model.predict(features)
    if not model.info.has_twin:
        return label, []
    try:
        return label, model.with_classifier(lambda classifier: reasons(classifier, features, label))
    except DecaiError:
        # What the contract says stands, though nobody can say why.
        return label, []


class _Predict:
    def __init__(self, view: ModelView) -> None:
        self.view = view

    def build(self) -> None:
        with box("dc-card", "section"):
            heading("What does the contract say?", 2)
            with box("dc-row"):
                button("Ask, for free", self.ask, kind="primary")
            self.answer = box("dc-stack", role="status", aria_live="polite")
            with self.answer:
                empty(
                    "Nothing asked yet",
                    "Give a sample, then ask. It costs nothing and leaves no trace.",
                    "psychology",
                )
        self.view.on_enter["predict"] = self.ask
        self.view.on_change.append(self._stale)

    def _stale(self) -> None:
        self.answer.classes(add="dc-stale")

    async def ask(self) -> None:
        """Ask, and show the answer."""
        view = self.view
        try:
            encoded = await view.encoded()
            label, why = await view.page.blocking(ask, view.model, encoded.features)
        except DecaiError as error:
            self._show_fault(fault_words(error))
            return
        self._show(encoded, label, why)

    def _show_fault(self, words: str) -> None:
        self.answer.classes(remove="dc-stale")
        self.answer.clear()
        with self.answer:
            note(words, "warn")

    def _show(self, encoded: Encoded, label: int, why: Sequence[Reason]) -> None:
        view = self.view
        classes = view.model.info.classes
        self.answer.classes(remove="dc-stale")
        self.answer.clear()
        with self.answer:
            with box("dc-answer"):
                tag("span", "The contract says", "dc-small dc-muted")
                tag("span", clean(classes[label]), "dc-figure dc-result")
            if why:
                heading("What decided", 3)
                self._reasons(why, clean(classes[label]))
            elif view.model.info.form.is_sparse and not len(encoded.features):
                text(
                    "It knows none of these features; this is what it says when it knows nothing.", "dc-muted"
                )
            with box("dc-row dc-line-above"):
                tag("span", "Is it wrong, or right? Teach it.", "dc-muted")
                button("Contribute this sample", lambda: view.show("train"))

    def _reasons(self, why: Sequence[Reason], name: str) -> None:
        largest = max(abs(reason.weight) for reason in why)
        with box("dc-reasons", "ul"):
            for reason in why:
                is_for = reason.weight > 0
                with box(f"dc-reason dc-reason-{'for' if is_for else 'against'}", "li"):
                    tag("span", clean(self.view.name_of(reason.feature)), "dc-strong")
                    width = max(2, round(100 * abs(reason.weight) / largest))
                    bar = tag("span", "", "dc-reason-bar", aria_hidden="true")
                    bar.style(f"width: {width}%")
                    tag("span", f"{'for' if is_for else 'against'} {name}", "dc-reason-toward")
