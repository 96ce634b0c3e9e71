"""JSON from strangers: bounded, and mended where one value is bad."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from opendata.errors import SourceError
from opendata.harvesting.json import MAX_CONTAINERS, MAX_DEPTH, MAX_VALUES, parsed


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'{"a": [1, 2.5, null, true, "x"]}', {"a": [1, 2.5, None, True, "x"]}),
        ('{"a": "\u04d9"}', {"a": "\u04d9"}),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        ('{"a": "\u04d9"}'.encode("utf-16"), {"a": "\u04d9"}),
        ('{"a": 1}'.encode("utf-16-le"), {"a": 1}),
        ('{"a": 1}'.encode("utf-32"), {"a": 1}),
        (b'{"a": NaN, "b": -Infinity, "c": 1e999}', {"a": None, "b": None, "c": None}),
        (b'{"a": 123456789012345678, "b": ' + b"9" * 5000 + b"}", {"a": 123456789012345678, "b": "9" * 5000}),
        (rb'["\ud800x", "\udc00", "\ud83d\ude00", "a\u0000b"]', ["\ufffdx", "\ufffd", "\U0001f600", "a\ufffdb"]),
        (rb'["\\ud800", "\\\ud800", "\\u0000"]', ["\\ud800", "\\\ufffd", "\\u0000"]),
        (b'["a\xffb", "\xed\xa0\x80"]', ["a\ufffdb", "\ufffd\ufffd\ufffd"]),
        (b'["a\x00b\tc"]', ["a\ufffdb\tc"]),
        ('["\\ud800", "\u04d9"]'.encode("utf-16"), ["\ufffd", "\u04d9"]),
        ('["\ud800"]', ["\ufffd" * 3]),
    ],
)  # fmt: skip
def test_json_is_read_and_what_no_database_takes_is_mended(content: bytes | str, expected: Any) -> None:
    value = parsed(content)
    assert value == expected
    json.dumps(value, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not JSON"),
        (b"<!DOCTYPE html><html><body>502", "web page"),
        (b" \n<html>", "web page"),
        (b"{'a': 1}", "not JSON"),
        (b'{"a": 1', "not JSON"),
        (b'{"a": 1} {"b": 2}', "not JSON"),
        (b"\x80\x81\x82", "not JSON"),
        (b"[" * 100_000, "deeper"),
        (b"[" * 100_000 + b"]" * 100_000, "deeper"),
        (b'{"a":' * 900 + b"1" + b"}" * 900, "deeper"),
        (b"[" * (MAX_DEPTH + 2) + b"]" * (MAX_DEPTH + 2), "deeper"),
        (b"[" + b"[]," * (MAX_CONTAINERS + 1) + b"1]", "lists and objects"),
        (b"[" + b"1," * (MAX_VALUES + 1) + b"1]", "values"),
    ],
    ids=range(13),
)
def test_what_is_not_json_or_over_the_bounds_is_refused_in_words(content: bytes, message: str) -> None:
    started = time.monotonic()
    with pytest.raises(SourceError, match=message) as caught:
        parsed(content, of="http://source/data.json")
    assert caught.value.message.startswith("http://source/data.json")
    assert len(caught.value.message) < 300
    assert time.monotonic() - started < 2


def test_depth_up_to_the_bound_is_read() -> None:
    assert parsed(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)
