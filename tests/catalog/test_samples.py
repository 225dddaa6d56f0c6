"""A sample is taken in if it is what was contributed, whatever kind it is of, and nothing else is."""

import io
from typing import Any

import pytest
from PIL import Image

from decai.catalog import Catalog, Model, SampleKind, encoder_of, sample_of
from decai.catalog.samples import LARGEST_SAMPLE
from decai.chain.client import ChainTrainer
from decai.classifier import DenseCentroid, SparsePerceptron
from decai.encoder import Sample
from decai.errors import InputError
from tests.catalog.entries import HOSTILE
from tests.catalog.world import PAID, World, follow

TEXT = "A wonderful, superb film"


@pytest.fixture
def world(anvil: str) -> World:
    return World(anvil)


def hashed(world: World) -> ChainTrainer:
    """A model of texts whose words are hashed."""
    return world.deploy("texts", SparsePerceptron(("no", "yes"), {}, learning_rate=1), encoder="MurmurHash3")


def contributed(world: World, trainer: ChainTrainer, model: Model, *some: Sample) -> list[bytes]:
    """Contribute samples; returns the hashes of the transactions."""
    hashes = []
    for sample in some:
        world.later(1)
        features = encoder_of(model).encode(sample)
        hashes.append(trainer.submit(world.ada, features, 1, PAID).transaction)
    return hashes


def test_a_text_is_taken_in_for_the_transaction_that_it_was_contributed_in(
    catalog: Catalog, world: World
) -> None:
    trainer = hashed(world)
    model = catalog.add_model(world.chain, trainer.address)
    first, second = contributed(world, trainer, model, TEXT, "Boring")
    with pytest.raises(InputError, match=r"^the catalog knows of no contribution in this transaction$"):
        catalog.samples.add(first, TEXT)
    follow(catalog, world.url)
    assert not any(each.has_sample for each in catalog.history.contributions(model.id).items)
    kept = catalog.samples.add(first, TEXT)
    assert (kept.kind, sample_of(kept), kept.verified) == (SampleKind.TEXT, TEXT, False)
    for transaction, sample in ((second, TEXT), (first, "Boring"), (first, TEXT + " "), (bytes(32), TEXT)):
        if sample == TEXT + " ":
            # The same words, in other characters: there is one already.
            with pytest.raises(InputError, match=r"^another sample with the same features is there already$"):
                catalog.samples.add(transaction, sample)
            continue
        with pytest.raises(InputError, match=r"^(this is not the sample|the catalog knows of no)"):
            catalog.samples.add(transaction, sample)
    assert catalog.samples.add(first, TEXT) == kept
    newest, oldest = catalog.history.contributions(model.id).items
    assert (newest.has_sample, oldest.has_sample) == (False, True)
    assert catalog.samples.of(oldest) == kept
    assert catalog.samples.of(newest) is None
    assert catalog.samples.of_transaction(first) == (kept,)
    assert catalog.samples.page(model.id).items == (kept,)
    catalog.models.allow([(model.chain_id, model.address)])
    assert catalog.samples.of_transaction(first)[0].verified


def png() -> bytes:
    """A picture of a stroke."""
    picture = Image.new("L", (32, 32), 0)
    picture.paste(255, (14, 4, 18, 28))
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def test_pictures_and_numbers_are_taken_in_too(catalog: Catalog, world: World) -> None:
    drawn = world.deploy("digits", DenseCentroid(("0", "1"), 64), encoder="digits 8x8")
    numbers = world.deploy("numbers", DenseCentroid(("a", "b"), 2), encoder="unit norm")
    for trainer, sample, other in ((drawn, png(), b"no picture"), (numbers, [3, -4.5], [3, 4.5])):
        model = catalog.add_model(world.chain, trainer.address)
        (transaction,) = contributed(world, trainer, model, sample)
        follow(catalog, world.url)
        with pytest.raises(InputError):
            catalog.samples.add(transaction, other)
        with pytest.raises(InputError, match=r"takes (a picture|numbers)$"):
            catalog.samples.add(transaction, TEXT)
        assert sample_of(catalog.samples.add(transaction, sample)) == sample


def test_a_sample_comes_and_goes_with_its_contribution(catalog: Catalog, world: World) -> None:
    trainer = hashed(world)
    model = catalog.add_model(world.chain, trainer.address)
    snapshot = world.snapshot()
    (transaction,) = contributed(world, trainer, model, TEXT)
    raw = world.chain.node.ask("eth_getRawTransactionByHash", "0x" + transaction.hex())
    follower = follow(catalog, world.url)
    catalog.samples.add(transaction, TEXT)
    world.revert(snapshot)
    world.mine(3)
    follower.step()
    assert catalog.samples.page(model.id).total == 0
    assert catalog.samples.of_transaction(transaction) == ()
    # The same transaction gets into a later block.
    world.later(1)
    world.chain.node.ask("eth_sendRawTransaction", raw)
    follower.step()
    (contribution,) = catalog.history.contributions(model.id).items
    assert (contribution.transaction, contribution.has_sample) == (transaction, True)
    assert [sample_of(each) for each in catalog.samples.page(model.id).items] == [TEXT]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_samples_or_refused(catalog: Catalog, world: World, text: str) -> None:
    trainer = hashed(world)
    model = catalog.add_model(world.chain, trainer.address)
    if "\ud800" in text:
        (transaction,) = contributed(world, trainer, model, TEXT)
        follow(catalog, world.url)
        with pytest.raises(InputError, match=r"^the text has half of a character in it$"):
            catalog.samples.add(transaction, text)
        return
    try:
        (transaction,) = contributed(world, trainer, model, text)
    except InputError:
        assert not any(sign.isalnum() for sign in text)
        return
    follow(catalog, world.url)
    assert sample_of(catalog.samples.add(transaction, text)) == text
    assert catalog.models.find().total == 1


UNFIT: list[tuple[Any, str]] = [
    ("x" * (LARGEST_SAMPLE + 1), "a sample has at most 1,048,576 bytes; this has 1,048,577"),
    (b"x" * (LARGEST_SAMPLE + 1), "a sample has at most"),
    ([float("nan")], "this is no sample"),
    ([object()], "this is no sample"),
    (7, "this is no sample"),
    ({"a": object()}, "this is no sample"),
    ({"a": "\ud800"}, "the text has half of a character"),
]


def test_what_is_no_sample_is_one_line(catalog: Catalog) -> None:
    for sample, reason in UNFIT:
        with pytest.raises(InputError, match=f"^{reason}"):
            catalog.samples.add(bytes(32), sample)
