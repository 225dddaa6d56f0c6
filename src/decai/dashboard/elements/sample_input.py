"""The fields into which a sample is written or drawn, as a model's encoder wants it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from decai.dashboard.elements.controls import Select, select
from decai.dashboard.elements.fields import Field
from decai.dashboard.elements.html import Tag, box, tag
from decai.dashboard.elements.picture import Pad, Upload
from decai.dashboard.samples import parse_numbers
from decai.errors import InputError

if TYPE_CHECKING:
    from decai.encoder import EncoderInfo, Sample

__all__ = ["SampleInput"]

_MOST_PICTURE: Final = 10 * 2**20
_DRAWN: Final = frozenset({"digits 8x8"})
_UNKNOWN: Final = "?"


class SampleInput(Tag):
    """Takes one sample.

    Parameters
    ----------
    encoder
        What the model's encoder is.
    is_sparse
        Whether the model takes lists of features.
    on_enter
        Called when Enter is pressed in a field.
    on_change
        Called when there is another sample.
    """

    def __init__(
        self,
        encoder: "EncoderInfo",
        is_sparse: bool,
        on_enter: Callable[[], Any],
        on_change: Callable[[], Any],
    ) -> None:
        super().__init__("div", "", "dc-stack")
        self._encoder = encoder
        self._on_change = on_change
        self._picture: bytes | None = None
        self._field: Field | None = None
        self._fields: dict[str, Field | Select] = {}
        with self:
            match encoder.takes:
                case "text":
                    self._field = Field(
                        "Text", area=True, placeholder="Write or paste a text", on_enter=on_enter,
                        on_change=self._changed, help_="Ctrl-Enter asks.",
                    )  # fmt: skip
                case "numbers":
                    self._field = Field(
                        "Features" if is_sparse else "Numbers", area=True, placeholder="1, 5, 9",
                        on_enter=on_enter, on_change=self._changed, help_="With commas or blanks between.",
                    )  # fmt: skip
                case "record":
                    self._record(on_enter)
                case "image":
                    self._image()

    def sample(self) -> "Sample":
        """What was given.

        Raises
        ------
        InputError
            If nothing was, or a field is not filled as it has to be.
        """
        if self._encoder.takes == "image":
            if self._picture is None:
                raise InputError("draw something, or choose a picture")
            return self._picture
        if self._encoder.takes == "record":
            return {name: field.value.strip() for name, field in self._fields.items()}
        assert self._field is not None
        if self._encoder.takes == "numbers":
            return parse_numbers(self._field.value)
        if not self._field.value.strip():
            raise InputError("write something first")
        return self._field.value

    def _changed(self, *_: Any) -> None:
        self._on_change()

    def _record(self, on_enter: Callable[[], Any]) -> None:
        with box("dc-record"):
            for field in self._encoder.fields:
                if field.choices:
                    options = {each: each for each in field.choices}
                    if field.may_be_unknown:
                        options = {_UNKNOWN: "unknown", **options}
                    self._fields[field.name] = select(field.title, options, None, self._changed)
                else:
                    self._fields[field.name] = Field(
                        field.title,
                        field.example,
                        on_enter=on_enter,
                        on_change=self._changed,
                        longest=200,
                        inputmode=None if field.is_text else "decimal",
                        help_="May be left empty." if field.may_be_unknown else "",
                    )

    def _image(self) -> None:
        if self._encoder.name in _DRAWN:
            Pad("Draw a digit", self._drawn)
            tag("span", "or", "dc-muted")
        Upload(
            "Choose a picture, or drop one here",
            "image/*",
            _MOST_PICTURE,
            lambda _, content: self._drawn(content),
        )

    def _drawn(self, content: bytes | None) -> None:
        self._picture = content
        self._on_change()
