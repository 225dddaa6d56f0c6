"""The models that the dashboard opens with: real, taught by people, and made once."""

from pathlib import Path

import pytest

from decai.chain.client import ChainTrainer
from decai.chain.known import known_models
from decai.chain.local_node import ensure_running
from decai.chain.rpc import RpcChain
from decai.chain.showcase import SHOWN, show

pytestmark = pytest.mark.xdist_group("local node")


def test_three_models_with_a_history_are_made_once(data_folder: Path) -> None:
    chain = RpcChain(ensure_running().url)
    told: list[str] = []
    models = show(chain, told.append)
    assert [model.name for model in models] == [shown.name for shown in SHOWN]
    assert len(told) == 3
    for model in models:
        trainer = ChainTrainer(chain, model.address, model.first_block)
        ledger = trainer.replica.update().twin.ledger
        # Eight lessons, two of them false; somebody's good one has been validated by now.
        assert len(ledger) == 8
        assert [ledger.author[number] == chain.accounts[2] for number in range(8)] == [
            False,
            False,
            False,
            True,
        ] * 2
        valid = trainer.replica.update().twin.incentive.valid_contributions()
        assert sum(valid.values()) > 0
    assert known_models(chain.chain_id) == models
    assert show(chain, told.append) == models
    assert len(told) == 3
