"""What anybody may ask of a shared model on a chain, for free."""

from functools import cached_property
from typing import Any, Self

from decai.chain.address import parse_address
from decai.chain.base import Chain
from decai.chain.calls import Calls
from decai.chain.first_block import first_block_of
from decai.chain.model import ModelInfo, read, read_info
from decai.chain.replica import Replica
from decai.errors import ChainError, InputError, Refused
from decai.given import given_address, given_features
from decai.samples import Features
from decai.units import Address, Seconds, Wei

__all__ = ["ModelOnChain", "account_of"]


class ModelOnChain:
    """A shared model on a chain, as far as asking it is free.

    Parameters
    ----------
    chain, address
        Where the contract is.
    first_block
        The block in which it was deployed, or any before; where to begin to look for its events. None finds
        it out when it is needed.
    packed
        Whether samples travel packed, or as the ``int64[]`` of the original framework's clients.

    Raises
    ------
    ChainError
        If there is no decai model at this address.
    """

    def __init__(
        self, chain: Chain, address: Address, first_block: int | None = 0, *, packed: bool = True
    ) -> None:
        self.chain = chain
        self.address = address
        self.info: ModelInfo = read_info(chain, address)
        self.calls = Calls(self.info, packed)
        """Its transactions."""
        self._first_block = first_block

    @cached_property
    def first_block(self) -> int:
        """Where its events begin, or any block before."""
        return first_block_of(self.chain, self.address) if self._first_block is None else self._first_block

    @cached_property
    def replica(self) -> Replica:
        """The twin in memory; `Replica.update` brings it up to date."""
        return Replica(self.chain, self.address, self.first_block)

    @property
    def now(self) -> Seconds:
        """The time of the current block."""
        return self.chain.now

    @property
    def owner(self) -> Address:
        """Who owns the model now."""
        from eth_utils.address import to_checksum_address

        return Address(to_checksum_address(self._read("owner()", "address")))

    def advance_to(self, now: Seconds) -> Self:
        """Let time pass, on a chain whose clock is ours to move.

        Raises
        ------
        Refused
            If `now` lies in the past, or time is not ours to move.
        """
        if now < self.chain.now:
            raise Refused("trainer: time never goes back")
        self.chain.advance_to(now)
        return self

    def cost(self) -> Wei:
        """What a contribution costs now, in wei."""
        return Wei(self._read("getNextAddDataCost(uint256)", "uint256", self.now))

    def balance(self, address: Address) -> Wei:
        """What `address` owns outside of the model, in wei."""
        return self.chain.balance(account_of("address", address))

    @property
    def held(self) -> Wei:
        """What the contract holds, in wei."""
        return self.chain.balance(self.address)

    def predict(self, features: Features) -> int:
        """The model's label for one sample.

        Raises
        ------
        Refused
            If the features are malformed.
        InputError
            If they are neither an array nor a list of whole numbers.
        ChainError
            If the contract names a class that it does not have.
        """
        features = given_features(features)
        self.calls.check_features(features)
        if self.calls.packed:
            words = self.info.form.packed(features)
            label = int(self._read("predictPacked(uint256[])", "uint64", words))
        else:
            label = int(self._read("predict(int64[])", "uint64", features.tolist()))
        if label >= len(self.info.classes):
            # The owner may have added it meanwhile.
            self._look_again()
        if label >= len(self.info.classes):
            raise ChainError(
                f"{self.address}: the contract answers with label {label}, which is no class of it"
            )
        return label

    def _look_again(self) -> None:
        self.info = read_info(self.chain, self.address)
        self.calls = Calls(self.info, self.calls.packed)

    def _read(self, signature: str, kinds: str, *arguments: Any) -> Any:
        return read(self.chain, self.address, signature, kinds, *arguments)


def account_of(what: str, address: Address) -> Address:
    """An address of a chain, in its checksummed form; `InputError` if it is none."""
    text = given_address(what, address)
    try:
        return parse_address(text)
    except InputError as error:
        raise InputError(f"{what}: {error}") from None
