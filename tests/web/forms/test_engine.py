"""Forms by themselves: rows and their order, what counts as typed, and where the problem of a service stands."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from opendata.catalog.values import Keyword, PartialDate, Text
from opendata.errors import Invalid, Problem, TooLarge
from opendata.web.forms.answers import Answers
from opendata.web.forms.fields import Choice, Field, Form, Kind, Rows, Section
from opendata.web.forms.merging import Sides
from opendata.web.forms.placing import placed
from opendata.web.forms.typed import MOST_CHARACTERS, Typed
from opendata.web.forms.views import Viewing

OWED = Rows(
    "owed", "Owed", "Thing", "Add",
    (Field("kind", "Kind", Kind.CHOICE, choices=(Choice("a", "A"),), empty="-"), Field("due", "Due", Kind.DAY)),
)  # fmt: skip
FORM = Form((
    Section("one", "One", (
        Field("title", "Title", Kind.TEXT, limit=20),
        Field("words", "Words", Kind.WORDS),
        Field("period.start", "From", Kind.DATE),
        Field("flag", "Flag", Kind.FLAG),
    )),
    Section("two", "Two", (
        Rows("contracts", "Contracts", "Contract", "Add", (
            Field("number", "Number"),
            Field("role", "Role", Kind.CHOICE, choices=(Choice("x", "X"), Choice("y", "Y"))),
            Field("amount", "Amount", Kind.DECIMAL),
            Field("orcid", "ORCID", check="orcid"),
            OWED,
        ), limit=3),
    )),
))  # fmt: skip


def typed(**values: str) -> Typed:
    """Names with __ for a point and _ for a hyphen."""
    return Typed(tuple((name.replace("__", ".").replace("_", "-"), value) for name, value in values.items()))


def test_only_names_of_the_form_are_taken() -> None:
    given = MultiDict([("title.kk", "a"), ("title.de", "b"), ("title", "c"), ("contracts-0-number", "1"), ("id", "2"),
                       ("contracts-x-number", "3"), ("contracts-0-owed-1-due", "4"), ("contracts-0-row", ""),
                       ("contracts-99999-number", "5"), ("contracts", "6")])  # fmt: skip
    names = [name for name, _ in Typed.posted(FORM, given).pairs]
    assert names == ["title.kk", "contracts-0-number", "contracts-0-owed-1-due", "contracts-0-row"]


def test_a_whole_form_has_a_bound_and_lines_end_alike() -> None:
    assert Typed.posted(FORM, MultiDict([("title.kk", "a\r\nb\0")])).first("title.kk") == "a\nb"
    with pytest.raises(TooLarge):
        Typed.posted(FORM, MultiDict([("title.kk", "x" * MOST_CHARACTERS)]))
    with pytest.raises(TooLarge):
        Typed.posted(FORM, MultiDict([(f"contracts-{number % 9999}-number", "") for number in range(20_001)]))


def test_rows_are_added_removed_and_moved_with_the_rows_in_them() -> None:
    rows = typed(contracts_0_number="A", contracts_0_owed_0_due="2026-01-01", contracts_2_number="B")
    assert rows.numbers("contracts") == [0, 2]
    moved = rows.moved("contracts-2", -1)
    assert [row.line("number") for row in Answers(FORM, moved).rows("contracts")] == ["B", "A"]
    (_, second) = Answers(FORM, moved).rows("contracts")
    assert [one.day("due") for one in second.rows("owed")] == [dt.date(2026, 1, 1)]
    assert rows.moved("contracts-0", -1) == rows.moved("contracts-9", 1) == rows
    assert rows.with_row("contracts").numbers("contracts") == [0, 2, 3]
    assert rows.with_row("contracts-0-owed").numbers("contracts-0-owed") == [0, 1]
    assert rows.without_row("contracts-0").numbers("contracts") == [2]


def test_a_row_with_nothing_but_what_is_chosen_unasked_is_none() -> None:
    rows = typed(contracts_0_role="x", contracts_1_role="y", contracts_1_amount="1 000,50", contracts_2_owed_0_kind="a")
    found = list(Answers(FORM, rows).rows("contracts"))
    assert [row.decimal("amount") for row in found] == [Decimal("1000.50"), None]


def test_values_are_read_as_people_write_them() -> None:
    answers = Answers(FORM, typed(title__ru=" Воды ", words__kk="су; өзен\nкөл", period__start="март 2024", flag="yes"))
    assert answers.text("title") == Text(ru="Воды", original="ru")
    assert answers.text("title", Text(kk="Су", ru="Реки", original="kk")) == Text(ru="Воды", original="ru")
    assert answers.words("words") == tuple(Keyword(word, "kk") for word in ("су", "өзен", "көл"))
    assert answers.date("period.start") == PartialDate(2024, 3)
    assert answers.flag("flag")
    assert not answers.problems


def test_every_value_that_is_none_is_a_problem_at_its_field() -> None:
    given = typed(
        title__kk="x" * 21, period__start="someday", contracts_0_number="1", contracts_0_role="z",
        contracts_0_amount="much", contracts_0_orcid="0000-0002-1825-0098", contracts_0_owed_0_due="2026",
    )  # fmt: skip
    answers = Answers(FORM, given)
    answers.check()
    answers.date("period.start")
    for row in answers.rows("contracts"):
        row.decimal("amount")
        assert [one.day("due") for one in row.rows("owed")] == [None]
    assert {(one.code, one.field) for one in answers.problems} == {
        ("form_too_long", "title.kk"), ("form_date", "period.start"), ("form_choice", "contracts-0-role"),
        ("form_number", "contracts-0-amount"), ("form_orcid", "contracts-0-orcid"),
        ("form_day", "contracts-0-owed-0-due"),
    }  # fmt: skip
    with pytest.raises(Invalid):
        answers.refuse()


def test_what_was_wrong_before_may_stay_in_whatever_row() -> None:
    stood = typed(contracts_0_orcid="0000-0002-1825-0098")
    answers = Answers(FORM, typed(contracts_1_orcid="0000-0002-1825-0098"))
    answers.check(stored=stood)
    assert not answers.problems


def test_more_rows_than_the_form_takes_are_refused() -> None:
    answers = Answers(FORM, Typed(tuple((f"contracts-{number}-number", "1") for number in range(4))))
    answers.check()
    assert [(one.code, one.field) for one in answers.problems] == [("form_rows", "contracts")]


@pytest.mark.parametrize(
    ("problem", "place"),
    [
        (Problem("x", "", "title.ru"), "title.ru"),
        (Problem("no_title", "", "title"), "title.ru"),
        (Problem("x", "", "contracts", row="1"), "contracts-1-number"),
        (Problem("x", "", "contracts.amount", row="1"), "contracts-1-amount"),
        (Problem("x", "", "contracts", value="77"), "contracts-1-amount"),
        (Problem("x", "", "contracts"), "contracts"),
        (Problem("x", "", "period"), "period.start"),
        (Problem("x", "", "nothing of it"), ""),
        (Problem("x", ""), ""),
    ],
)
def test_the_problem_of_a_service_finds_its_field(app: Flask, problem: Problem, place: str) -> None:
    given = typed(contracts_0_number="1", contracts_1_number="2", contracts_1_amount="77")
    with app.test_request_context("/en/"):
        (found,) = placed(FORM, given, [problem], "ru")
    assert found.at == place


def test_a_problem_in_a_row_says_which_row_and_field(app: Flask) -> None:
    given = typed(contracts_3_number="1", contracts_3_owed_7_due="soon")
    with app.test_request_context("/en/"):
        (found,) = placed(FORM, given, [Problem("form_day", "", "contracts-3-owed-7-due", value="soon")], "ru")
        (top,) = placed(FORM, given, [Problem("no_title", "", "title")], "ru")
        twice = Problem("deliverable_twice", "", "contracts", value="final_report 2026")
        (said,) = placed(FORM, given, [twice], "ru")
    assert found.where == "Contract 1, Thing 1, Due"
    assert top.where == "Title"
    assert "final_report" not in said.message
    assert "2026" in said.message


def test_a_missing_language_is_shown_and_another_one_is_kept() -> None:
    view = Viewing(FORM, typed(title__kk="Су", title__other="Wasser")).view()
    inner = {one.language: one.missing for one in view.parts["title"].inner}  # type: ignore[union-attr]
    assert inner == {"kk": False, "ru": True, "en": True, "": False}
    assert not any(one.missing for one in Viewing(FORM, typed()).view().parts["title"].inner)  # type: ignore[union-attr]


def test_both_sides_of_a_conflict_are_in_words_and_mine_stands_in_the_form() -> None:
    mine, theirs = typed(contracts_0_number="1", contracts_0_role="x"), typed(contracts_0_number="2", title__kk="Су")
    merged = Sides(FORM, theirs, mine, theirs).together({"contracts": "Contracts"}, "v2")
    (clash,) = merged.clashes
    assert (clash.mine, clash.theirs, clash.base) == ("1 · X", "2", "")
    assert merged.typed.first("contracts-0-number") == "1"
    assert merged.typed.first("title.kk") == "Су"
