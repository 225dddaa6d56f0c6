"""Money, time and fixed point: exact both ways, and one clear line for what is no quantity."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decai.errors import InputError
from decai.units import (
    DAY,
    ETHER,
    SCALE,
    format_seconds,
    format_wei,
    from_fixed,
    in_eth,
    parse_seconds,
    parse_wei,
    to_fixed,
    truncated_div,
)

integers = st.integers(-(2**120), 2**120)


def test_the_constants() -> None:
    assert (SCALE, ETHER, DAY) == (1_000_000_000, 1_000_000_000_000_000_000, 24 * 60 * 60)


@given(integers, integers.filter(bool))
def test_division_truncates_toward_zero_like_the_evm(numerator: int, denominator: int) -> None:
    quotient = truncated_div(numerator, denominator)
    rest = numerator - quotient * denominator
    assert abs(rest) < abs(denominator)
    assert rest == 0 or (rest > 0) == (numerator > 0)


def test_nothing_is_divided_by_zero() -> None:
    with pytest.raises(ZeroDivisionError):
        truncated_div(1, 0)


@given(st.integers(-(2**100), 2**100))
def test_fixed_point_becomes_a_decimal_and_comes_back(value: int) -> None:
    number = from_fixed(value)
    assert Fraction(number) == Fraction(value, SCALE)
    assert to_fixed(number) == to_fixed(str(number)) == to_fixed(f"{number:f}") == value


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12))
def test_a_literal_is_rounded_half_to_even_without_a_float_in_between(number: Decimal) -> None:
    assert to_fixed(number) == to_fixed(str(number)) == round(Fraction(number) * SCALE)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("0.0000000005", 0),
        ("0.0000000015", 2),
        ("0.0000000025", 2),
        ("-0.0000000005", 0),
        ("-0.0000000015", -2),
        ("0.00000000050000000000000000000000000000000001", 1),
        (0.1, 100_000_000),
        (1e-9, 1),
        (5e-324, 0),
        (2**62, 2**62 * SCALE),
        (Decimal("1E+3"), 1000 * SCALE),
    ],
)
def test_numbers_in_fixed_point(number: str | float | int | Decimal, expected: int) -> None:
    assert to_fixed(number) == expected


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("ten", "'ten' is not a number"),
        ("", "'' is not a number"),
        (float("nan"), "nan is not a finite number"),
        (float("-inf"), "-inf is not a finite number"),
        ("Infinity", "'Infinity' is not a finite number"),
        ("1e1000", "'1e1000' is too large for a fixed-point number"),
        (Decimal("1e999999"), "is too large for a fixed-point number"),
    ],
)
def test_what_is_no_number_in_fixed_point(number: str | float | Decimal, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        to_fixed(number)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (7, 7),
        ("7", 7),
        ("0.05 ether", 5 * 10**16),
        ("1 eth", 10**18),
        ("1ETH", 10**18),
        ("2 finney", 2 * 10**15),
        ("3 gwei", 3 * 10**9),
        ("1_000 wei", 1000),
        ("1,000 wei", 1000),
        ("1e-18 ether", 1),
        ("  2 wei ", 2),
        ("-3 wei", -3),
        ("1.000 wei", 1),
    ],
)
def test_amounts_of_money(text: int | str, expected: int) -> None:
    assert parse_wei(text) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "'' is not an amount of money; write it like '0.05 ether' or '3 gwei'"),
        ("ether", "'ether' is not an amount of money"),
        ("1 2 wei", "'1 2 wei' is not an amount of money"),
        ("1.5", "'1.5' is not a whole number of wei"),
        ("0.5 wei", "'0.5 wei' is not a whole number of wei"),
        ("1e-19 ether", "'1e-19 ether' is not a whole number of wei"),
        ("1 euro", "'1 euro': unknown unit 'euro'; use one of wei, gwei, finney, eth, ether"),
        ("1e200 wei", "'1e200 wei' is too large"),
        ("nan", "'nan' is not an amount of money"),
    ],
)
def test_what_is_no_amount_of_money(text: str, reason: str) -> None:
    with pytest.raises(InputError, match=f"^{reason}"):
        parse_wei(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (7, 7),
        ("7", 7),
        ("90 s", 90),
        ("90 seconds", 90),
        ("1.5 min", 90),
        ("10 minutes", 600),
        ("2 h", 7200),
        ("2 hours", 7200),
        ("1 day", 86_400),
        ("9 Days", 777_600),
        ("1 d", 86_400),
        ("2 weeks", 1_209_600),
        ("1 w", 604_800),
    ],
)
def test_durations(text: int | str, expected: int) -> None:
    assert parse_seconds(text) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("soon", "'soon' is not a duration; write it like '10 min' or '1 day'"),
        ("1 month", "'1 month': unknown unit 'month'; use one of s, second, min, minute, h, hour, d, day"),
        ("0.5 s", "'0.5 s' is not a whole number of s"),
    ],
)
def test_what_is_no_duration(text: str, reason: str) -> None:
    with pytest.raises(InputError, match=f"^{reason}"):
        parse_seconds(text)


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        (0, "0 ETH"),
        (1, "1 wei"),
        (-999_999, "-999,999 wei"),
        (10**6, "0.001 gwei"),
        (10**14 - 1, "99,999.999999999 gwei"),
        (10**14, "0.0001 ETH"),
        (1_234 * 10**18 + 1, "1,234.000000000000000001 ETH"),
    ],
)
def test_amounts_as_a_person_reads_them(amount: int, expected: str) -> None:
    assert format_wei(amount) == expected


@given(integers)
def test_an_amount_written_for_a_person_is_read_back_exactly(amount: int) -> None:
    assert parse_wei(format_wei(amount)) == amount


@given(integers)
def test_an_amount_in_eth_is_exact_however_small(amount: int) -> None:
    text = in_eth(amount)
    assert text.endswith(" ETH")
    assert Fraction(text.removesuffix(" ETH").replace(",", "")) == Fraction(amount, ETHER)
    assert "E" not in text.removesuffix(" ETH")


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (3_600, "1 h"),
        (3_661, "1 h 1 min"),
        (86_401, "1 d 1 s"),
        (-90, "-1 min 30 s"),
    ],
)
def test_durations_as_a_person_reads_them(seconds: int, expected: str) -> None:
    assert format_seconds(seconds) == expected


def test_from_fixed_of_a_huge_whole_number_is_exact() -> None:
    assert from_fixed(10**40 * SCALE) == Decimal(10) ** 40


def test_zero_is_zero_with_any_exponent() -> None:
    assert to_fixed("0e999999") == 0
