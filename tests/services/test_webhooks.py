"""Webhooks: signed, in order, at least once, and switched off where nobody listens."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

import pytest

from opendata.catalog.values import OrganizationRef
from opendata.errors import Conflict, Invalid, NotAllowed, NotFound
from opendata.services import access, accounts, sequence, webhook_sending, webhooks, writing
from opendata.services.actors import PUBLIC, SYSTEM, Actor, Role
from opendata.services.catalogue import Catalogue
from opendata.store.clients import Webhook
from tests.conftest import Clock
from tests.factories import organization, record, work


class Receiver:
    """A server that takes messages, or answers `status` instead."""

    def __init__(self) -> None:
        self.messages: list[tuple[dict[str, str], bytes]] = []
        self.status = 200
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.messages.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/hooks/secret-path-0123456789"

    def events(self) -> list[tuple[str, str]]:
        """Slug and event of everything that came."""
        return [(one["slug"], one["event"]) for _, body in self.messages for one in json.loads(body)["data"]["items"]]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def agency(catalogue: Catalogue) -> UUID:
    return organization(catalogue, "su")


@pytest.fixture
def owner(catalogue: Catalogue, agency: UUID) -> Actor:
    new = accounts.NewUser("Owner", "owner@example.kz", "correct horse battery", organization="su", role=Role.MEMBER)
    accounts.add_user(catalogue, SYSTEM, new)
    token = accounts.create_token(catalogue, "owner@example.kz")
    return access.actor_for_token(catalogue, token)


def make(catalogue: Catalogue, title: str) -> str:
    made = writing.create(catalogue, SYSTEM, record(title, organization=OrganizationRef(slug="su")))
    return made.slug


def test_what_happens_is_told_signed_and_in_order(
    catalogue: Catalogue, owner: Actor, receiver: Receiver, clock: Clock
) -> None:
    make(catalogue, "Before")
    hook, key = webhooks.create(catalogue, owner, receiver.url)
    one, two = make(catalogue, "First"), make(catalogue, "Second")
    clock.advance(seconds=1)
    writing.remove(catalogue, SYSTEM, one, "Mistake")
    webhook_sending.deliver(catalogue, hook.id)
    assert [slug for slug, _ in receiver.events()] == [one, two, one]
    assert receiver.events()[-1] == (one, "withdrawn")
    headers, body = receiver.messages[0]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = hmac.new(base64.b64decode(key.removeprefix("whsec_")), signed, hashlib.sha256).digest()
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"
    assert webhook_sending.deliver(catalogue, hook.id) == 0
    assert len(receiver.messages) == 1


def test_what_is_not_taken_comes_again_under_the_same_id(
    catalogue: Catalogue, owner: Actor, receiver: Receiver, clock: Clock
) -> None:
    hook, _ = webhooks.create(catalogue, owner, receiver.url)
    slug = make(catalogue, "First")
    receiver.status = 500
    webhook_sending.deliver(catalogue, hook.id)
    failed = webhooks.one(catalogue, owner, hook.id)
    assert (failed.failures, failed.seq, failed.active) == (1, hook.seq, True)
    assert "500" in failed.last_error
    receiver.status = 204
    webhook_sending.deliver(catalogue, hook.id)
    assert receiver.events() == [(slug, "created"), (slug, "created")]
    assert receiver.messages[0][0]["webhook-id"] == receiver.messages[1][0]["webhook-id"]
    done = webhooks.one(catalogue, owner, hook.id)
    assert done.failures == 0
    assert done.seq > hook.seq
    tries = webhooks.deliveries(catalogue, owner, hook.id, None, 10)
    assert [one.delivered for one in tries] == [True, False]


def test_after_many_failures_it_is_switched_off_and_goes_on_where_it_was(
    catalogue: Catalogue, owner: Actor, receiver: Receiver
) -> None:
    hook, _ = webhooks.create(catalogue, owner, receiver.url)
    slug = make(catalogue, "First")
    receiver.status = 410
    for _ in range(len(webhook_sending.WAITS) + 1):
        webhook_sending.deliver(catalogue, hook.id)
    assert not webhooks.one(catalogue, owner, hook.id).active
    sent = len(receiver.messages)
    webhook_sending.deliver(catalogue, hook.id)
    assert len(receiver.messages) == sent
    receiver.status, receiver.messages = 200, []
    webhooks.update(catalogue, owner, hook.id, active=True)
    webhook_sending.deliver(catalogue, hook.id)
    assert receiver.events() == [(slug, "created")]


def test_only_wanted_events_are_sent(catalogue: Catalogue, owner: Actor, receiver: Receiver) -> None:
    hook, _ = webhooks.create(catalogue, owner, receiver.url, wanted=["withdrawn"], organization="su")
    slug = make(catalogue, "First")
    webhook_sending.deliver(catalogue, hook.id)
    assert receiver.messages == []
    assert webhooks.one(catalogue, owner, hook.id).seq > hook.seq
    writing.remove(catalogue, SYSTEM, slug, "Mistake")
    webhook_sending.deliver(catalogue, hook.id)
    assert receiver.events() == [(slug, "withdrawn")]


def test_the_worker_finds_what_is_behind_once(catalogue: Catalogue, owner: Actor, receiver: Receiver) -> None:
    webhooks.create(catalogue, owner, receiver.url)
    slug = make(catalogue, "First")
    sequence.advance(catalogue)
    webhook_sending.queue_due(catalogue)
    webhook_sending.queue_due(catalogue)
    work(catalogue)
    assert receiver.events() == [(slug, "created")]


def test_a_test_message_has_no_events(catalogue: Catalogue, owner: Actor, receiver: Receiver) -> None:
    hook, _ = webhooks.create(catalogue, owner, receiver.url)
    assert webhook_sending.test(catalogue, owner, hook.id).delivered
    assert json.loads(receiver.messages[0][1])["type"] == "catalogue.ping"
    receiver.status = 503
    failed = webhook_sending.test(catalogue, owner, hook.id)
    assert (failed.delivered, failed.status) == (False, 503)


def test_address_and_key_are_nowhere_to_be_read(catalogue: Catalogue, owner: Actor, receiver: Receiver) -> None:
    hook, key = webhooks.create(catalogue, owner, receiver.url)
    receiver.server.shutdown()
    receiver.server.server_close()
    webhook_sending.test(catalogue, owner, hook.id)
    with catalogue.sessions.read() as session:
        row = session.get_one(Webhook, hook.id)
        stored = str({name: getattr(row, name) for name in ("name", "host", "events", "last_error")})
        assert b"secret-path" not in row.secret
    told = str(webhooks.deliveries(catalogue, owner, hook.id, None, 5)) + str(webhooks.mine(catalogue, owner)) + stored
    assert "secret-path" not in told
    assert key not in told


def test_a_new_key_signs_from_then_on(catalogue: Catalogue, owner: Actor, receiver: Receiver) -> None:
    hook, first = webhooks.create(catalogue, owner, receiver.url)
    _, second = webhooks.renew_key(catalogue, owner, hook.id)
    assert first != second
    webhook_sending.test(catalogue, owner, hook.id)
    headers, body = receiver.messages[0]
    mine = webhook_sending.signed(second, headers["webhook-id"], int(headers["webhook-timestamp"]), body)
    assert headers["webhook-signature"] == mine["webhook-signature"]


def test_webhooks_are_their_owners_alone(catalogue: Catalogue, owner: Actor, receiver: Receiver) -> None:
    hook, _ = webhooks.create(catalogue, owner, receiver.url)
    other = Actor(user_id=UUID(int=5), roles=owner.roles)
    for refused in (
        lambda: webhooks.one(catalogue, other, hook.id),
        lambda: webhooks.update(catalogue, other, hook.id, active=False),
        lambda: webhooks.delete(catalogue, other, hook.id),
        lambda: webhooks.deliveries(catalogue, other, hook.id, None, 5),
    ):
        with pytest.raises(NotFound):
            refused()
    with pytest.raises(NotAllowed):
        webhooks.create(catalogue, PUBLIC, receiver.url)
    webhooks.delete(catalogue, owner, hook.id)
    assert webhooks.mine(catalogue, owner) == ()


@pytest.mark.parametrize("url", ["ftp://a.example", "https://", "javascript:1", "http://a b.example", "x" * 3000, ""])
def test_only_web_addresses_are_taken(catalogue: Catalogue, owner: Actor, url: str) -> None:
    with pytest.raises(Invalid):
        webhooks.create(catalogue, owner, url)


def test_an_account_has_so_many_and_no_more(catalogue: Catalogue, owner: Actor) -> None:
    for _ in range(webhooks.MOST):
        webhooks.create(catalogue, owner, "https://hook.example/a")
    with pytest.raises(Conflict):
        webhooks.create(catalogue, owner, "https://hook.example/a")
