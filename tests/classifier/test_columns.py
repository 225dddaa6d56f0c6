"""Feature indices as columns: one to one, stable, and no larger than what was seen."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decai.classifier._sparse import TABLE_LIMIT, Columns, grown
from decai.errors import InputError, Refused
from decai.samples import Samples

indices = st.one_of(
    st.integers(0, 40), st.integers(TABLE_LIMIT, TABLE_LIMIT + 5), st.integers(TABLE_LIMIT, 2**32 - 1)
)
rows = st.lists(indices, max_size=8)


@settings(deadline=None, max_examples=80)
@given(st.lists(st.tuples(st.sampled_from(["find", "reserve", "place", "all", "back"]), rows), max_size=12))
def test_a_column_belongs_to_one_feature_for_ever(course: list[tuple[str, list[int]]]) -> None:
    columns = Columns("test")
    given_out: dict[int, int] = {}
    used: set[int] = set()
    saved = columns.checkpoint()
    for action, row in course:
        features = np.array(row, dtype=np.int64)
        if action == "find":
            seen = columns.find(features).tolist()
            assert all(
                c == given_out.get(j, j if j < TABLE_LIMIT else -1) for j, c in zip(row, seen, strict=True)
            )
            continue
        if action == "back":
            columns.restore(saved)
            used = set()
            continue
        if action == "reserve":
            answer = columns.reserve(features).tolist()
        elif action == "place":
            answer = columns.place(features).tolist()
        else:
            answer = columns.place_all(Samples.one(features)).values.tolist()
        if action != "reserve":
            used |= set(row)
        for index, column in zip(row, answer, strict=True):
            assert column == given_out.setdefault(index, column)
            assert column == index if index < TABLE_LIMIT else column >= TABLE_LIMIT
            assert action == "reserve" or column < columns.size
    assert len(set(given_out.values())) == len(given_out)
    known, places = columns.known()
    assert known == sorted(set(known))
    assert used <= set(known)
    assert len(columns) == len(known) == len(places)
    assert all(given_out.get(j, c) == c for j, c in zip(known, places.tolist(), strict=True))


def test_the_limit_of_the_table() -> None:
    columns = Columns("test")
    row = np.array([TABLE_LIMIT - 1, TABLE_LIMIT, TABLE_LIMIT + 1, 2**32 - 1])
    assert columns.place(row).tolist() == [TABLE_LIMIT + step for step in (-1, 0, 1, 2)]
    assert (columns.direct, columns.size, len(columns)) == (TABLE_LIMIT, TABLE_LIMIT + 3, TABLE_LIMIT + 3)


def test_only_what_rows_mention_gets_a_place() -> None:
    columns = Columns("test")
    values = np.array([2**30, 3, 2**31, 900, -5], dtype=np.int64)
    samples = Samples(values, np.array([1, 2]), np.array([3, 3]))
    placed = columns.place_all(samples)
    assert columns.known()[0] == [0, 1, 2, 3, 2**31]
    assert placed[0].tolist() == [3, TABLE_LIMIT]
    assert placed[1].tolist() == [TABLE_LIMIT]
    with pytest.raises(InputError, match="a feature index must be from 0 to 4294967295"):
        columns.place_all(Samples(values, np.array([4]), np.array([5])))


def test_a_foreign_checkpoint_brings_its_own_columns() -> None:
    columns, other = Columns("test"), Columns("test")
    columns.place(np.array([2**31, 2**30]))
    other.place(np.array([2**30, 2**29]))
    columns.restore(other.checkpoint())
    assert columns.find(np.array([2**30, 2**29, 2**31])).tolist() == [TABLE_LIMIT, TABLE_LIMIT + 1, -1]


def test_unsigned_indices_that_do_not_fit_are_refused() -> None:
    columns = Columns("test")
    assert columns.find(np.array([7, 8], dtype=np.uint8)).tolist() == [7, 8]  # type: ignore[arg-type]
    with pytest.raises(Refused, match="a feature index is out of range"):
        columns.find(np.array([2**64 - 1], dtype=np.uint64))  # type: ignore[arg-type]
    with pytest.raises(InputError, match="more than 16,384 features"):
        columns.place_all(Samples.sparse([[1] * 16_385]))


def test_growing_keeps_rows_and_adds_zeros() -> None:
    table = np.arange(6, dtype=np.int16).reshape(3, 2)
    assert grown(table, 3) is table
    larger = grown(table, 4)
    assert larger.dtype == np.int16
    assert len(larger) >= 4
    assert larger[:3].tolist() == table.tolist()
    assert not larger[3:].any()
