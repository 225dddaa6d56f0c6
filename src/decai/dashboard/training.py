"""Training a model from a data set for a page, in a process of its own."""

import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Final

from decai.dataset import available, info
from decai.errors import InputError

__all__ = ["CLASSIFIERS", "fits", "trained"]

CLASSIFIERS: Final = (
    "sparse-perceptron",
    "naive-bayes",
    "sparse-centroid",
    "dense-perceptron",
    "dense-centroid",
)
_SECONDS: Final = 300.0
_TURN: Final = asyncio.Semaphore(1)


def fits(dataset: str) -> tuple[str, ...]:
    """The kinds of classifiers that can learn from a data set."""
    form = info(dataset).form
    return tuple(
        kind for kind in CLASSIFIERS if form == "both" or (form == "dense") == kind.startswith("dense")
    )


async def trained(dataset: str, classifier: str, part: float) -> str:
    """The text of a model file.

    Parameters
    ----------
    dataset, classifier
        What learns from what.
    part
        How much of the training data it learns from, above 0 and at most 1.

    Raises
    ------
    InputError
        If that cannot be; says why.
    """
    if dataset not in available() or classifier not in fits(dataset):
        raise InputError("this classifier cannot learn from these data")
    if not 0 < part <= 1:
        raise InputError("the part to learn from must be above 0 and at most 1")
    with tempfile.TemporaryDirectory(prefix="decai-") as folder:
        file = Path(folder) / "model.json"
        words = [
            "train",
            dataset,
            "--classifier",
            classifier,
            "-o",
            str(file),
            "--initial",
            str(part),
            "--json",
        ]
        async with _TURN:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "decai.cli", *words),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
            )
            try:
                _, said = await asyncio.wait_for(process.communicate(), _SECONDS)
            except TimeoutError:
                process.kill()
                await process.wait()
                raise InputError(f"the training took more than {_SECONDS:.0f} seconds") from None
        if process.returncode:
            lines = [
                line for line in said.decode(errors="replace").splitlines() if line.startswith("error: ")
            ]
            reason = lines[-1].removeprefix("error: ") if lines else "it ended without a word"
            raise InputError(f"the training failed: {reason}")
        text = file.read_text("utf-8")
        json.loads(text)
        return text
