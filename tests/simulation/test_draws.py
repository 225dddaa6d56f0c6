"""Every agent has streams of its own (``docs/mechanism.md#simulated-contributors``)."""

from fractions import Fraction
from hashlib import blake2b
from math import floor

import numpy as np
import pytest

from decai.simulation.draws import Draws, generator

MANY = 5_000
"""More than any block that is fetched at once."""


class TestGenerator:
    """One for each seed and purpose."""

    def test_is_the_same_for_the_same_seed_and_names(self) -> None:
        first, second = generator(7, "ada", "wait"), generator(7, "ada", "wait")
        assert first.random(100).tolist() == second.random(100).tolist()

    @pytest.mark.parametrize(
        ("seed", "names"),
        [
            (8, ("ada", "wait")),
            (7, ("bo", "wait")),
            (7, ("ada", "deposit")),
            (7, ("wait", "ada")),
            (7, ("adawait",)),
            (7, ("ada", "wait", "")),
            (7, ("ada",)),
            (7, ()),
            (7 + 2**32, ("ada", "wait")),
        ],
    )
    def test_is_another_for_another_seed_or_other_names(self, seed: int, names: tuple[str, ...]) -> None:
        assert generator(seed, *names).random(3).tolist() != generator(7, "ada", "wait").random(3).tolist()

    def test_takes_seeds_of_any_size(self) -> None:
        assert generator(2**64 + 5, "x").random() != generator(5, "x").random()

    @pytest.mark.parametrize("seed", [0, 1, 2**32 - 1, 2**32, 2**64 + 5, 10**40])
    def test_is_numpy_s_for_the_seed_and_the_hash_of_the_names(self, seed: int) -> None:
        digest = blake2b(b"ada\0wait", digest_size=16).digest()
        words = [int.from_bytes(digest[i : i + 4], "little") for i in (0, 4, 8, 12)]
        numpys = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *words])))
        assert generator(seed, "ada", "wait").bit_generator.state == numpys.bit_generator.state

    def test_streams_of_two_names_are_not_correlated(self) -> None:
        first, second = (
            generator(7, "a-1").standard_normal(20_000),
            generator(7, "a-2").standard_normal(20_000),
        )
        # the correlation of independent streams has a standard deviation of 1 / sqrt(20,000) = 0.007
        assert abs(np.corrcoef(first, second)[0, 1]) < 0.03


class TestDraws:
    """The streams of one agent."""

    def test_a_stream_kept_from_before_its_first_number_goes_on_like_the_others(self) -> None:
        draws, other = Draws(7, "ada"), Draws(7, "ada")
        kept = draws.chance
        assert [kept(), draws.chance(), kept()] == [other.chance() for _ in range(3)]

    def test_blocks_do_not_show_in_the_chances(self) -> None:
        draws = Draws(7, "ada")
        assert [draws.chance() for _ in range(MANY)] == generator(7, "ada", "chance").random(MANY).tolist()

    def test_blocks_do_not_show_in_the_waits(self) -> None:
        draws = Draws(7, "ada")
        normal = generator(7, "ada", "wait").standard_normal(MANY).tolist()
        assert [draws.wait(600, 100) for _ in range(MANY)] == [max(1, 600 + round(100 * z)) for z in normal]

    def test_blocks_do_not_show_in_the_deposits(self) -> None:
        draws = Draws(7, "ada")
        mean, stdev = 5 * 10**16, 10**16
        for z in generator(7, "ada", "deposit").standard_normal(MANY).tolist():
            # the normal number to 53 binary places, then nothing but integers
            places = int(Fraction(z) * 2**53)
            assert draws.deposit(mean, stdev) == max(0, mean + floor(Fraction(stdev * places, 2**53)))

    def test_one_purpose_never_shifts_another(self) -> None:
        lone = Draws(7, "ada")
        waits = [lone.wait(600, 100) for _ in range(200)]
        lone = Draws(7, "ada")
        deposits = [lone.deposit(10**17, 10**16) for _ in range(200)]
        lone = Draws(7, "ada")
        chances = [lone.chance() for _ in range(200)]

        mixed = Draws(7, "ada")
        drawn: dict[str, list[float]] = {"wait": [], "deposit": [], "chance": []}
        for turn in range(600):
            if turn % 3 == 0:
                drawn["wait"].append(mixed.wait(600, 100))
            if turn % 2 == 0:
                drawn["deposit"].append(mixed.deposit(10**17, 10**16))
            drawn["chance"].append(mixed.chance())
        assert drawn["wait"] == waits
        assert drawn["deposit"][:200] == deposits
        assert drawn["chance"][:200] == chances

    def test_two_agents_draw_from_different_streams(self) -> None:
        ada, bo = Draws(7, "ada"), Draws(7, "bo")
        assert [ada.chance() for _ in range(3)] != [bo.chance() for _ in range(3)]
        assert [ada.wait(10**6, 10**5) for _ in range(3)] != [bo.wait(10**6, 10**5) for _ in range(3)]

    def test_creating_other_agents_in_between_changes_nothing(self) -> None:
        ada = Draws(7, "ada")
        first = [ada.chance() for _ in range(10)]
        for name in ("bo", "ada-2", "cy"):
            Draws(7, name).chance()
        ada = Draws(7, "ada")
        assert [ada.chance() for _ in range(10)] == first

    def test_chances_lie_from_0_to_below_1(self) -> None:
        draws = Draws(7, "ada")
        chances = [draws.chance() for _ in range(MANY)]
        assert min(chances) >= 0.0
        assert max(chances) < 1.0
        # uniform: mean 1/2, with a standard deviation of 1 / sqrt(12 * 5,000) = 0.004
        assert abs(sum(chances) / MANY - 0.5) < 0.016

    def test_waits_are_at_least_a_second(self) -> None:
        draws = Draws(7, "ada")
        waits = [draws.wait(10, 100) for _ in range(MANY)]
        assert min(waits) == 1
        assert all(isinstance(wait, int) for wait in waits)

    def test_waits_without_spread_are_the_mean(self) -> None:
        draws = Draws(7, "ada")
        assert [draws.wait(600, 0) for _ in range(10)] == [600] * 10

    def test_waits_have_their_mean_and_spread(self) -> None:
        draws = Draws(7, "ada")
        waits = [draws.wait(100_000, 10_000) for _ in range(MANY)]
        # the mean has a standard deviation of 10,000 / sqrt(5,000) = 141, the spread one of 100
        assert abs(np.mean(waits) - 100_000) < 4 * 141
        assert abs(np.std(waits) - 10_000) < 4 * 100

    def test_deposits_are_never_negative(self) -> None:
        draws = Draws(7, "ada")
        deposits = [draws.deposit(1, 100) for _ in range(MANY)]
        assert min(deposits) == 0
        assert all(isinstance(deposit, int) for deposit in deposits)

    def test_deposits_without_spread_are_the_mean_to_the_wei(self) -> None:
        draws = Draws(7, "ada")
        mean = 10**30 + 1
        assert [draws.deposit(mean, 0) for _ in range(10)] == [mean] * 10

    def test_deposits_have_their_mean_and_spread(self) -> None:
        draws = Draws(7, "ada")
        deposits = [draws.deposit(10**18, 10**17) / 10**18 for _ in range(MANY)]
        assert abs(np.mean(deposits) - 1) < 4 * 0.1 / MANY**0.5
        assert abs(np.std(deposits) - 0.1) < 4 * 0.1 / (2 * MANY) ** 0.5
