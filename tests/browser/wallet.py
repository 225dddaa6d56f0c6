"""A wallet in a browser: announces itself (EIP-6963), asks its owner (EIP-1193), and signs for itself."""

from dataclasses import dataclass, field
from typing import Any, Final

from eth_account import Account
from playwright.sync_api import BrowserContext

from decai.chain.local_node.anvil import rpc
from decai.units import Address

__all__ = ["Wallet"]

_SCRIPT: Final = """(() => {
  const listeners = {};
  const tell = (name, value) => (listeners[name] ?? []).forEach((each) => each(value));
  const sleep = (time) => new Promise((done) => setTimeout(done, time));
  const provider = {
    on: (name, listener) => (listeners[name] ??= []).push(listener),
    async request({ method, params }) {
      let answer = await window.testWallet(method, params ?? []);
      while (answer.wait) {
        await sleep(100);
        answer = await window.testWallet("wait", [answer.wait]);
      }
      if (answer.error) throw Object.assign(new Error(answer.error.message), answer.error);
      if (answer.chain) tell("chainChanged", answer.chain);
      if (answer.accounts) tell("accountsChanged", answer.accounts);
      return answer.result;
    },
  };
  const uuid = "350670db-19fa-4704-a166-e52e178b59d2";
  const info = { uuid, name: "Test Wallet", icon: "data:,", rdns: "test.wallet" };
  const detail = Object.freeze({ info, provider });
  const announce = () => window.dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail }));
  window.addEventListener("eip6963:requestProvider", announce);
  announce();
})();"""
REJECTED: Final = 4001
UNKNOWN_CHAIN: Final = 4902


@dataclass
class Wallet:
    """Its owner is the test: says whether it signs, rejects, or leaves it open.

    Parameters
    ----------
    node
        The URL of the node of each chain that it knows.
    chain
        The one that it is on.
    """

    node: dict[int, str]
    chain: int
    answer: str = "sign"
    """``sign``, ``reject``, ``think``, or ``withhold``: sign, tell the hash, and send nothing."""
    verdicts: list[str] = field(default_factory=list)
    """Of what is open, in order: the same words; as `answer` says where there is none."""
    account: Any = field(default_factory=Account.create)
    is_connected: bool = False
    asked: list[tuple[str, Any]] = field(default_factory=list)
    """What it was asked to show to its owner."""
    open: list[tuple[str, Any]] = field(default_factory=list)
    """What its owner thinks about."""
    withheld: list[Any] = field(default_factory=list)
    """What was signed, and has not been sent."""

    @property
    def address(self) -> Address:
        """Of its account."""
        return Address(self.account.address)

    def install(self, context: BrowserContext) -> None:
        """Be an extension of a browser."""
        context.expose_function("testWallet", self.request)
        context.add_init_script(_SCRIPT)

    def request(self, method: str, params: list[Any]) -> dict[str, Any]:
        """What a page asks."""
        answer = self.answer
        match method:
            case "eth_accounts":
                return {"result": [self.address] if self.is_connected else []}
            case "eth_chainId":
                return {"result": hex(self.chain)}
            case "wait":
                number = params[0]
                method, params = self.open[number - 1]
                if number <= len(self.verdicts):
                    answer = self.verdicts[number - 1]
            case _:
                self.asked.append((method, params))
        if answer == "think":
            if (method, params) not in self.open:
                self.open.append((method, params))
            return {"wait": self.open.index((method, params)) + 1}
        if answer == "reject":
            return {"error": {"code": REJECTED, "message": "User rejected the request."}}
        if answer == "withhold" and method == "eth_sendTransaction":
            self.withheld.append(self.sign(params[0]))
            return {"result": "0x" + self.withheld[-1].hash.hex()}
        return self._do(method, params)

    def _do(self, method: str, params: list[Any]) -> dict[str, Any]:
        match method:
            case "eth_requestAccounts":
                self.is_connected = True
                return {"result": [self.address], "accounts": [self.address]}
            case "wallet_switchEthereumChain":
                wanted = int(params[0]["chainId"], 16)
                if wanted not in self.node:
                    return {"error": {"code": UNKNOWN_CHAIN, "message": "Unrecognized chain ID."}}
                self.chain = wanted
                return {"result": None, "chain": hex(wanted)}
            case "wallet_addEthereumChain":
                self.chain = int(params[0]["chainId"], 16)
                self.node[self.chain] = params[0]["rpcUrls"][0]
                return {"result": None, "chain": hex(self.chain)}
            case "eth_sendTransaction":
                return {"result": self.send(params[0])}
        return {"error": {"code": -32601, "message": f"{method} is not known"}}

    def send(self, fields: dict[str, str], nonce: int | None = None, price: int = 1) -> str:
        """Sign a transaction and send it to the node; returns its hash.

        Parameters
        ----------
        fields
            What a page asks for.
        nonce
            Of what it takes the place of; the next one if None.
        price
            How many times as much as usual is offered for gas.
        """
        return self.bring(self.sign(fields, nonce, price))

    def bring(self, signed: Any) -> str:
        """Send what was signed to the node; returns its hash."""
        return str(rpc(self.node[self.chain], "eth_sendRawTransaction", "0x" + signed.raw_transaction.hex()))

    def last_asked(self) -> dict[str, str]:
        """What it was asked to send last."""
        return dict([params[0] for method, params in self.asked if method == "eth_sendTransaction"][-1])

    def next_nonce(self) -> int:
        """The first that no transaction of its account has."""
        return int(rpc(self.node[self.chain], "eth_getTransactionCount", self.address, "pending"), 16)

    def sign(self, fields: dict[str, str], nonce: int | None = None, price: int = 1) -> Any:
        """Sign a transaction; see `send`."""
        url = self.node[self.chain]
        assert Address(fields["from"]) == self.address
        return self.account.sign_transaction(
            {
                "to": fields["to"],
                "data": fields["data"],
                "value": int(fields["value"], 16),
                "gas": int(fields["gas"], 16),
                "chainId": int(fields["chainId"], 16),
                "nonce": self.next_nonce() if nonce is None else nonce,
                "maxFeePerGas": 2 * price * int(rpc(url, "eth_gasPrice"), 16),
                "maxPriorityFeePerGas": price * 10**9,
            }
        )
