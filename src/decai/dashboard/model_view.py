"""What the tabs of one model's page share: the model, the sample, and who is told when either changes."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from decai.dashboard.opened import OpenModel
from decai.dashboard.shell import Page
from decai.errors import InputError
from decai.samples import Features

if TYPE_CHECKING:
    from decai.catalog.records import Model
    from decai.dashboard.elements.sample_input import SampleInput
    from decai.encoder import Encoder, Sample

__all__ = ["Encoded", "ModelView"]


@dataclass(frozen=True, slots=True)
class Encoded:
    """A sample and its features."""

    sample: "Sample"
    features: Features


@dataclass(slots=True)
class ModelView:
    """One model on one page."""

    page: Page
    model: OpenModel
    record: "Model | None"
    """What the catalog knows of it; None if it is not in there."""
    show: Callable[[str], Awaitable[None]]
    """Turns to a tab."""
    encoder: "Encoder | None" = None
    encoder_fault: str | None = None
    """Why there is none, if so."""
    input: "SampleInput | None" = None
    tab: str = ""
    on_enter: dict[str, Callable[[], Any]] = field(default_factory=dict)
    """By tab: what Enter does."""
    on_change: list[Callable[[], object]] = field(default_factory=list)
    """Called when the sample is another one."""
    on_show: dict[str, Callable[[], Any]] = field(default_factory=dict)
    """By tab: called when it is turned to once more."""

    async def encoded(self) -> Encoded:
        """The sample that is in the fields, and its features.

        Raises
        ------
        InputError
            If there is none, or it has no features.
        MissingError
            If something has to be fetched for the encoder first.
        """
        if self.encoder is None or self.input is None:
            raise InputError(self.encoder_fault or "this model takes no samples here")
        sample, encoder = self.input.sample(), self.encoder
        features = await self.page.blocking(encoder.encode, sample)
        return Encoded(sample, features)

    def name_of(self, feature: int) -> str:
        """What a feature is called."""
        named = self.encoder.feature_name(feature) if self.encoder is not None else None
        return named or f"feature {feature:,}"

    def entered(self) -> Any:
        """Enter was pressed in the sample."""
        handler = self.on_enter.get(self.tab)
        return None if handler is None else handler()

    def sample_changed(self) -> None:
        """There is another sample."""
        for listener in list(self.on_change):
            listener()

    def shown(self, tab: str) -> None:
        """A tab was turned to once more."""
        handler = self.on_show.get(tab)
        if handler is not None:
            handler()
