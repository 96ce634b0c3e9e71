"""Codes of an app, and those on paper: what is taken, and how often."""

from __future__ import annotations

import datetime as dt
from urllib.parse import parse_qs, urlsplit

import pytest

from opendata.services import one_time_codes

SECRET = b"12345678901234567890"
"""Of the examples in RFC 6238, appendix B; their codes are cut to six digits here."""


def moment(seconds: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (2000000000, "279037"), (20000000000, "353130")],
)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    assert one_time_codes.step_of(SECRET, code, moment(seconds), 0) == seconds // 30


@pytest.mark.parametrize(("seconds", "step"), [(30, 1), (59, 1), (60, 1), (89, 1), (90, None), (1000, None)])
def test_clock_may_be_one_step_off_and_no_more(seconds: int, step: int | None) -> None:
    assert one_time_codes.step_of(SECRET, "287082", moment(seconds), 0) == step


def test_used_step_is_over() -> None:
    assert one_time_codes.step_of(SECRET, "287082", moment(59), 1) is None
    assert one_time_codes.step_of(SECRET, "287082", moment(59), 0) == 1


@pytest.mark.parametrize("given", ["", "12345", "1234567", "12 345", "abcdef", "１２３４５６", "-12345", "12345\x00"])
def test_what_is_no_code_is_none(given: str) -> None:
    assert one_time_codes.digits_of(given) == ""


def test_blanks_in_a_code_do_not_matter() -> None:
    assert one_time_codes.digits_of(" 287 082 ") == "287082"


def test_address_names_site_and_account_without_plus_signs() -> None:
    parts = urlsplit(one_time_codes.address(SECRET, "a+b@example.kz", "Открытые: данные"))
    words = parse_qs(parts.query)
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert words["issuer"] == ["Открытые данные"]
    assert words["secret"] == ["GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"]
    assert "+" not in parts.query
    assert "+" not in parts.path


def test_recovery_codes_are_long_and_read_however_they_are_typed() -> None:
    codes = {one_time_codes.new_recovery_code() for _ in range(200)}
    assert len(codes) == 200
    for code in codes:
        assert one_time_codes.recovery_code_of(f" {code.upper().replace('-', ' ')} ") == code
        assert not set(code) & set("ilo01")
    assert one_time_codes.recovery_code_of("abcd-efgh") == ""
    assert one_time_codes.recovery_code_of("iiii-iiii-iiii-iiii") == ""
