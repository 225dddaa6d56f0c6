"""Options that several commands about models share."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from decai.cli import complete
from decai.errors import InputError

if TYPE_CHECKING:
    from decai.chain.client import ChainTrainer

__all__ = [
    "Account",
    "FeaturesOption",
    "FileOption",
    "FirstBlock",
    "Given",
    "Json",
    "Model",
    "NumbersOption",
    "RowOption",
    "Rpc",
    "SampleOption",
    "TextOption",
    "opened",
    "short",
]

Model = Annotated[
    str,
    typer.Argument(
        metavar="ADDRESS",
        autocompletion=complete.models,
        help="Its address, the beginning of it, or its name.",
    ),
]
Rpc = Annotated[
    str | None,
    typer.Option("--rpc", metavar="URL", help="The node; by default the local one, of play money."),
]
Account = Annotated[
    str | None, typer.Option("--account", metavar="ADDRESS", help="Who acts; by default the first account.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
FirstBlock = Annotated[
    int | None,
    typer.Option(
        "--first-block",
        metavar="N",
        min=0,
        help="The block in which it was deployed, or any before; by default found out.",
    ),
]

FeaturesOption = Annotated[
    str | None,
    typer.Option(help="Feature indices, such as 1,5,9; of a vector, its numbers times 10^9."),
]
NumbersOption = Annotated[
    str | None,
    typer.Option(help="A vector, such as 3,-4.5; it is scaled to norm 1 unless the encoder says otherwise."),
]
TextOption = Annotated[str | None, typer.Option(help="A text, if the model's encoder takes one.")]
SampleOption = Annotated[
    str | None,
    typer.Option(
        "--sample",
        help="What the model's encoder takes: a text, a picture's file, or such as sex=male,age=30.",
    ),
]
FileOption = Annotated[
    Path | None,
    typer.Option(
        "--file",
        metavar="FILE",
        help="Samples, one a line: indices, numbers, or a table whose first line names them.",
    ),
]
RowOption = Annotated[
    int | None,
    typer.Option("--row", min=0, help="Which sample of the file, from 0 on; by default its only one."),
]


_WAYS: Final = ("features", "numbers", "text", "sample", "file")


@dataclass(frozen=True, slots=True)
class Given:
    """A sample as options name it; one of them is not None."""

    features: str | None = None
    numbers: str | None = None
    text: str | None = None
    sample: str | None = None
    file: Path | None = None
    row: int | None = None
    """Which sample of the file."""

    @property
    def is_nothing(self) -> bool:
        """Whether no option was given."""
        return not self.options

    @property
    def options(self) -> list[str]:
        """The options that were given, but for the row."""
        return [f"--{key}" for key in _WAYS if getattr(self, key) is not None]

    def require_one(self, *others: str) -> None:
        """Raise `InputError` unless one option was given, of these and of `others`, which are named too."""
        if len(self.options) != 1:
            *names, last = (*(f"--{key}" for key in _WAYS), *others)
            raise InputError(f"give one of {', '.join(names)} and {last}")


def opened(
    address: str, rpc: str | None, account: str | None = None, first_block: int | None = None
) -> "ChainTrainer":
    """The model that a command is about."""
    from decai.chain.connect import connect, open_model

    return open_model(connect(rpc, account), address, first_block)


def short(address: str) -> str:
    """An address for a line.

    Examples
    --------
    >>> short("0x5FbDB2315678afecb367f032d93F642f64180aa3")
    '0x5FbD…0aa3'
    """
    return f"{address[:6]}…{address[-4:]}"
