import pytest

from opendata.catalog.cell_names import cell_name, column_letters, column_number


@pytest.mark.parametrize(
    ("number", "letters"), [(1, "A"), (26, "Z"), (27, "AA"), (52, "AZ"), (702, "ZZ"), (703, "AAA")]
)
def test_columns_have_the_letters_that_spreadsheets_show(number: int, letters: str) -> None:
    assert column_letters(number) == letters
    assert column_number(letters) == number


def test_no_column_has_no_letters() -> None:
    assert column_letters(0) == ""


def test_cell_is_named_by_column_and_row() -> None:
    assert cell_name(3, 7) == "C7"
