"""Many transactions to an anvil of one's own, sent without waiting for the answers in between.

Anvil answers the requests of one HTTP/1.1 connection in their order, and begins none before it has answered
the last. So their order is safe, and nobody waits for anything but the node's work.
"""

import json
import socket
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, BinaryIO, Final
from urllib.parse import urlsplit

from decai.chain.base import Mined, Transaction
from decai.chain.bulk import checked_times
from decai.chain.fees import MAX_GAS
from decai.chain.rpc import RpcChain
from decai.chain.wire import has_succeeded, hex_of, integer_of, mined_of, object_of
from decai.errors import ChainError
from decai.units import Seconds, Wei

__all__ = ["PipelinedChain", "answers_in_order"]

Json = Any

_TIMEOUT: Final = 60.0
_LINE: Final = 65_536
_QUICK: Final[int | None] = getattr(socket, "TCP_QUICKACK", None)


class PipelinedChain(RpcChain):
    """A sandbox on an anvil of this machine that takes many transactions at a time.

    Parameters
    ----------
    url
        Of the node, which nobody else uses: plain http, a host and a port.

    Raises
    ------
    InputError
        If `url` is no URL of a node.
    ChainError
        If no anvil answers there.
    """

    def __init__(self, url: str) -> None:
        super().__init__(url, sandbox=True)

    def send_many(
        self,
        transactions: Sequence[Transaction],
        times: Sequence[Seconds],
        progress: Callable[[int, int], None] | None = None,
    ) -> list[Mined]:
        """Send transactions in this order, each at its time.

        Unlike with `RpcChain.send_many`, one that the node does not take is no error: it says so in its
        `refusal`, and the others go on.

        Raises
        ------
        Refused
            If the times fall or lie in the past.
        ChainError
            If the node breaks off, or makes a block at another time.
        """
        checked_times(transactions, times)
        if times:
            self.advance_to(times[0])
        bodies = [self._request(*pair) for pair in zip(transactions, times, strict=True)]
        mined: list[Mined] = []
        for time, answers in zip(times, answers_in_order(self.node.place, bodies), strict=True):
            mined.append(self._mined(answers, time))
            if progress is not None:
                progress(len(mined), len(times))
        return mined

    def _request(self, transaction: Transaction, time: Seconds) -> bytes:
        """A batch, which anvil begins in order: the time is set at once, and the transaction follows."""
        gas = MAX_GAS if transaction.gas is None else transaction.gas
        fields = {**self._fields(transaction), "gas": hex_of(gas), "gasPrice": "0x0"}
        batch = [("evm_setNextBlockTimestamp", time), ("eth_sendTransactionSync", fields)]
        return json.dumps(
            [
                {"jsonrpc": "2.0", "id": number, "method": method, "params": [parameter]}
                for number, (method, parameter) in enumerate(batch)
            ]
        ).encode()

    def _mined(self, answers: Json, time: Seconds) -> Mined:
        if not isinstance(answers, list) or len(answers) != 2:
            raise ChainError(f"{self.node.place} answers, but not as an anvil does")
        for answer in answers:
            error = object_of(answer, "an answer").get("error")
            if error is not None:
                return Mined(
                    b"", self.block, time, 0, Wei(0), None, (), str(error.get("message", "no reason given"))
                )
        receipt = object_of(answers[1].get("result"), "a receipt")
        if integer_of(receipt.get("blockTimestamp"), "the time of a receipt") != time:
            raise ChainError(
                f"{self.node.place}: a block was not made at {time}; somebody else uses this node"
            )
        mined = mined_of(receipt, time, None)
        if has_succeeded(receipt):
            return mined
        (refusal,) = self._clock().reasons([receipt.get("transactionHash")])
        return replace(mined, refusal=refusal)


def answers_in_order(url: str, bodies: Sequence[bytes]) -> Generator[Json]:
    """What a node answers to requests, as JSON, in their order.

    Parameters
    ----------
    url
        Of the node: plain http, a host and a port.
    bodies
        The requests; each goes out once.

    Raises
    ------
    ChainError
        If the node breaks off, or an answer is no JSON.
    """
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname, parts.port), _TIMEOUT) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # In a thread of its own: if both sides only wrote, their buffers would fill up, and both would
            # wait forever.
            writer = threading.Thread(target=_write, args=(connection, parts.netloc, bodies), daemon=True)
            writer.start()
            try:
                with connection.makefile("rb") as file:
                    for _ in bodies:
                        if _QUICK is not None:
                            # Else the node may wait 40 ms for word that its last answer has arrived.
                            connection.setsockopt(socket.IPPROTO_TCP, _QUICK, 1)
                        yield json.loads(_read(file))
            finally:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
                writer.join()
    except (OSError, ValueError) as error:
        raise ChainError(
            f"{url}: the node broke the connection off ({error or type(error).__name__})"
        ) from None


def _write(connection: socket.socket, host: str, bodies: Sequence[bytes]) -> None:
    # Whoever reads finds out why there are no answers.
    with suppress(OSError):
        for body in bodies:
            head = (
                f"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n"
            )
            connection.sendall(head.encode() + body)


def _read(file: BinaryIO) -> bytes:
    """The body of the next response."""
    status = file.readline(_LINE)
    length = -1
    while (line := file.readline(_LINE)) not in (b"\r\n", b""):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    if not status.startswith(b"HTTP/1.1 200 ") or length < 0:
        raise ValueError("its answer is none of HTTP" if status else "it ended")
    body = file.read(length)
    if len(body) < length:
        raise ValueError("it ended in the middle of an answer")
    return body
