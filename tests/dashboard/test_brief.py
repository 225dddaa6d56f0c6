"""What many pages ask is found out once a second, and never told as of before a block that was seen."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from decai.dashboard.brief import Brief
from decai.errors import ChainError


def test_what_many_ask_at_once_is_found_out_once() -> None:
    begun, go_on, found = threading.Event(), threading.Event(), []

    def find() -> int:
        begun.set()
        assert go_on.wait(30)
        found.append(1)
        return len(found)

    brief = Brief(find)
    with ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(brief, 5) for _ in range(8)]
        assert begun.wait(30)
        go_on.set()
        assert {each.result() for each in asked} == {1}


@pytest.mark.parametrize(("later", "block", "again"), [(0.9, 7, False), (1.0, 7, True), (0.1, 8, True)])
def test_it_is_found_out_again_after_a_second_or_a_block(later: float, block: int, again: bool) -> None:
    now, found = [100.0], []

    def find() -> int:
        # The answer takes its time, and is as old as the question.
        now[0] += 0.05
        found.append(1)
        return len(found)

    brief = Brief(find, lambda: now[0])
    assert brief(7) == 1
    now[0] = 100 + later
    assert brief(block) == 1 + again


def test_what_fails_is_not_kept() -> None:
    answers: list[int | ChainError] = [ChainError("no answer"), 3]

    def find() -> int:
        answer = answers.pop(0)
        if isinstance(answer, ChainError):
            raise answer
        return answer

    brief = Brief(find)
    with pytest.raises(ChainError):
        brief(1)
    assert brief(1) == 3
