"""How the text of a file begins stands where a record has no abstract, and nowhere where the file may not be read."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from opendata.services.catalogue import Catalogue
from tests.factories import EMBARGOED, WITHHELD, feed, filed, found, record, ru, work

TEXT = "ПРИКАЗ\n\nОб учёте воды <рек> в бассейне озера Балхаш. " + "Расход измеряют ежедневно. " * 40


def test_a_record_without_an_abstract_shows_how_its_file_begins(catalogue: Catalogue, client: FlaskClient) -> None:
    made = feed(catalogue).one(filed("13", TEXT))
    work(catalogue)
    page = client.get(f"/en/dataset/{made.slug}").text
    assert "How the text begins" in page
    assert '<span lang="ru" dir="auto">ПРИКАЗ Об учёте воды &lt;рек&gt; в бассейне озера Балхаш.' in page
    assert "измеряют…</span>" in page or "ежедневно…</span>" in page
    assert f'href="/en/dataset/{made.slug}/resource/{made.resources[0].id}" rel="nofollow">Read on' in page


def test_an_abstract_goes_before_it(catalogue: Catalogue, client: FlaskClient) -> None:
    item = filed("13", TEXT)
    described = replace(item, record=replace(item.record, description=ru("О воде")))
    made = feed(catalogue).one(described)
    work(catalogue)
    page = client.get(f"/en/dataset/{made.slug}").text
    assert "How the text begins" not in page
    assert "Об учёте воды" not in page


@pytest.mark.parametrize("disclosure", [EMBARGOED, WITHHELD])
def test_a_file_that_is_not_open_does_not_begin(catalogue: Catalogue, client: FlaskClient, disclosure: object) -> None:
    made = feed(catalogue).one(filed("13", TEXT, disclosure=disclosure))
    work(catalogue)
    assert "Об учёте воды" not in client.get(f"/en/dataset/{made.slug}").text


def test_a_table_has_no_first_words(catalogue: Catalogue, client: FlaskClient) -> None:
    made = feed(catalogue).one(filed("13", "пост;расход\nА;12\n" * 30, name="a.csv", format="CSV"))
    work(catalogue)
    assert "How the text begins" not in client.get(f"/en/dataset/{made.slug}").text
    bare = feed(catalogue).one(found("14", record("14")))
    assert "How the text begins" not in client.get(f"/en/dataset/{bare.slug}").text
