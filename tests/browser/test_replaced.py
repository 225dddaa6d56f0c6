"""What a wallet puts in the place of what waits for a block: the same at a higher price, or another one."""

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from decai.chain.client import ChainTrainer
from decai.chain.local_node.anvil import rpc
from decai.chain.rpc import RpcChain
from decai.units import ETHER, Wei
from tests.browser.served import REVIEWS, Served, add_model, outbox, review_model, start, stop
from tests.browser.story import authors, begin, connect, listed
from tests.browser.wallet import Wallet
from tests.chain.conftest import running_anvil

pytestmark = pytest.mark.xdist_group("browser wallet")


@pytest.fixture(scope="module")
def server(browser: Browser, data_home: Path) -> Iterator[Served]:
    """A dashboard on a node that can be told to make no blocks, which decai's own cannot."""
    with running_anvil() as url:
        made = start(data_home, "--port", "0", "--rpc", url)
        made.node_url = url
        yield made
        stop(made)


@pytest.fixture(scope="module")
def reviews(server: Served) -> ChainTrainer:
    """A model of film reviews."""
    return add_model(RpcChain(server.node_url), review_model(), "Film reviews", "imdb words")


@pytest.fixture
def wallet(server: Served, reviews: ChainTrainer, context: BrowserContext) -> Wallet:
    """A wallet with some money."""
    chain = RpcChain(server.node_url)
    made = Wallet({chain.chain_id: server.node_url}, chain.chain_id)
    chain.set_balance(made.address, Wei(ETHER))
    made.install(context)
    return made


@pytest.fixture
def no_blocks(server: Served, reviews: ChainTrainer) -> Iterator[None]:
    """Blocks are made only when the node is told to, as if it were a network."""
    rpc(server.node_url, "evm_setAutomine", False)
    yield
    rpc(server.node_url, "evm_setAutomine", True)
    rpc(server.node_url, "evm_mine")


def wait_until_seen(page: Page, server: Served) -> None:
    """Wait until the server has found at the node what was sent last: its nonce is known then."""
    expect(page.get_by_text("Signed in your wallet")).to_be_visible()
    for _ in range(400):
        with closing(outbox(server)) as base:
            if base.execute("select seen from entries order by created desc").fetchone()[0]:
                return
        page.wait_for_timeout(50)
    raise AssertionError("the server has not found it")


@pytest.mark.usefixtures("no_blocks")
def test_a_higher_price_is_followed_and_the_contribution_counts_once(
    page: Page, server: Served, reviews: ChainTrainer, wallet: Wallet
) -> None:
    page.goto(f"{server.url}/model/{reviews.address}/train")
    connect(page)
    before, nonce = len(authors(reviews)), wallet.next_nonce()
    begin(page, REVIEWS["positive"], "positive")
    wait_until_seen(page, server)
    # Its owner is in a hurry.
    wallet.send(wallet.last_asked(), nonce, price=3)
    expect(page.get_by_text("Your wallet has sent it again at another price.")).to_be_visible()
    rpc(server.node_url, "evm_mine")
    expect(page.get_by_text("The model has it.")).to_be_visible()
    expect(page.get_by_text("Only this one counts, and it counts once.")).to_be_visible()
    assert authors(reviews)[before:] == [wallet.address]
    listed(page, server, ["done"])


@pytest.mark.usefixtures("no_blocks")
def test_a_contribution_that_is_cancelled_in_the_wallet_never_happens_and_can_be_made_again(
    page: Page, server: Served, reviews: ChainTrainer, wallet: Wallet
) -> None:
    page.goto(f"{server.url}/model/{reviews.address}/train")
    connect(page)
    before, nonce = len(authors(reviews)), wallet.next_nonce()
    begin(page, REVIEWS["positive"], "positive")
    wait_until_seen(page, server)
    nothing = {"to": wallet.address, "data": "0x", "value": "0x0"}
    wallet.send({**wallet.last_asked(), **nothing}, nonce, price=3)
    expect(page.get_by_text("Your wallet has sent another transaction in its place.")).to_be_visible()
    rpc(server.node_url, "evm_mine")
    expect(page.get_by_text("You have cancelled it in your wallet; it will never happen.")).to_be_visible()
    expect(page.get_by_text("Not in a block")).to_be_visible()
    assert len(authors(reviews)) == before
    rpc(server.node_url, "evm_setAutomine", True)
    page.get_by_role("button", name=re.compile("^Contribute, for at most")).click()
    expect(page.get_by_text("The model has it.")).to_be_visible()
    assert authors(reviews)[before:] == [wallet.address]
    listed(page, server, ["done", "You have cancelled it"])
