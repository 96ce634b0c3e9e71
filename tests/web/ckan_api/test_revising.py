"""The language of package_revise by itself."""

from __future__ import annotations

from typing import Any

import pytest

from opendata.web.ckan_api.errors import ValidationError
from opendata.web.ckan_api.params import Params
from opendata.web.ckan_api.revising import Revision

PACKAGE = {"id": "a", "notes": "x", "resources": [{"id": "1f9ab000", "name": "one"}], "tags": [{"name": "t"}]}


def revised(**data: Any) -> dict[str, Any]:
    return Revision.of(Params({"match": {"id": "a"}, **data}), {}).applied(PACKAGE)


def test_paths_stand_in_the_update_as_well_as_beside_it() -> None:
    new = [{"name": "two"}]
    beside = revised(update__resources__extend=new, update__resources__1f9ab__name="first", update__notes="y")
    inside = revised(update={"resources__extend": new, "resources__1f9ab__name": "first", "notes": "y"})
    assert inside == beside
    assert [one["name"] for one in inside["resources"]] == ["first", "two"]
    assert revised(update='{"tags__0__name": "u"}')["tags"] == [{"name": "u"}]


def test_a_path_that_leads_nowhere_is_told() -> None:
    with pytest.raises(ValidationError):
        revised(update={"resources__5__name": "x"})
    with pytest.raises(ValidationError):
        revised(update={"nothing__extend": []})
