"""An upload of studies at the desk: told what its sheet is, checked, published, and kept from being taken back."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import Any
from uuid import UUID

import openpyxl
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from opendata.services import studies
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.services.register import save
from opendata.services.uploads import jobs, receiving
from tests.web.people import HERE, People, sign_in

OWN = (("Шифр темы", "Что исследуем", "Исполнитель"), ("BR21881930", "Водные ресурсы реки Или", "НИИ"))


def sent(catalogue: Catalogue) -> UUID:
    """An agency's own table of studies, checked."""
    book = openpyxl.Workbook()
    for row in OWN:
        book.worksheets[0].append(list(row))
    out = io.BytesIO()
    book.save(out)
    upload_id = receiving.receive(catalogue, SYSTEM, "su", "table.xlsx", io.BytesIO(out.getvalue()), "en")
    jobs.check(catalogue, upload_id)
    return upload_id


def post(client: FlaskClient, address: str, **form: Any) -> TestResponse:
    return client.post(address, data=form, headers=HERE)


def test_text_table_that_nobody_knows_is_told_by_the_name_of_its_file(
    app: Flask, peopled: Catalogue, people: People
) -> None:
    editor = sign_in(app.test_client(), people.editor)
    table = "0_Код;1_Имя;1_Адрес\n69;Озеро Балкаш;Алматы\n70;Река Или;Конаев\n".encode()
    upload_id = receiving.receive(peopled, SYSTEM, "su", "502.csv", io.BytesIO(table), "en")
    address = f"/desk/uploads/{upload_id}"
    for given in ({}, {"sheets-0": "files"}, {"sheets-0": "datasets"}):
        if given:
            assert re.search(
                r'<label for="field-sheets-0"[^>]*>502.csv</label>', editor.get(f"/en{address}/columns").text
            )
            assert post(editor, f"{address}/columns", **given).status_code == 303
        jobs.check(peopled, upload_id)
    assert "1_Имя" in editor.get(f"/en{address}/columns").text
    assert post(editor, f"{address}/columns", **{"datasets-1": "title"}).status_code == 303
    jobs.check(peopled, upload_id)
    assert "Озеро Балкаш" in editor.get(f"/en{address}").text


def test_table_that_nobody_knows_becomes_studies_in_two_corrections(
    app: Flask, peopled: Catalogue, people: People
) -> None:
    editor = sign_in(app.test_client(), people.editor)
    upload_id = sent(peopled)
    address = f"/desk/uploads/{upload_id}"
    page = editor.get(f"/en{address}/columns").text
    assert "What the sheets are" in page
    assert re.search(r'<option value="studies">Studies', page)
    assert post(editor, f"{address}/columns", **{"sheets-0": "nothing"}).status_code == 400
    assert post(editor, f"{address}/columns", **{"sheets-0": "studies"}).status_code == 303
    jobs.check(peopled, upload_id)
    given = {"studies-0": "register_number", "studies-1": "title"}
    assert post(editor, f"{address}/columns", **given).status_code == 303
    jobs.check(peopled, upload_id)
    assert "Водные ресурсы реки Или" in editor.get(f"/en{address}").text
    assert post(editor, f"{address}/publish").status_code == 303
    jobs.publish(peopled, upload_id)
    record = studies.named(peopled, "BR21881930")
    assert f"/study/{record.slug}" in editor.get(f"/en{address}").text
    assert "BR21881930" in editor.get(f"/en/study/{record.slug}").text
    with peopled.sessions.write.begin() as session:
        save(session, peopled, SYSTEM, replace(record, official="Ахметова Г."))
    undo = editor.get(f"/en{address}/undo").text
    assert "It cannot be taken back any more" in undo
    assert "Водные ресурсы реки Или" in undo
    assert post(editor, f"{address}/undo").status_code == 409
