"""What a form offers: with its numbers, in any language, and of others' drafts nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest

from opendata.bootstrap import open_catalogue, prepare_home
from opendata.catalog.records import RecordState
from opendata.catalog.values import Contributor, Keyword, OrganizationRef
from opendata.config import load_config
from opendata.errors import NotAllowed
from opendata.services import completion_desk, indexing, wordlists, writing
from opendata.services.actors import PUBLIC, SYSTEM, Actor, Role
from opendata.services.catalogue import Catalogue
from tests.factories import organization, record, ru, work

NOW = dt.datetime(2026, 6, 1, 6, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Catalogue, Actor, Actor]]:
    """A public record and a draft of the agency "su", with an editor of it and one of another."""
    config = load_config(environ={"OPENDATA_HOME": str(tmp_path_factory.mktemp("completion"))})
    prepare_home(config)
    catalogue = open_catalogue(config, lambda: NOW)
    ids = {name: organization(catalogue, name) for name in ("su", "jer")}
    owner = OrganizationRef(id=ids["su"], slug="su", title=ru("su"))
    people = (Contributor("Ахметова Айгүл", orcid="0000-0002-1825-0097", affiliation="Институт гидрологии"),)
    public = record("Водный баланс", organization=owner, contributors=people, keywords=(Keyword("паводок", "ru"),))
    hidden = record(
        "Секретная лавина", organization=owner, contributors=(Contributor("Ахметов Тайный"),),
        keywords=(Keyword("пароль", "ru"),), state=RecordState.DRAFT,
    )  # fmt: skip
    writing.create(catalogue, SYSTEM, public)
    writing.create(catalogue, SYSTEM, hidden)
    work(catalogue)
    indexing.rebuild(catalogue)
    wordlists.refresh(catalogue)
    editors = [Actor(name=name, roles={ids[name]: Role.EDITOR}) for name in ("su", "jer")]
    yield catalogue, editors[0], editors[1]
    catalogue.close()


def labels(catalogue: Catalogue, actor: Actor, kind: str, typed: str) -> list[str]:
    return [one.label for one in completion_desk.offers(catalogue, actor, kind, typed, "ru")]


def test_drafts_are_offered_to_their_own_agency_alone(filled: tuple[Catalogue, Actor, Actor]) -> None:
    catalogue, own, other = filled
    assert labels(catalogue, own, "person", "ахм") == ["Ахметова Айгүл", "Ахметов Тайный"]
    assert labels(catalogue, other, "person", "ахм") == ["Ахметова Айгүл"]
    assert set(labels(catalogue, own, "keyword", "па")) == {"паводок", "пароль"}
    assert labels(catalogue, other, "keyword", "па") == ["паводок"]
    assert labels(catalogue, own, "record", "лавина") == ["Секретная лавина"]
    assert labels(catalogue, other, "record", "лавина") == []


def test_a_sysadmin_is_offered_what_every_agency_has(filled: tuple[Catalogue, Actor, Actor]) -> None:
    catalogue, _, _ = filled
    assert labels(catalogue, SYSTEM, "record", "секр") == ["Секретная лавина"]
    assert "Ахметов Тайный" in labels(catalogue, SYSTEM, "person", "ахмет")
    assert "пароль" in labels(catalogue, SYSTEM, "keyword", "паро")


def test_a_person_comes_with_what_the_catalogue_knows(filled: tuple[Catalogue, Actor, Actor]) -> None:
    catalogue, _, other = filled
    (found,) = completion_desk.offers(catalogue, other, "person", "айгүл", "ru")
    assert found.values == {
        "name": "Ахметова Айгүл", "orcid": "0000-0002-1825-0097", "affiliation": "Институт гидрологии",
    }  # fmt: skip


def test_subjects_are_found_by_code_and_by_name_in_any_language(filled: tuple[Catalogue, Actor, Actor]) -> None:
    catalogue, own, _ = filled
    codes = [one.values["code"] for one in completion_desk.offers(catalogue, own, "subject", "37.", "kk")]
    assert codes
    assert all(code.startswith("37.") for code in codes)
    for words in ("computer", "компьютер"):
        assert completion_desk.offers(catalogue, own, "subject", words, "kk"), words


def test_agencies_are_found_by_their_titles(filled: tuple[Catalogue, Actor, Actor]) -> None:
    catalogue, own, _ = filled
    assert completion_desk.offers(catalogue, own, "organization", "su", "ru")


def test_who_edits_nothing_is_offered_nothing(filled: tuple[Catalogue, Actor, Actor]) -> None:
    with pytest.raises(NotAllowed):
        completion_desk.offers(filled[0], PUBLIC, "keyword", "па", "ru")
    assert completion_desk.offers(filled[0], filled[1], "nothing", "па", "ru") == ()
    assert completion_desk.offers(filled[0], filled[1], "keyword", "п", "ru") == ()
