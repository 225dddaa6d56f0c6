"""Names of classes that an owner gives past every client: nobody may be kept from his deposit by them."""

import numpy as np
import pytest
from eth_abi.abi import encode

from decai.chain.abi import call_data
from decai.chain.audit import audit
from decai.chain.base import Transaction
from decai.chain.client import ChainTrainer
from decai.chain.compose import Texts, compose
from decai.chain.deploy import deploy
from decai.chain.evm import EvmChain
from decai.chain.kinds import class_call
from decai.classifier import DenseCentroid, NaiveBayes, SparseCentroid
from decai.errors import InputError
from decai.incentive import Stakeable
from decai.protocols import Classifier
from decai.units import Address, Seconds, Wei

OWNER, ADA = Address("0x" + "1" * 40), Address("0x" + "2" * 40)
MODELS: dict[str, Classifier] = {
    "naive-bayes": NaiveBayes(("a", "b"), vocabulary=9),
    "sparse-centroid": SparseCentroid(("a", "b")),
    "dense-centroid": DenseCentroid(("a", "b"), 2),
}


def deployed(kind: str, clone: bool) -> ChainTrainer:
    chain = EvmChain({OWNER: Wei(10**24), ADA: Wei(10**24)}, Seconds(1_700_000_000))
    terms = Stakeable(Wei(10), Seconds(20), Seconds(60), Seconds(61))
    contract = deploy(
        chain, compose(MODELS[kind], terms, Texts("n", "", "none"), clone=clone), OWNER
    ).contract
    assert contract is not None
    return ChainTrainer(chain, contract)


@pytest.mark.parametrize("clone", [False, True], ids=["own code", "clone"])
@pytest.mark.parametrize("kind", MODELS)
@pytest.mark.parametrize(
    ("given", "read"),
    [
        (b"\xff\xfe", "??"),
        (b"\xed\xa0\x80", "???"),
        (b"caf\xc3", "caf?"),
        (b"a", "a"),
        (64 * b"\xff", 64 * "?"),
    ],
    ids=["no text", "half a pair", "cut off", "another's", "long"],
)
def test_no_name_of_a_class_keeps_an_author_from_his_deposit(
    kind: str, clone: bool, given: bytes, read: str
) -> None:
    trainer = deployed(kind, clone)
    chain = trainer.chain
    sample = np.array([6 * 10**8, 8 * 10**8] if kind == "dense-centroid" else [1], dtype=np.int64)
    trainer.add_data(ADA, sample, 1, Wei(10**9))
    added = chain.now

    start = trainer.class_start()
    signature, arguments = class_call(trainer.info, "name", start)
    plain = call_data(signature, *arguments)
    kinds = signature[signature.index("(") + 1 : -1].split(",")
    place = kinds.index("string")
    kinds[place : place + 1] = ["bytes"]
    values = [*arguments[:place], given, *arguments[place + 1 :]]
    data = plain[:4] + encode(kinds, values)
    chain.send(Transaction(OWNER, trainer.address, data))

    there = ChainTrainer(chain, trainer.address)
    assert there.info.classes == ("a", "b", read)
    chain.advance_to(Seconds(added + 20))
    assert [offer.contribution for offer in there.claims(ADA)] == [0]
    assert there.refund(ADA, sample, 1, added) > 0
    assert audit(chain, trainer.address).holds


def test_a_name_that_is_no_text_is_refused_before_anything_is_sent() -> None:
    trainer = deployed("naive-bayes", True)
    block = trainer.chain.block
    with pytest.raises(InputError, match=r"is no name: part of it is no text"):
        trainer.add_class(OWNER, "\ud800")
    assert trainer.chain.block == block
