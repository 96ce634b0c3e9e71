"""Cells of a sheet by the names that spreadsheets give them: columns by letters, rows by numbers from 1."""

from __future__ import annotations


def cell_name(column: int, row: int) -> str:
    """C7 for the third column of row 7."""
    return f"{column_letters(column)}{row}"


def column_letters(number: int) -> str:
    """A for 1, AA for 27; "" for 0."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def column_number(letters: str) -> int:
    """1 for A, 27 for AA."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
