"""Finding models: words, filters, order, pages; and the allow-list."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from decai.catalog import Catalog, Model, ModelState, Page, read_allow_list
from decai.catalog.tables import models
from decai.chain.sample_form import SampleForm
from decai.errors import InputError, StorageError
from decai.units import Wei
from tests.catalog.entries import HOSTILE, address, entered


def names(page: Page[Model]) -> list[str]:
    return [model.name for model in page.items]


def test_a_model_is_what_its_contract_said(catalog: Catalog) -> None:
    model = entered(
        catalog,
        3,
        name="Weather",
        description="Rain or shine",
        classes=("rain", "shine", "snow"),
        form=SampleForm(32, 2**31),
        owner_wait=None,
        cost_weight=Wei(10**30 + 1),
    )
    assert catalog.models.get(model.id) == model
    assert (model.name, model.description, model.classes) == (
        "Weather",
        "Rain or shine",
        ("rain", "shine", "snow"),
    )
    assert (model.form, model.owner_wait, model.any_wait) == (SampleForm(32, 2**31), None, 180)
    assert (model.cost_weight, model.address, model.chain_id) == (10**30 + 1, address(3), 31_337)
    assert (model.state, model.scanned, model.accuracy, model.verified) == (
        ModelState.FOLLOWED,
        None,
        None,
        False,
    )
    assert model.info.cost_weight == 10**30 + 1


def test_an_address_is_there_once_on_each_chain(catalog: Catalog) -> None:
    first, again, other = entered(catalog, 1), entered(catalog, 1), entered(catalog, 1, chain_id=5)
    assert first.id == again.id != other.id
    assert catalog.models.find().total == 2
    assert names(catalog.models.find(chain_id=5)) == ["Model 1"]
    assert catalog.models.at(6, address(1)) is None


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("", ["Spam", "IMDB sentiment"]),
        ("imdb", ["IMDB sentiment"]),
        ("SENTIMENT imdb", ["IMDB sentiment"]),
        ("sentiment spam", []),
        ("reviews of films", ["IMDB sentiment"]),
        ("ham", ["Spam"]),
        ("sparse-perceptron", ["Spam", "IMDB sentiment"]),
        ("0x000000000000000000000000000000000000000B", ["Spam"]),
        ("%", []),
        ("_", []),
        ("\\", []),
        ("ÄRGER", ["Spam"]),
    ],
)
def test_a_search_finds_what_has_all_its_words(catalog: Catalog, search: str, found: list[str]) -> None:
    entered(catalog, 10, name="IMDB sentiment", description="Reviews of films")
    entered(catalog, 11, name="Spam", description="Ärger", classes=("ham", "spam"))
    assert names(catalog.models.find(search)) == found


def test_filters_hold_together(catalog: Catalog) -> None:
    entered(catalog, 1, classifier="naive-bayes")
    entered(catalog, 2, classifier="naive-bayes", incentive="points")
    entered(catalog, 3, encoder="MurmurHash3")
    find = catalog.models.find
    assert names(find(classifier="naive-bayes")) == ["Model 2", "Model 1"]
    assert names(find(classifier="naive-bayes", incentive="points")) == ["Model 2"]
    assert names(find(encoder="MurmurHash3")) == ["Model 3"]
    assert names(find(state=ModelState.BROKEN)) == []
    assert catalog.models.values_of("encoder") == ("MurmurHash3", "none")


FIGURES = [
    # name, contributions, at stake, accuracy, last time
    ("b", 3, 10**20, 0.5, 30),
    ("C", 3, 10**18, None, 10),
    ("a", 20, 9 * 10**19, 0.75, None),
    ("ä", 0, 0, 0.0, 20),
]
ORDERS = {
    "newest": ["ä", "a", "C", "b"],
    "name": ["a", "b", "C", "ä"],
    "contributions": ["a", "C", "b", "ä"],
    "accuracy": ["a", "b", "ä", "C"],
    "at_stake": ["b", "a", "C", "ä"],
    "active": ["b", "ä", "C", "a"],
}


def all_names(catalog: Catalog, sort: Any, limit: int) -> tuple[list[str], int]:
    """Of all pages of a list, and how many pages there are."""
    found: list[str] = []
    after, pages = None, 0
    while True:
        page = catalog.models.find(sort=sort, after=after, limit=limit)
        assert page.total == 4
        found += names(page)
        pages += 1
        if (after := page.next) is None:
            return found, pages


def test_pages_put_together_are_the_whole_list_in_order(catalog: Catalog) -> None:
    for number, (name, contributions, at_stake, accuracy, last_time) in enumerate(FIGURES, 1):
        model = entered(catalog, number, name=name)
        values = {
            "contributions": contributions,
            "at_stake": at_stake,
            "accuracy": accuracy,
            "last_time": last_time,
        }
        with catalog.database.writing() as connection:
            connection.execute(update(models).where(models.c.id == model.id).values(values))
    for sort, order in ORDERS.items():
        for limit in (1, 2, 3, 4, 200):
            assert all_names(catalog, sort, limit) == (order, -(-4 // limit))


def test_a_page_stays_where_it_is_when_models_are_added(catalog: Catalog) -> None:
    for number in range(1, 5):
        entered(catalog, number)
    first = catalog.models.find(limit=2)
    entered(catalog, 5)
    assert names(catalog.models.find(limit=2, after=first.next)) == ["Model 2", "Model 1"]


def test_there_are_no_pages_of_such_sizes(catalog: Catalog) -> None:
    for limit in (0, -1, 201, 10**30):
        with pytest.raises(InputError, match=r"^a page has from 1 to 200 items$"):
            catalog.models.find(limit=limit)


def test_a_cursor_that_is_none_is_one_line(catalog: Catalog) -> None:
    entered(catalog)
    for cursor in (
        "",
        "x",
        "!!!",
        "W10",  # []
        "bnVsbA",  # null
        "WzEsMl0",  # [1,2]
        "WyJ4Il0",  # ["x"]
        "W3RydWVd",  # [true]
        "Wy0xXQ",  # [-1]
        "WzFlOTldzz",
        "WzFlOTld",  # [1e99]
        "WzEwMDAwMDAwMDAwMDAwMDAwMDAwMDAwXQ",  # [10000000000000000000000000]
        "W1tbW1tb" * 50,
        "A" * 10_000,
        *HOSTILE,
    ):
        with pytest.raises(InputError, match=r"^this is no cursor of this list; begin without one$"):
            catalog.models.find(after=cursor)


def test_a_cursor_of_another_order_is_one_line(catalog: Catalog) -> None:
    for number in range(1, 4):
        entered(catalog, number)
    cursor = catalog.models.find(sort="name", limit=1).next
    with pytest.raises(InputError, match=r"^this is no cursor"):
        catalog.models.find(sort="newest", after=cursor)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_texts(catalog: Catalog, text: str) -> None:
    # What comes from a chain is UTF-8, so half a pair cannot be in it.
    told = text.replace("\ud800", "\N{REPLACEMENT CHARACTER}")
    harmless = entered(catalog, 1, name="harmless")
    model = entered(
        catalog, 2, name=told, description=told, encoder=told, classes=(told, "other"), classifier=told
    )
    shown = told.replace("\0", "\N{REPLACEMENT CHARACTER}")
    assert (model.name, model.encoder, model.classes) == (shown, shown, (told, "other"))
    find = catalog.models.find
    assert names(find(text.split()[0])) == [shown]
    assert names(find(text)) == [shown]
    assert names(find(encoder=text, classifier=text)) == [shown]
    assert find(incentive=text).total == 0
    assert catalog.models.get(harmless.id) == harmless
    assert find().total == 2
    with pytest.raises(InputError):
        find(sort=text)  # type: ignore[arg-type]


def test_models_that_are_not_there_are_one_line(catalog: Catalog) -> None:
    entered(catalog)
    for number in (-1, 0, 2, 2**63, -(2**63), 10**100):
        with pytest.raises(InputError, match=r"^there is no model"):
            catalog.models.get(number)
        assert catalog.models.find(chain_id=number).total == 0
        assert catalog.models.at(number, address(1)) is None


def test_a_search_of_a_thousand_words_is_refused(catalog: Catalog) -> None:
    with pytest.raises(InputError, match=r"^search for at most 8 words, 200 characters in all$"):
        catalog.models.find("a " * 1_000)


class TestTheAllowList:
    def test_says_which_models_are_verified(self, catalog: Catalog) -> None:
        entered(catalog, 1)
        catalog.models.allow([(31_337, address(1)), (31_337, address(2)), (31_337, address(1))])
        entered(catalog, 2)
        entered(catalog, 2, chain_id=5)
        assert names(catalog.models.find(verified=True)) == ["Model 2", "Model 1"]
        assert [model.chain_id for model in catalog.models.find(verified=False).items] == [5]
        catalog.models.disallow(31_337, address(1))
        assert names(catalog.models.find(verified=True)) == ["Model 2"]

    def test_is_read_from_a_file(self, tmp_path: Path) -> None:
        path = tmp_path / "allowed.toml"
        path.write_text(f'[[model]]\nchain = 1\naddress = "{address(10)}"\n\n[[model]]\nchain = 5\n'
                        f'address = "{address(11).lower()}"\n')  # fmt: skip
        assert read_allow_list(path) == [(1, address(10)), (5, address(11))]
        path.write_text("")
        assert read_allow_list(path) == []

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("x", "is no TOML"),
            ("model = 7", "model is no list of tables"),
            ("[[model]]\nchain = 1", "model 1: needs chain and address, and nothing else"),
            ('[[model]]\nchain = "1"\naddress = "x"', "model 1: chain is the number of a chain"),
            ("[[model]]\nchain = 1\naddress = 7", "model 1: address is a text"),
            ('[[model]]\nchain = 1\naddress = "0x12"', "model 1: '0x12' is no address"),
        ],
    )
    def test_that_is_none_is_one_line(self, tmp_path: Path, text: str, reason: str) -> None:
        path = tmp_path / "allowed.toml"
        path.write_text(text)
        with pytest.raises(InputError, match=rf"^{path}: {reason}"):
            read_allow_list(path)

    def test_that_is_not_there_is_one_line(self, tmp_path: Path) -> None:
        with pytest.raises(
            StorageError, match=r"allowed.toml: cannot be read \(No such file or directory\)$"
        ):
            read_allow_list(tmp_path / "allowed.toml")
