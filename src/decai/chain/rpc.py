"""A chain behind a node: any that speaks JSON-RPC over HTTP, be it local, a test network or mainnet."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from decai.chain.account_lock import account_turn
from decai.chain.accounts import Accounts
from decai.chain.base import Log, Mined, Transaction
from decai.chain.bulk import carried_out, checked_times, timed_requests
from decai.chain.dev_node import DevNode, find_dev_node
from decai.chain.fees import MAX_GAS, Fees, check_affordable, current_fees, gas_limit
from decai.chain.jsonrpc import JsonRpc, RpcError
from decai.chain.keystore import Keystore
from decai.chain.log_reader import LogReader
from decai.chain.outgoing import Outgoing, find_by_nonce, next_nonce, wait_for_receipt
from decai.chain.password import ask_password
from decai.chain.revert import SILENT, refusal_of, unless_spent
from decai.chain.sending import Announce, is_same, send_once
from decai.chain.wire import (
    bytes_of,
    call_of,
    has_succeeded,
    hash_of,
    hex_of,
    integer_of,
    mined_of,
    object_of,
)
from decai.errors import ChainError, Refused
from decai.units import Address, Seconds, Wei

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

__all__ = ["RpcChain"]

Json = Any

_FREE: Final = Fees(Wei(0), Wei(0))
_REPEATED: Final = ("from", "to", "data", "value", "gas")


class RpcChain:
    """An Ethereum-compatible chain, through one of its nodes.

    Parameters
    ----------
    url
        Of the node, http or https.
    account
        Who sends by default; None for the first unlocked account of the node, or else the oldest key.
    keystore
        Keys on this machine; by default those in the data directory.
    password
        Gives the password of an account's key, when a transaction first needs the key; by default out
        of the environment or by asking at the terminal.
    chain_id
        The only chain that will do; None takes any.
    timeout
        Seconds to wait for one answer of the node.
    mining_timeout
        Seconds to wait until a transaction is in a block.
    most_bytes
        Of one answer; None for no bound.
    sandbox
        The node is an anvil that nobody else uses: anybody can send, gas costs nothing, and the clock
        stands still between blocks.

    Raises
    ------
    InputError
        If `url` is no URL of a node.
    ChainError
        If no node of this chain answers there, or it cannot send for `account`.
    """

    def __init__(
        self,
        url: str,
        *,
        account: Address | None = None,
        keystore: Keystore | None = None,
        password: Callable[[Address], str] = ask_password,
        chain_id: int | None = None,
        timeout: float = 30.0,
        mining_timeout: float = 180.0,
        most_bytes: int | None = None,
        sandbox: bool = False,
    ) -> None:
        self.node: Final = JsonRpc(url, timeout=timeout, most_bytes=most_bytes)
        self._timeout = timeout
        self._mining_timeout = mining_timeout
        self._accounts = Accounts(self.node, keystore or Keystore(), password)
        self._account = account
        self._logs = LogReader(self.node)
        self._sandbox = sandbox
        self.consent: Callable[[Transaction, Wei], None] | None = None
        """Asked before a transaction goes out, with the most that its gas costs; raises to stop it."""
        self._chain_id = self._connected(chain_id)
        if account is not None and not sandbox:
            self._accounts.check(account)
        if sandbox:
            self._clock().open_sandbox()

    def __repr__(self) -> str:
        return f"RpcChain({self.node.place!r}, chain_id={self._chain_id})"

    def _connected(self, wanted: int | None) -> int:
        try:
            found = integer_of(self.node.ask("eth_chainId"), "the chain id")
        except RpcError as error:
            raise ChainError(f"{self.node.place}: is no Ethereum node: {error.reason}") from None
        if wanted is not None and found != wanted:
            raise ChainError(f"{self.node.place}: is a node of chain {found}, not of chain {wanted}")
        return found

    @property
    def chain_id(self) -> int:
        """The number that signatures are bound to (EIP-155)."""
        return self._chain_id

    @property
    def accounts(self) -> Sequence[Address]:
        """Who this chain can send transactions for; the first is the default."""
        able = self._accounts.all()
        return able if self._account is None else tuple(dict.fromkeys((self._account, *able)))

    @property
    def now(self) -> Seconds:
        """The time that a call sees: of the latest block, or, on a node for development, of the next."""
        if self._dev is not None:
            return self._dev.now
        block = object_of(self.node.ask("eth_getBlockByNumber", "latest", False), "the latest block")
        return Seconds(integer_of(block.get("timestamp"), "the time of the latest block"))

    @property
    def block(self) -> int:
        """The number of the latest block."""
        return integer_of(self.node.ask("eth_blockNumber"), "the number of the latest block")

    def advance_to(self, now: Seconds) -> None:
        """Let the next block have this time stamp, and those after it a later one.

        Raises
        ------
        Refused
            If `now` lies before the latest block, or this chain's clock is not ours to move.
        ChainError
            If the node does not answer.
        """
        self._clock().advance_to(now)

    def balance(self, address: Address, *, block: int | None = None) -> Wei:
        """What an account owns now, or owned after a block."""
        return Wei(integer_of(self.node.ask("eth_getBalance", address, _after(block)), "a balance"))

    def set_balance(self, address: Address, balance: Wei) -> None:
        """Let an account own this much, on a node for development.

        Raises
        ------
        Refused
            If it is another node.
        """
        self._clock().set_balance(address, balance)

    def code(self, address: Address, *, block: int | None = None) -> bytes:
        """The code at an address, now or after a block; empty if there is no contract."""
        return bytes_of(self.node.ask("eth_getCode", address, _after(block)), "code")

    def nonce(self, address: Address) -> int:
        """The nonce of the next transaction of an account."""
        return next_nonce(self.node, address)

    def mined_nonce(self, address: Address) -> int:
        """How many transactions of an account are in blocks."""
        return integer_of(self.node.ask("eth_getTransactionCount", address, "latest"), "the nonce")

    def call(
        self,
        to: Address,
        data: bytes,
        sender: Address | None = None,
        value: Wei = Wei(0),
        *,
        block: int | None = None,
    ) -> bytes:
        """What a call would return now, or would have returned after a block; nothing is changed.

        Raises
        ------
        Refused
            With the contract's own sentence, if it reverts.
        ChainError
            If there is no answer.
        """
        fields = {"to": to, "data": hex_of(data), "value": hex_of(value)}
        if sender is not None:
            fields["from"] = sender
        return self._call(fields, self._tag if block is None else hex_of(block))

    def send(self, transaction: Transaction, announce: Announce | None = None) -> Mined:
        """Send a transaction, exactly once, and wait until it is in a block.

        Parameters
        ----------
        transaction
            What to send; it is tried out first, and not sent if it would be reverted.
        announce
            Told what goes out before it does, so that whoever is killed in between can `settle` it.

        Raises
        ------
        Refused
            With the contract's own sentence, if it is or would be reverted.
        ChainError
            If it could not be sent (then nothing was), or its fate is not known (then it says how to look).
        Interrupted
            If the user stops it after the transaction went out; says how to look.
        """
        if not self._sandbox:
            self._accounts.check(transaction.sender)
        fields = self._fields(transaction)
        gas = self._gas(transaction, fields)
        fees = self.fees
        check_affordable(transaction, self.balance(transaction.sender), gas * fees.most)
        if self.consent is not None:
            self.consent(transaction, Wei(gas * fees.most))
        fields |= {"gas": hex_of(gas), **fees.fields()}
        signer = self._signer(transaction.sender)
        if self._sandbox:
            outgoing, key = send_once(self.node, fields, signer, chain_id=self._chain_id, announce=announce)
        else:
            with account_turn(self._chain_id, transaction.sender) as turn:
                outgoing, key = send_once(
                    self.node, fields, signer, chain_id=self._chain_id, turn=turn, announce=announce
                )
        mined = self._told(fields, self._receipt(outgoing, key))
        if mined.refusal is not None:
            raise Refused(mined.refusal)
        return mined

    def send_many(
        self,
        transactions: Sequence[Transaction],
        times: Sequence[Seconds],
        progress: Callable[[int, int], None] | None = None,
    ) -> list[Mined]:
        """Send transactions in this order, each at its time; a reverted one says so in its `refusal`.

        Nothing is tried out beforehand. Without a limit of its own, a transaction gets the most gas that
        one may use.

        Parameters
        ----------
        times
            One for each transaction; they never fall.
        progress
            Told how many are done, and of how many.

        Raises
        ------
        Refused
            If this chain's clock is not ours to move, or the times fall or lie in the past.
        ChainError
            If a transaction cannot get into a block.
        """
        dev = self._clock()
        checked_times(transactions, times)
        if times:
            dev.advance_to(times[0])
        limits = [MAX_GAS if each.gas is None else each.gas for each in transactions]
        fees = self.fees
        nonces = {each: self.nonce(each) for each in dict.fromkeys(each.sender for each in transactions)}
        signers = {each: self._signer(each) for each in nonces}
        whole = [
            {**self._fields(each), "gas": hex_of(limit), **fees.fields()}
            for each, limit in zip(transactions, limits, strict=True)
        ]
        requests = timed_requests(whole, times, nonces, signers, self._chain_id)
        return carried_out(dev, requests, limits, progress)

    def settle(self, outgoing: Outgoing, transaction: Transaction | None = None) -> Mined | None:
        """What became of a transaction that was announced to somebody who did not live to see it.

        Waits if it waits for a block. None says that neither blocks nor the node know it.

        Parameters
        ----------
        outgoing
            What was announced.
        transaction
            What it was. Where a node signs, another may have taken its nonce: that one is not it.

        Raises
        ------
        ChainError
            If the node does not answer, or it does not get into a block in time.
        """
        if outgoing.transaction is None:
            sent = find_by_nonce(self.node, outgoing)
        else:
            sent = self.node.ask("eth_getTransactionByHash", hex_of(outgoing.transaction))
        if sent is None or not (
            transaction is None or is_same(object_of(sent, "a transaction"), self._fields(transaction))
        ):
            return None
        key = hash_of(object_of(sent, "a transaction").get("hash"), "the hash of a transaction")
        return self._told(call_of(sent), self._receipt(outgoing, key))

    def logs(self, address: Address, first_block: int, last_block: int | None = None) -> Iterator[Log]:
        """All events of a contract in these blocks (inclusive; None: up to the latest), in order.

        Raises
        ------
        ChainError
            If the node does not give them.
        """
        return self._logs.read(address, first_block, self.block if last_block is None else last_block)

    @property
    def is_development(self) -> bool:
        """Whether the node is one for development, where money is play money and the clock is ours."""
        return self._dev is not None

    @property
    def fees(self) -> Fees:
        """What a transaction would offer for each unit of gas now."""
        return _FREE if self._sandbox else current_fees(self.node)

    @cached_property
    def _dev(self) -> DevNode | None:
        return find_dev_node(self.node)

    @property
    def _tag(self) -> str:
        """The state that calls see: with the clock of the next block, where blocks are made on demand."""
        return "latest" if self._dev is None else "pending"

    def _clock(self) -> DevNode:
        if self._dev is None:
            raise Refused("chain: its clock is not ours to move")
        return self._dev

    def _signer(self, sender: Address) -> "LocalAccount | None":
        return None if self._sandbox else self._accounts.signer(sender)

    def _fields(self, transaction: Transaction) -> dict[str, str]:
        fields = {
            "from": transaction.sender,
            "data": hex_of(transaction.data),
            "value": hex_of(transaction.value),
        }
        return fields if transaction.to is None else {**fields, "to": transaction.to}

    def _call(self, fields: Mapping[str, str], tag: str) -> bytes:
        try:
            return bytes_of(self.node.ask("eth_call", dict(fields), tag), "what a call returned")
        except RpcError as error:
            raise refusal_of(error) or error from None

    def _gas(self, transaction: Transaction, fields: Mapping[str, str]) -> int:
        """The limit; finds out on the way whether the transaction would be reverted."""
        check_affordable(transaction, self.balance(transaction.sender))
        if transaction.gas is not None:
            self._call({**fields, "gas": hex_of(transaction.gas)}, self._tag)
            return transaction.gas
        try:
            estimate = self.node.ask("eth_estimateGas", dict(fields), self._tag)
        except RpcError as error:
            raise refusal_of(error) or error from None
        return gas_limit(integer_of(estimate, "an estimate of gas"))

    def _receipt(self, outgoing: Outgoing, transaction: bytes) -> Mapping[str, Json]:
        return wait_for_receipt(
            self.node, outgoing, transaction, timeout=self._mining_timeout, silence=self._timeout
        )

    def _told(self, fields: Mapping[str, str], receipt: Mapping[str, Json]) -> Mined:
        refusal = None if has_succeeded(receipt) else self._reason(fields, receipt)
        return mined_of(receipt, self._logs.time_of(receipt.get("blockHash")), refusal)

    def _reason(self, fields: Mapping[str, str], receipt: Mapping[str, Json]) -> str:
        """Why a transaction that is in a block was reverted."""
        if self._dev is not None and self._dev.is_anvil:
            (reason,) = self._dev.reasons([receipt.get("transactionHash")])
        else:
            reason = self._again(fields, hex_of(integer_of(receipt.get("blockNumber"), "a block")))
        used = integer_of(receipt.get("gasUsed"), "the gas of a receipt")
        return unless_spent(reason, used, integer_of(fields.get("gas"), "a limit of gas"))

    def _again(self, fields: Mapping[str, str], block: str) -> str:
        try:
            with suppress(ChainError):
                self._call({key: fields[key] for key in _REPEATED if key in fields}, block)
        except Refused as refusal:
            return str(refusal)
        return SILENT


def _after(block: int | None) -> str:
    return "latest" if block is None else hex_of(block)
