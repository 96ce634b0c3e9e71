"""Passwords that anybody would try first are refused, whatever signs are put around them; others are not."""

from __future__ import annotations

import time

import pytest

from opendata.errors import Invalid
from opendata.services.common_passwords import is_common
from opendata.services.passwords import hash_password

OWN = ("Open Data.kz", "bolat.serikov@gov.kz", "Болат Серіков")


@pytest.mark.parametrize(
    "password",
    [
        "password12", "P@ssw0rd2024", "Administrator!", "qwertyuiop", "1234567890", "1q2w3e4r5t", "1qaz2wsx3edc",
        "passwordpassword", "qqqqqqqqqqqq", "aaaabbbbcc", "тест тест тест тест", "абвгдежзик", "zyxwvutsrq12",
        "Kazakhstan1", "Almaty2024!", "йцукенгшщз", "пароль12345", "gfhjkm12345", "Құпиясөз123", "swordfish12",
        "Open Data.kz", "opendata.kz1", "bolat.serikov", "Bolat1985!!", "Серіков1985", "Serikov.Gov",
    ],
)  # fmt: skip
def test_what_is_guessed_first_is_refused(password: str) -> None:
    assert is_common(password, OWN)


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery", "a password of ten", "xV9-kk2_Lq8aa", "кіріс сөз бұл ғой", "bolat has nine blue goats",
        "не ходи по траве в дождь", "Tr4m-otter-lamp", "жаңбырлы күні кітап оқимын",
    ],
)  # fmt: skip
def test_a_few_words_in_a_row_are_taken(password: str) -> None:
    assert not is_common(password, OWN)


def test_the_refusal_says_what_to_do_and_names_the_field() -> None:
    with pytest.raises(Invalid, match="four words") as caught:
        hash_password("password12", field="new")
    assert [(problem.code, problem.field) for problem in caught.value.problems] == [("password_common", "new")]


@pytest.mark.parametrize("made", ["4@8({[</369&#!1/|0$5+7%2/" * 8, "ab" * 100, "qwertyuiop" * 20, "1234567890-=" * 16])
def test_no_password_takes_long_to_judge(made: str) -> None:
    is_common("a password of ten")  # reads the lists
    started = time.process_time()
    is_common(made[:200], OWN)
    assert time.process_time() - started < 0.1
