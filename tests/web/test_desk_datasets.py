"""The form of a dataset: what it holds, what it saves, and that nothing typed is ever lost."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from opendata.services.catalogue import Catalogue
from tests.web.people import HERE, People, sign_in


@pytest.fixture
def editor(client: FlaskClient, people: People) -> FlaskClient:
    """The browser of an editor of the agency "su"."""
    return sign_in(client, people.editor)


def test_form(editor: FlaskClient) -> None:
    page = editor.get("/desk/datasets/su-balansy/edit")
    assert page.status_code == 200, page.text
    assert "Су балансы" in page.text
