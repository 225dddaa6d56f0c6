"""The transactions that a shared model takes, as bytes, and what the ABI cannot even express."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from decai.chain.abi import call_data
from decai.chain.base import Transaction
from decai.chain.kinds import class_call
from decai.chain.model import ModelInfo
from decai.classifier._dense import checked_vector
from decai.errors import InputError, Refused
from decai.protocols import ClassStart
from decai.samples import Features
from decai.units import Address, Seconds, Wei

__all__ = ["Calls"]

_ROOM_FOR_NAME: Final = 64


@dataclass(frozen=True, slots=True)
class Calls:
    """The transactions of one model.

    Parameters
    ----------
    info
        Of the model.
    packed
        Whether samples travel packed, or as the ``int64[]`` of the original framework's clients.
    """

    info: ModelInfo
    packed: bool

    def add_data(
        self, sender: Address, features: Features, label: int, value: Wei, gas: int | None = None
    ) -> Transaction:
        """A contribution of at most `value` wei."""
        if self.packed:
            words = self.info.form.packed(features)
            data = call_data("addDataPacked(uint256[],uint64)", words, label)
        else:
            data = call_data("addData(int64[],uint64)", features.tolist(), label)
        return Transaction(sender, self.info.address, data, value, gas)

    def add_data_many(
        self, sender: Address, samples: Sequence[tuple[Features, int]], value: Wei, gas: int | None = None
    ) -> Transaction:
        """A batch of contributions of at most `value` wei; they always travel packed."""
        listed = [(self.info.form.packed(features), label) for features, label in samples]
        data = call_data("addDataMany((uint256[],uint64)[])", listed)
        return Transaction(sender, self.info.address, data, value, gas)

    def refund(
        self, sender: Address, features: Features, label: int, added: Seconds, gas: int | None = None
    ) -> Transaction:
        """A claim on one's own deposit."""
        if self.packed:
            words = self.info.form.packed(features)
            data = call_data("refundPacked(uint256[],uint64,uint256)", words, label, added)
        else:
            data = call_data("refund(int64[],uint64,uint256)", features.tolist(), label, added)
        return Transaction(sender, self.info.address, data, gas=gas)

    def report(
        self,
        sender: Address,
        features: Features,
        label: int,
        added: Seconds,
        author: Address,
        gas: int | None = None,
    ) -> Transaction:
        """A claim on another's deposit."""
        if self.packed:
            words = self.info.form.packed(features)
            data = call_data("reportPacked(uint256[],uint64,uint256,address)", words, label, added, author)
        else:
            data = call_data(
                "report(int64[],uint64,uint256,address)", features.tolist(), label, added, author
            )
        return Transaction(sender, self.info.address, data, gas=gas)

    def add_class(self, sender: Address, name: str, start: ClassStart, gas: int | None = None) -> Transaction:
        """A further class.

        Raises
        ------
        InputError
            If the name is no text that can be written.
        Refused
            For what the ABI cannot express, or of a kind that takes none.
        """
        try:
            name.encode()
        except UnicodeEncodeError:
            raise InputError(f"{name!r} is no name: part of it is no text") from None
        room = max(_ROOM_FOR_NAME, *(-(-len(known.encode()) // 32) * 32 for known in self.info.classes))
        if len(name.encode()) > room:
            raise Refused(f"{self.info.classifier}: the name of a further class has at most {room} bytes")
        signature, arguments = class_call(self.info, name, start)
        data = call_data(signature, *arguments)
        return Transaction(sender, self.info.address, data, gas=gas)

    def can_express(self, features: Features, label: int) -> bool:
        """Whether a call can say that this is contributed."""
        return 0 <= label < 2**64 and self.fits(features) and not self.is_too_long(features)

    def is_too_long(self, features: Features) -> bool:
        """Whether a sample lists more features than the contract takes."""
        return len(features) > self.info.max_features

    def fits(self, features: Features) -> bool:
        """Whether each number is one that the contract takes."""
        return self.info.form.fits(features)

    def check_features(self, features: Features) -> None:
        """Raise `Refused`, in the words of the twin, for what the ABI cannot even express."""
        kind = self.info.classifier
        if not self.info.form.is_sparse:
            if self.is_too_long(features) or not self.fits(features):
                checked_vector(features, self.info.max_features, kind)
            return
        if features.ndim != 1 or features.dtype.kind not in "iu":
            raise Refused(f"{kind}: the features must be a list of indices")
        if self.is_too_long(features):
            raise Refused(f"{kind}: too many features")
        if not self.fits(features):
            raise Refused(f"{kind}: a feature index is out of range")

    def check_key(self, features: Features, label: int, added: Seconds) -> None:
        """Raise `Refused` if there can be no contribution like it."""
        numbers_fit = 0 <= label < 2**64 and 0 <= added < 2**256
        if not numbers_fit or self.is_too_long(features) or not self.fits(features):
            raise Refused("data handler: no such contribution")
