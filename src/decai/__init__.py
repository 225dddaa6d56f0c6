"""decai: machine-learning models that anyone may use and anyone may improve.

Importing this package is cheap; what a name needs is imported when the name is first used.

Examples
--------
>>> import decai
>>> decai.SparsePerceptron(("bad", "good")).classes
('bad', 'good')
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from decai.classifier import DenseCentroid, DensePerceptron, NaiveBayes, SparseCentroid, SparsePerceptron
    from decai.data_handler import DataHandler
    from decai.errors import DecaiError, Refused
    from decai.incentive import Points, Stakeable
    from decai.protocols import Classifier, IncentiveMechanism, Offer, Path, Receipt, Trainer
    from decai.samples import Samples
    from decai.trainer import LocalTrainer
    from decai.units import Address, Seconds, Wei

__all__ = [
    "Address",
    "Classifier",
    "DataHandler",
    "DecaiError",
    "DenseCentroid",
    "DensePerceptron",
    "IncentiveMechanism",
    "LocalTrainer",
    "NaiveBayes",
    "Offer",
    "Path",
    "Points",
    "Receipt",
    "Refused",
    "Samples",
    "Seconds",
    "SparseCentroid",
    "SparsePerceptron",
    "Stakeable",
    "Trainer",
    "Wei",
    "__version__",
]

__version__: Final = "0.1.0"

_HOMES: Final = {
    "classifier": ("DenseCentroid", "DensePerceptron", "NaiveBayes", "SparseCentroid", "SparsePerceptron"),
    "data_handler": ("DataHandler",),
    "errors": ("DecaiError", "Refused"),
    "incentive": ("Points", "Stakeable"),
    "protocols": ("Classifier", "IncentiveMechanism", "Offer", "Path", "Receipt", "Trainer"),
    "samples": ("Samples",),
    "trainer": ("LocalTrainer",),
    "units": ("Address", "Seconds", "Wei"),
}


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"decai.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
