"""What differs is told in words that people know."""

from __future__ import annotations

from flask import Flask

from opendata.services.differences import Difference
from opendata.web.changes import rows


def test_the_size_of_a_file_is_told_as_on_its_page(app: Flask) -> None:
    with app.test_request_context("/"):
        (row,) = rows([Difference("file.a.byte_size", 48_467, 1_500_000)], ())
    said = [part.text.replace("\xa0", " ") for part in row.cells[0].parts]
    assert said[0].startswith("48")
    assert said[2].startswith("1.5") or said[2].startswith("1,5")
    assert row.words != "byte_size"
