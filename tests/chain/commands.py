"""Commands as a user gives them, in this process, against a node."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from decai.cli import run

__all__ = ["SPARSE", "Done", "Give", "giving"]

SPARSE: dict[str, Any] = {
    "type": "sparse perceptron",
    "classifications": ["no", "yes"],
    "weights": [0.5, -0.5, 0.25],
    "learningRate": 0.25,
}
"""A model file: feature 0 says yes, feature 1 no."""


@dataclass(frozen=True)
class Done:
    """What came of a command."""

    code: int
    out: str
    err: str

    def told(self) -> dict[str, Any]:
        """The one JSON object that it has printed, and nothing else."""
        assert (self.code, self.err) == (0, "")
        told = json.loads(self.out)
        assert isinstance(told, dict)
        return told

    def refused(self, part: str) -> None:
        """It is one clear line on stderr and exit code 2."""
        assert (self.code, self.out) == (2, ""), self
        assert self.err.startswith("error: "), self
        assert self.err.count("\n") == 1, self
        assert self.err.isprintable() or self.err[:-1].isprintable(), self
        assert len(self.err) < 1_000, self
        assert part in self.err, self


Give = Callable[..., Done]


def giving(capfd: pytest.CaptureFixture[str]) -> Give:
    """Runs ``decai`` with these arguments."""

    def give(*arguments: object) -> Done:
        capfd.readouterr()
        code = run([str(argument) for argument in arguments])
        return Done(code, *capfd.readouterr())

    return give
