"""What is sent in any field of any door is refused in words or stored tame, within bounds, and breaks nothing."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from uuid import UUID
from zlib import crc32

import pytest
from sqlalchemy import select

from opendata.store.accounts import Membership, User
from opendata.store.datasets import Dataset, Resource
from opendata.web.api.contract import TABLE
from opendata.web.ckan_api import registry
from opendata.web.ckan_api.rules import ACTIONS
from opendata.web.rules import PAGES
from tests.hostile.desk import Doors, value
from tests.hostile.every_field import Form, Forms, bodies, kind_of, texts
from tests.hostile.test_desk_more_than_asked import MORE
from tests.web.people import HERE
from tests.web.test_rules import LAST, action_parameters

Sender = Callable[[Doors, Sequence[Form], str], Iterator[tuple[str, int]]]
LONG = "ұ" * 25_000
SIGNS = "\x00\x01\x08\x0b\x1b\x7f\u202a\u202b\u202d\u202e\u2066\u2067\u2068\ud800\udfff\ufffe\uffff"
"""What ends texts, moves cursors, turns the direction of all that follows, or is no character at all."""
WILD = "Вода" + "".join(f"{sign}x" for sign in SIGNS)
TYPED = WILD.replace("\ud800", "").replace("\udfff", "")
"""Of that what a browser can send."""
SAMPLE = 12
NOT_FOR_IT = ("sign-out", "sign-in", "/account/password", "/account/second-factor", "/end")
WITH_FORMS = (
    "account.", "alerts.", "desk", "datasets.page", "held.", "matches.", "reports.", "second_factor.", "similar.",
    "uploads.",
)  # fmt: skip
LONG_TEXTS = ("form_drafts.form", "dataset_events.", ".description", ".table_of_contents", ".evaluation")
"""Parts of names of columns that hold whole texts, which have a higher bound: what was typed, descriptions, what the
audit tells of them.
"""


@pytest.fixture(scope="module")
def forms(doors: Doors) -> list[Form]:
    """Every form that a sysadmin is shown, those that take something away last."""
    adapter, client = doors.app.url_map.bind("localhost"), doors.browsers["sysadmin"]
    found: dict[tuple[str, str], Form] = {}
    public = doors.things["su"] | {"slug": "su-balansy", "study": "balans"}
    for things in (doors.things["su"], public):
        for route in doors.app.url_map.iter_rules():
            reads = "GET" in (route.methods or ()) and route.endpoint in PAGES
            if not reads or not route.endpoint.startswith(WITH_FORMS):
                continue
            given = {name: value(things, route.rule, name) for name in route.arguments}
            path = adapter.build(route.endpoint, given | dict(route.defaults or {}))
            with client.get(path) as page:
                if page.mimetype == "text/html" and page.status_code == 200:
                    for form in Forms(page.get_data(as_text=True), path).found:
                        found.setdefault((form.action, ",".join(sorted(form.typed))), form)
    return sorted(found.values(), key=lambda form: any(word in form.action for word in LAST))


def chosen(name: str) -> bool:
    """Whether that field is tried: one in SAMPLE by its name, unless everything is to be tried."""
    return bool(os.environ.get("OPENDATA_TEST_FULL")) or crc32(name.encode()) % SAMPLE == 0


def _sent_by_forms(doors: Doors, forms: Sequence[Form], words: str) -> Iterator[tuple[str, int]]:
    client, seen = doors.browsers["sysadmin"], set[tuple[str, str]]()
    for form in forms:
        for name in sorted(form.typed):
            kind = kind_of(form, name)
            if kind in seen or not chosen(f"{kind}") or any(one in form.action for one in NOT_FOR_IT):
                continue
            seen.add(kind)
            with client.post(form.action, data=form.with_(name, words), headers=HERE) as answer:
                yield f"{form.action} {name}", answer.status_code


def _sent_to_api(doors: Doors, forms: Sequence[Form], words: str) -> Iterator[tuple[str, int]]:
    del forms
    client, things = doors.app.test_client(), doors.things["su"]
    token, seen = {"Authorization": f"Bearer {doors.tokens['sysadmin']}"}, set[tuple[str, str]]()
    for op in sorted(TABLE.operations, key=lambda op: (any(w in op.path for w in LAST), op.method != "PATCH")):
        path = "/api/v1" + re.sub(r"\{(\w+)\}", lambda at: value(things, op.path, at[1]), op.path)  # noqa: B023
        kind = next(iter(op.body.content)) if op.body else ""
        for name, body in bodies(op, words):
            if (op.tag, name) not in seen and chosen(f"{op.tag} {name}"):
                with client.open(path, method=op.method, json=body, headers=token | {"Content-Type": kind}) as answer:
                    yield f"{op.id} {name}", answer.status_code
            seen.add((op.tag, name))
        for one in op.parameters:
            if one.place == "query" and not op.reads and chosen(f"{op.id} {one.name}"):
                query = {one.name: words.encode("utf-8", "replace")}
                with client.open(path, method=op.method, query_string=query, headers=token) as answer:
                    yield f"{op.id} {one.name}", answer.status_code


def _sent_to_ckan(doors: Doors, forms: Sequence[Form], words: str) -> Iterator[tuple[str, int]]:
    del forms
    client, token = doors.app.test_client(), {"Authorization": f"Bearer {doors.tokens['sysadmin']}"}
    fields = (
        "name", "title", "notes", "url", "author", "author_email", "maintainer", "version", "license_id", "description",
        "format", "mimetype", "hash", "image_url", "about", "fullname", "message", "comment", "view_type",
    )  # fmt: skip
    lists = {
        "extras": [{"key": words, "value": words}], "tags": [{"name": words}], "groups": [{"name": words}],
        "resources": [{"url": words, "name": words, "x": words}],
    }  # fmt: skip
    for action in sorted(ACTIONS, key=lambda name: any(word in name for word in LAST)):
        found = registry.find(action)
        if found is None or found.reads or action.endswith(("purge", "delete")):
            continue
        base = action_parameters(action, doors.things["su"])
        every = [{one: words} for one in fields] + [{name: said} for name, said in lists.items()]
        for more in (one for one in every if chosen(f"{action} {sorted(one)}")):
            with client.post(f"/api/3/action/{action}", json=base | more, headers=token) as answer:
                yield f"{action} {sorted(more)}", answer.status_code


def _is_long(column: str) -> bool:
    return any(one in column for one in LONG_TEXTS) and not column.endswith("_original")


@pytest.mark.parametrize("sent", [_sent_by_forms, _sent_to_api, _sent_to_ckan])
def test_a_field_has_an_end(doors: Doors, forms: Sequence[Form], sent: Sender) -> None:
    answers = dict(sent(doors, forms, LONG))
    assert {name: status for name, status in answers.items() if status >= 500} == {}
    assert len(answers) > 10
    kept = {column for column, words in texts(doors.catalogue) if LONG in words and not _is_long(column)}
    assert not kept, "\n".join(sorted(map(repr, kept)))


@pytest.mark.parametrize("sent", [_sent_by_forms, _sent_to_api, _sent_to_ckan])
def test_signs_that_are_no_words_are_stored_nowhere(doors: Doors, forms: Sequence[Form], sent: Sender) -> None:
    answers = dict(sent(doors, forms, TYPED if sent is _sent_by_forms else WILD))
    assert {name: status for name, status in answers.items() if status >= 500} == {}
    assert len(answers) > 10
    kept = {(column, sign) for column, words in texts(doors.catalogue) for sign in SIGNS if sign in words}
    assert not kept, "\n".join(sorted(map(repr, kept)))


def test_no_form_writes_what_it_does_not_ask_for(doors: Doors, forms: list[Form]) -> None:
    """Every form that changes something, with fields of other forms and columns of the store beside its own."""
    before, browser = _protected(doors), doors.browsers["sysadmin"]
    sent = 0
    for form in forms:
        if any(one in form.action for one in (*NOT_FOR_IT, *LAST, "/members", "/files", "/publish", "/restore")):
            continue
        own = form.with_("", "")
        data = {name: [str(said)] for name, said in MORE.items() if name not in own and name != "organization"} | own
        with browser.post(form.action, data=data, headers=HERE) as answer:
            assert answer.status_code < 500, form.action
        sent += 1
    assert sent > 15
    assert _protected(doors) == before


def _protected(doors: Doors) -> dict[str, list[str]]:
    """What no such form may change, of all that was there before."""
    known = [UUID(doors.things[one]["dataset_id"]) for one in ("su", "other")]
    columns = (
        Dataset.id, Dataset.private, Dataset.organization_id, Dataset.creator_id, Dataset.published_at, Dataset.demo,
        Dataset.views, Dataset.metadata_created,
    )  # fmt: skip
    with doors.catalogue.sessions.read() as session:
        found = {
            "datasets": session.execute(select(*columns).where(Dataset.id.in_(known)).order_by(Dataset.id)).all(),
            "users": session.execute(select(User.email, User.sysadmin, User.state).order_by(User.email)).all(),
            "roles": session.execute(select(Membership.user_id, Membership.role).order_by(Membership.user_id)).all(),
            "files": session.execute(select(Resource.id, Resource.checksum, Resource.held).order_by(Resource.id)).all(),
        }
        return {name: [repr(row) for row in rows] for name, rows in found.items()}
