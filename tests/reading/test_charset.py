"""Kazakh and Russian text in the charsets it comes in."""

from __future__ import annotations

import pytest

from opendata.reading.charset import declared_in, decode, guess
from tests.reading.conftest import ENGLISH, KAZAKH, RUSSIAN


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8-r"),
        (RUSSIAN, "cp866"),
        (RUSSIAN, "utf-8"),
        (RUSSIAN, "utf-8-sig"),
        (RUSSIAN, "utf-16"),
        (RUSSIAN, "utf-16-le"),
        (RUSSIAN, "utf-16-be"),
        (RUSSIAN.upper(), "cp1251"),
        (RUSSIAN.upper(), "koi8-r"),
        (KAZAKH, "ptcp154"),
        (KAZAKH, "utf-8"),
        (KAZAKH, "utf-16-le"),
        ("скважина", "koi8-r"),
        ("скважина", "cp1251"),
        ("id;скважина;уровень\n1;Тараз;2\n", "cp1251"),
        (ENGLISH, "utf-16"),
        ("Año, niño, señor y la acción", "cp1252"),
        ("Größe, Übersicht und Länge", "cp1252"),
    ],
)
def test_text_comes_back_as_it_was_written(text: str, encoding: str) -> None:
    decoded = decode(text.encode(encoding))
    assert decoded is not None
    assert decoded.text == text


def test_letters_far_behind_ascii_are_found() -> None:
    page = "<script>" + "var a = 1;\n" * 20_000 + "</script>" + RUSSIAN
    decoded = decode(page.encode("cp1251"))
    assert decoded is not None
    assert decoded.text.endswith(RUSSIAN)


def test_a_slip_in_utf8_does_not_change_the_charset() -> None:
    data = (RUSSIAN * 20).encode() + b"\xff" + (RUSSIAN * 20).encode()
    decoded = decode(data)
    assert decoded is not None
    assert decoded.encoding == "utf-8"
    assert decoded.text.count("\ufffd") == 1


def test_declaration_is_believed_only_where_the_bytes_leave_it_open() -> None:
    assert declared_in(b'<meta charset="windows-1254">') == "windows-1254"
    assert declared_in(b'<?xml version="1.0" encoding="no-such"?>') == ""
    assert guess(RUSSIAN.encode("cp1251"), "windows-1254") == "cp1251"
    decoded = decode("Yağmur ölçümü, şehir".encode("windows-1254"), "windows-1254")
    assert decoded is not None
    assert decoded.text == "Yağmur ölçümü, şehir"


@pytest.mark.parametrize(
    "data",
    [bytes(range(256)) * 4, bytes(100), b"\x89PNG\r\n\x1a\n" + bytes(range(200))],
)
def test_noise_is_refused(data: bytes) -> None:
    assert guess(data) is None
