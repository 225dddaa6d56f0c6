"""Many samples in one flat array: rows, subsets without copies, and what is no set of samples."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from decai.errors import InputError
from decai.samples import Samples

lists = st.lists(st.lists(st.integers(-(2**31), 2**31 - 1), max_size=5), max_size=8)


def i64(*numbers: int) -> Any:
    return np.array(numbers, dtype=np.int64)


@given(rows=lists, data=st.data())
def test_rows_come_back_one_by_one_and_in_any_order(rows: list[list[int]], data: st.DataObject) -> None:
    for samples, dtype in ((Samples.sparse(rows), np.int32), (Samples.dense(rows), np.int64)):
        assert len(samples) == len(rows)
        assert [samples[i].tolist() for i in range(len(rows))] == rows
        assert samples.values.dtype == dtype
        assert samples.is_sparse == (dtype is np.int32)
        order = data.draw(st.lists(st.integers(0, len(rows) - 1), max_size=6)) if rows else []
        chosen = samples.select(order)
        assert [chosen[i].tolist() for i in range(len(order))] == [rows[i] for i in order]
        assert chosen.values is samples.values


def test_subsets_of_subsets_and_arrays_of_positions() -> None:
    samples = Samples.sparse([[1], [2, 3], [], [4]])
    chosen = samples.select(np.array([3, 1, 1])).select([1, 0])
    assert [chosen[i].tolist() for i in range(2)] == [[2, 3], [4]]
    assert chosen[-1].tolist() == [4]
    with pytest.raises(IndexError):
        samples.select([4])


def test_one_sample_shares_its_array() -> None:
    features = np.array([3, 1], dtype=np.int32)
    samples = Samples.one(features)
    assert len(samples) == 1
    assert samples.values is features
    assert np.shares_memory(samples[0], features)


def test_rows_may_be_arrays_and_lie_anywhere() -> None:
    samples = Samples.dense([np.array([2**40, -1]), [5]])
    assert samples[0].tolist() == [2**40, -1]
    overlapping = Samples(samples.values, i64(1, 0), i64(3, 2))
    assert [overlapping[i].tolist() for i in range(2)] == [[-1, 5], [2**40, -1]]


@pytest.mark.parametrize("order", [[2, 0, 2, 1], [1], []])
def test_gathered_samples_are_the_selected_ones_side_by_side(order: list[int]) -> None:
    samples = Samples.sparse([[0, 3], [], [2, 3, 5]])
    gathered = samples.gather(order)
    rows = [[[0, 3], [], [2, 3, 5]][i] for i in order]
    assert [gathered[i].tolist() for i in range(len(gathered))] == rows
    assert gathered.values.tolist() == [value for row in rows for value in row]
    assert gathered.starts[1:].tolist() == gathered.ends[:-1].tolist()
    assert not np.shares_memory(gathered.values, samples.values)


@pytest.mark.parametrize(
    ("values", "starts", "ends", "reason"),
    [
        (np.zeros((2, 2), np.int64), i64(), i64(), "values must be a 1-D array of int32 or int64"),
        (np.zeros(2), i64(), i64(), "values must be a 1-D array of int32 or int64"),
        (i64(1), i64(0), i64(), "starts and ends must be 1-D and of equal length"),
        (
            i64(1),
            i64(0).reshape(1, 1),
            i64(1).reshape(1, 1),
            "starts and ends must be 1-D and of equal length",
        ),
        (i64(1), np.zeros(1, np.int32), i64(1), "starts and ends must be int64"),
        (i64(1), i64(0), np.ones(1), "starts and ends must be int64"),
        (i64(1), i64(-1), i64(1), "a bound lies outside the values"),
        (i64(1), i64(0), i64(2), "a bound lies outside the values"),
        (i64(1, 2), i64(2), i64(1), "a bound lies outside the values"),
    ],
)
def test_what_is_no_set_of_samples(values: Any, starts: Any, ends: Any, reason: str) -> None:
    with pytest.raises(InputError, match=f"^samples: {reason}$"):
        Samples(values, starts, ends)
