"""Who can be sent for: accounts that the node keeps unlocked, and those with a key in the keystore."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from decai.chain.jsonrpc import JsonRpc, RpcError
from decai.chain.keystore import Keystore
from decai.chain.wire import address_of
from decai.errors import ChainError
from decai.units import Address

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

__all__ = ["Accounts"]


class Accounts:
    """The accounts of one chain.

    Parameters
    ----------
    node
        May have unlocked accounts, which come first.
    keystore
        Has the others.
    password
        Gives the password of an account's key, when the key is first needed.
    """

    def __init__(self, node: JsonRpc, keystore: Keystore, password: Callable[[Address], str]) -> None:
        self._node = node
        self._keystore = keystore
        self._password = password
        self._unlocked: dict[Address, LocalAccount] = {}
        self._of_node: tuple[Address, ...] | None = None

    @property
    def of_node(self) -> tuple[Address, ...]:
        """Those that the node signs for."""
        if self._of_node is None:
            try:
                given = self._node.ask("eth_accounts")
            except RpcError:
                # Public nodes have none, and some do not even know the question.
                given = []
            self._of_node = tuple(address_of(item, "an account") for item in given or ())
        return self._of_node

    def all(self) -> tuple[Address, ...]:
        """Everybody who can be sent for.

        Raises
        ------
        ChainError
            If the node does not answer.
        StorageError
            If the keystore cannot be read.
        """
        return tuple(dict.fromkeys((*self.of_node, *self._keystore.accounts())))

    def check(self, address: Address) -> None:
        """Find out whether an account can be sent for.

        Raises
        ------
        ChainError
            If nobody here can sign for it.
        StorageError
            If the keystore cannot be read.
        """
        if address not in self.all():
            raise ChainError(
                f"{address}: its key is neither in {self._keystore.folder} nor with {self._node.place}"
            )

    def signer(self, address: Address) -> "LocalAccount | None":
        """Who signs for an account: None is the node.

        Raises
        ------
        ChainError
            If nobody here can sign for it.
        InputError
            If the password is wrong, or the key file damaged.
        StorageError
            If the keystore cannot be read.
        """
        self.check(address)
        if address in self.of_node:
            return None
        if address not in self._unlocked:
            self._unlocked[address] = self._keystore.unlock(address, self._password(address))
        return self._unlocked[address]
