"""/api/v1/search: in the order of ids it is read to its end, whatever changes meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from opendata.services import facets, phrases
from tests.factories import work
from tests.web.api.conftest import Api


def walked(api: Api, **asked: object) -> Iterator[Any]:
    """Every answer, as `next` leads from one to the other."""
    found = api.get("/search", query_string={"sort": "id", **asked})
    while True:
        yield found
        if found["next"] is None:
            return
        found = api.get(str(found["next"]).removeprefix("/api/v1"))


def test_all_that_is_found_comes_once_while_others_write(api: Api) -> None:
    editor = api.by("editor")
    made = {editor.create(f"Ледник {number}")["id"] for number in range(7)}
    work(api.catalogue)
    read: list[str] = []
    for number, answer in enumerate(walked(api, q="ледник", size=2)):
        assert answer["total"] >= 7
        read += [item["id"] for item in answer["items"]]
        if number == 1:
            gone = next(one for one in sorted(made) if one not in read)
            for one in range(3):
                editor.create(f"Ледник ещё {one}")
            editor.ask("DELETE", f"/datasets/{gone}", 204)
            made.discard(gone)
            work(api.catalogue)
    assert read == sorted(read, key=lambda one: UUID(one).int)
    assert len(read) == len(set(read))
    assert made <= set(read)
    assert gone not in read


def test_a_phrase_is_looked_for_further_behind_the_records_that_were_looked_through(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phrases, "CHECKED", 3)
    editor = api.by("editor")
    made = {editor.create("Пыльная буря", description={"ru": f"{one}"})["id"] for one in range(8)}
    work(api.catalogue)
    answers = list(walked(api, q='"пыльная буря"', size=2))
    read = [item["id"] for answer in answers for item in answer["items"]]
    assert sorted(read) == sorted(made)


def test_pages_and_cursors_are_not_mixed_up(api: Api) -> None:
    first = api.get("/search", query_string={"sort": "id", "size": 1})
    assert "cursor=" in first["next"]
    api.get("/search", 422, query_string={"sort": "id", "page": 2})
    api.get("/search", 422, query_string={"sort": "title", "cursor": "x"})
    api.get("/search", 422, query_string={"sort": "id", "cursor": "x"})
    other = str(first["next"]).removeprefix("/api/v1")
    api.get(f"{other}&q=вода", 422)
    assert "page=2" in api.get("/search", query_string={"size": 1})["next"]
    assert 'rel="next"' in api.ask("GET", "/search?sort=id&size=1").headers["Link"]


def test_items_come_with_the_fields_that_are_wanted(api: Api) -> None:
    editor = api.by("editor")
    made = {editor.create(f"Полынья {number}")["slug"] for number in range(3)}
    work(api.catalogue)
    answers = list(walked(api, q="полынья", size=2, fields="slug,title"))
    assert {item["slug"] for answer in answers for item in answer["items"]} == made
    assert {frozenset(item) for answer in answers for item in answer["items"]} == {frozenset({"slug", "title"})}
    assert answers[0]["total"] == 3
    assert api.get("/search?fields=nothing", 400)["problems"][0]["field"] == "fields"


def test_values_of_a_filter_come_once_by_name_whatever_comes_and_goes(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facets, "PAGE", 2)
    editor = api.by("editor")
    made = {word: editor.create(f"Теңіз {word}", keywords=[{"text": word}])["slug"] for word in "бвгде"}
    work(api.catalogue)
    path, read = "/search/facets/keyword?q=теңіз&order=name", list[str]()
    while path:
        answer = api.get(path)
        read += [one["value"] for one in answer["values"]]
        path = str(answer["next"] or "").removeprefix("/api/v1")
        if read == ["б", "в"]:  # what was read, and what the cursor names, may go; others may come before it
            assert "cursor=" in path
            for word in "бв":
                editor.ask("DELETE", f"/datasets/{made[word]}", 204)
            editor.create("Теңіз", keywords=[{"text": "а"}])
            work(api.catalogue)
    assert read == [*"бвгде"]
    assert "page=2" in api.get("/search/facets/keyword?q=теңіз")["next"]
    monkeypatch.setattr(facets, "PAGE", 1)
    assert "page=3" in api.get("/search/facets/keyword?q=теңіз&order=name&page=2")["next"]
    for wrong in ("order=name&cursor=x", "cursor=x", "order=name&page=2&cursor=x"):
        api.get(f"/search/facets/keyword?{wrong}", 422)
