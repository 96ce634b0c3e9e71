"""In a long text of one page, a reader gets to the words that were looked for."""

from __future__ import annotations

import re

from flask.testing import FlaskClient

from opendata.search.marking import Piece
from opendata.services.catalogue import Catalogue
from opendata.web.places import LINKED, places_in
from tests.factories import feed, filed, work

FAR = "Слова ни о чём. " * 30


def test_marks_within_sight_of_each_other_are_one_place() -> None:
    near = [Piece(FAR), Piece("вода", True), Piece(" и "), Piece("вода", True), Piece(FAR), Piece("вода", True)]
    assert dict(places_in(near).numbers) == {1: 1, 5: 2}
    assert places_in([]).total == places_in([Piece(FAR)]).total == 0


def test_the_first_places_are_linked_and_the_others_told_of() -> None:
    many = places_in([piece for _ in range(LINKED + 5) for piece in (Piece("вода", True), Piece(FAR))])
    assert many.total == LINKED + 5
    assert list(many.linked) == list(range(1, LINKED + 1))


def test_a_hit_in_a_text_without_pages_leads_to_its_place(catalogue: Catalogue, client: FlaskClient) -> None:
    made = feed(catalogue).one(filed("Устав", FAR + "Отсрочка дана. " + FAR + "Отсрочка кончилась."))
    work(catalogue)
    found = client.get("/en/search?q=отсрочка").text
    (address,) = set(re.findall(r'href="([^"]*/resource/[^"]*)"', found))
    assert address.endswith("#hit-1")
    page = client.get(address.replace("&amp;", "&")).text
    assert page.count("<mark") == 2
    assert re.findall(r'<mark id="hit-(\d)">', page) == ["1", "2"]
    assert re.findall(r'<a href="#hit-(\d)">', page) == ["1", "2"]
    assert "Found in 2 places of the text" in page
    plain = client.get(f"/en/dataset/{made.slug}/resource/{made.resources[0].id}").text
    assert "hit-" not in plain
