"""Nodes for development, whose clock, accounts and mining are ours: anvil, and the like of Hardhat."""

from collections.abc import Callable, Mapping, Sequence
from time import monotonic, sleep
from typing import Any, Final, NamedTuple

from decai.chain.jsonrpc import METHOD_NOT_FOUND, JsonRpc, RpcError
from decai.chain.revert import SILENT, reason
from decai.chain.wire import bytes_of, hex_of, integer_of, object_of
from decai.errors import ChainError, Refused
from decai.units import Address, Seconds, Wei

__all__ = ["DevNode", "Timed", "find_dev_node"]

Json = Any

_ROOMY_BLOCK: Final = 1_000_000_000
_TRACES_AT_ONCE: Final = 100
_REPORT_EVERY: Final = 200
_BLOCK_SECONDS: Final = 30.0
_POLL: Final = 0.005


class Timed(NamedTuple):
    """A request that carries out one transaction, and the time stamp that its block is to have."""

    method: str
    parameter: Json
    time: Seconds


def find_dev_node(node: JsonRpc) -> "DevNode | None":
    """The node as one for development, if it is one.

    Raises
    ------
    ChainError
        If the node does not answer.
    """
    try:
        version = str(node.ask("web3_clientVersion")).lower()
    except RpcError:
        return None
    if version.startswith(("anvil/", "hardhatnetwork/")):
        return DevNode(node, is_anvil=version.startswith("anvil/"))
    return None


class DevNode:
    """What a node for development can do beyond others.

    Parameters
    ----------
    node
        Requests to it.
    is_anvil
        Whether it can do all of this; others have a clock that can be moved.
    """

    def __init__(self, node: JsonRpc, *, is_anvil: bool) -> None:
        self._node = node
        self.is_anvil: Final = is_anvil
        self._can_wait = True

    @property
    def now(self) -> Seconds:
        """The time stamp of the block that is being made."""
        block = object_of(self._node.ask("eth_getBlockByNumber", "pending", False), "the pending block")
        return Seconds(integer_of(block.get("timestamp"), "the time of the pending block"))

    def advance_to(self, now: Seconds) -> None:
        """Give the next block this time stamp.

        Raises
        ------
        Refused
            If it is before the latest block's.
        """
        block = object_of(self._node.ask("eth_getBlockByNumber", "latest", False), "the latest block")
        if now < integer_of(block.get("timestamp"), "the time of the latest block"):
            raise Refused("chain: time never goes back")
        try:
            self._node.ask("evm_setNextBlockTimestamp", now)
        except RpcError as error:
            raise Refused(f"chain: {error.reason}") from None

    def open_sandbox(self) -> None:
        """Let anybody send, for free, and let the clock stand still between blocks.

        Raises
        ------
        ChainError
            If it is no anvil.
        """
        if not self.is_anvil:
            raise ChainError(f"{self._node.place}: only an anvil can be a sandbox")
        for method, value in (
            ("anvil_autoImpersonateAccount", True),
            ("anvil_setBlockTimestampInterval", 0),
            # A base fee of zero stays zero while no block is more than half full.
            ("evm_setBlockGasLimit", hex_of(_ROOMY_BLOCK)),
            ("anvil_setNextBlockBaseFeePerGas", hex_of(0)),
        ):
            self._node.ask(method, value)

    def set_balance(self, address: Address, balance: Wei) -> None:
        """Let an account own this much.

        Raises
        ------
        ChainError
            If the node does not do it.
        """
        method = "anvil_setBalance" if self.is_anvil else "hardhat_setBalance"
        self._node.ask(method, address, hex_of(balance))

    def carry_out(
        self, requests: Sequence[Timed], progress: Callable[[int, int], None] | None = None
    ) -> list[Mapping[str, Json]]:
        """Carry out transactions one after the other, each in a block of its own at its time.

        Anvil begins the requests of a batch in order, but does not wait for a block before it begins the
        next. So a batch here is a time, which is set at once, and one transaction, whose answer comes when
        its block is there.

        Returns
        -------
        list
            Their receipts.

        Raises
        ------
        ChainError
            If one cannot get into a block, or gets into one with another time.
        """
        if not self.is_anvil:
            raise ChainError(f"{self._node.place}: only an anvil takes transactions in batches")
        receipts: list[Mapping[str, Json]] = []
        for method, parameter, time in requests:
            try:
                receipts.append(self._carry_out(method, parameter, time))
            except ChainError as error:
                raise ChainError(
                    f"{error}; {len(receipts):,} of {len(requests):,} were sent before"
                ) from None
            if progress is not None and (
                len(receipts) % _REPORT_EVERY == 0 or len(receipts) == len(requests)
            ):
                progress(len(receipts), len(requests))
        return receipts

    def _carry_out(self, method: str, parameter: Json, time: Seconds) -> Mapping[str, Json]:
        receipt = object_of(self._receipt(method, parameter, time), "a receipt")
        found = integer_of(receipt.get("blockTimestamp"), "the time of a receipt")
        if found != time:
            raise ChainError(f"a block was made at {found}, not at {time}: somebody else uses this node")
        return receipt

    def _receipt(self, method: str, parameter: Json, time: Seconds) -> Json:
        if self._can_wait:
            answers = self._node.once_many([("evm_setNextBlockTimestamp", [time]), (method, [parameter])])
            errors = [answer for answer in answers if isinstance(answer, RpcError)]
            if not errors:
                return answers[1]
            if errors[0] is not answers[1] or errors[0].code != METHOD_NOT_FOUND:
                raise errors[0]
            # The local node, which writes each block down, does not wait for blocks on behalf of others.
            self._can_wait = False
        self._node.once("evm_setNextBlockTimestamp", time)
        key = self._node.once(method.removesuffix("Sync"), parameter)
        due = monotonic() + _BLOCK_SECONDS
        while (receipt := self._node.ask("eth_getTransactionReceipt", key)) is None:
            if monotonic() >= due:
                raise ChainError(f"transaction {key} is in no block after {_BLOCK_SECONDS:g} s")
            sleep(_POLL)
        return receipt

    def reasons(self, transactions: Sequence[Json]) -> list[str]:
        """Why transactions that are in blocks were reverted, by their hashes as the node gave them.

        Raises
        ------
        ChainError
            If the node does not answer.
        """
        reasons: list[str] = []
        for first in range(0, len(transactions), _TRACES_AT_ONCE):
            part = transactions[first : first + _TRACES_AT_ONCE]
            for answer in self._node.once_many([("debug_traceTransaction", [key]) for key in part]):
                returned = "" if isinstance(answer, RpcError) else str(answer.get("returnValue", ""))
                if not returned:
                    reasons.append(SILENT)
                    continue
                data = bytes_of("0x" + returned.removeprefix("0x"), "what a transaction returned")
                reasons.append(reason(data))
        return reasons
