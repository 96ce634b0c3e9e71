"""Steps that come too late, twice, or in another order than the pages offer them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from opendata.catalog.records import RecordState
from opendata.store.datasets import Dataset
from opendata.store.editing import ReviewNote
from opendata.store.operations import DatasetEvent
from opendata.store.organizations import Organization
from opendata.store.states import ReviewAction
from tests.hostile.desk import Doors
from tests.web.people import HERE

PATCH = "application/merge-patch+json"


@pytest.fixture
def api(doors: Doors) -> Any:
    """Asks /api/v1 as somebody; the status."""
    with doors.catalogue.sessions.write.begin() as session:
        session.execute(update(Organization).where(Organization.slug == "su").values(review=True))

    def ask(who: str, method: str, path: str, body: Any = None, **headers: str) -> int:
        token = {"Authorization": f"Bearer {doors.tokens[who]}", **headers}
        kind = PATCH if path.endswith("/propose") else "application/json"
        sent = {"json": body, "headers": token | {"Content-Type": kind}} if body is not None else {"headers": token}
        with doors.app.test_client().open(f"/api/v1{path}", method=method, **sent) as answer:
            return answer.status_code

    return ask


def _dataset(doors: Doors) -> Dataset:
    with doors.catalogue.sessions.read() as session:
        return session.scalars(select(Dataset).where(Dataset.slug == "su-balansy")).one()


def _told(doors: Doors, key: UUID) -> list[str]:
    with doors.catalogue.sessions.read() as session:
        return list(session.scalars(select(DatasetEvent.action).where(DatasetEvent.object_id == key)))


def test_what_was_withdrawn_meanwhile_is_not_accepted(doors: Doors, api: Any) -> None:
    path = "/datasets/su-balansy"
    assert api("editor", "POST", f"{path}/propose", {"title": {"ru": "Другое"}}) in (200, 201, 202)
    assert api("admin", "DELETE", f"{path}?reason=Wrong+figures") == 204
    before = _dataset(doors)
    assert before.state is RecordState.WITHDRAWN
    assert api("reviewer", "POST", f"{path}/publish", {}) in (404, 409, 410)
    assert api("editor", "POST", f"{path}/propose", {"title": {"ru": "Третье"}}) in (404, 409, 410)
    after = _dataset(doors)
    assert (after.state, after.title, after.withdrawn_reason) == (before.state, before.title, "Wrong figures")
    assert doors.app.test_client().get("/dataset/su-balansy").status_code == 410


def test_what_is_accepted_twice_is_accepted_once(doors: Doors, api: Any) -> None:
    path = "/datasets/su-balansy"
    if _dataset(doors).state is RecordState.WITHDRAWN:
        assert api("admin", "POST", f"{path}/restore") == 200
    api("editor", "POST", f"{path}/take-back", {})
    assert api("editor", "POST", f"{path}/propose", {"title": {"ru": "Принятое"}}) in (200, 201, 202)
    once = {"Idempotency-Key": "accept-it-once-and-no-more"}
    answers = [api("reviewer", "POST", f"{path}/publish", {}, **once) for _ in range(2)]
    assert answers == [200, 200]
    assert api("reviewer", "POST", f"{path}/publish", {}) == 409
    assert api("reviewer", "POST", f"{path}/return", {"message": "no"}) == 409
    row = _dataset(doors)
    assert row.title.ru == "Принятое"
    with doors.catalogue.sessions.read() as session:
        notes = session.scalars(select(ReviewNote.action).where(ReviewNote.object_id == row.id)).all()
    assert notes.count(ReviewAction.ACCEPTED) == 1


def test_a_form_sent_twice_is_one_change(doors: Doors, api: Any) -> None:
    """A report's answer, a comment of a review, a withdrawal: whoever sends it again is told, or changes nothing."""
    browser, things = doors.browsers["sysadmin"], doors.things["other"]
    key = UUID(things["dataset_id"])
    with doors.catalogue.sessions.write.begin() as session:
        session.execute(update(Dataset).where(Dataset.id == key).values(state=RecordState.PUBLISHED))
    path = f"/desk/datasets/{things['slug']}/withdraw"
    statuses = [browser.post(path, data={"reason": "Wrong figures"}, headers=HERE).status_code for _ in range(2)]
    assert statuses[0] == 303
    assert _told(doors, key).count("withdrawn") == 1
