"""Those who asked for it are told what failed: once, in their language, and only when something did."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from uuid import UUID

import pytest
from sqlalchemy import select

from opendata.errors import Invalid, NotAllowed
from opendata.services import alerts, digests, posting
from opendata.services.actors import SYSTEM, Role
from opendata.services.catalogue import Catalogue
from opendata.services.secrets import unseal
from opendata.store.alerts import Alert
from opendata.store.datasets import Dataset, Resource
from opendata.store.harvests import HarvestJob, HarvestSource
from opendata.store.operations import Job
from opendata.store.states import JobStatus
from tests.conftest import Clock
from tests.factories import feed, found, link, member, organization, record, work
from tests.servers.mail import MailServer, mail_server


@pytest.fixture
def post() -> Iterator[MailServer]:
    """A mail server."""
    with mail_server() as server:
        yield server


@pytest.fixture
def site(catalogue: Catalogue, post: MailServer) -> Catalogue:
    """The catalogue with that mail server."""
    mail = replace(
        catalogue.config.mail, host="127.0.0.1", port=post.port, security="none", user="robot", password="p",
        sender="catalogue@site.example",
    )  # fmt: skip
    config = replace(catalogue.config, mail=mail, site=replace(catalogue.config.site, url="https://site.example"))
    return replace(catalogue, config=config)


def source(catalogue: Catalogue, name: str, owner: UUID | None = None) -> UUID:
    """A source of that organisation."""
    key = feed(catalogue, name).source_id
    with catalogue.sessions.write.begin() as session:
        session.get_one(HarvestSource, key).organization_id = owner
    return key


def job(catalogue: Catalogue, source_id: UUID, status: JobStatus, message: str = "", *, dry_run: bool = False) -> None:
    """A run that ended now."""
    now = catalogue.now()
    with catalogue.sessions.write.begin() as session:
        session.add(
            HarvestJob(
                source_id=source_id, status=status, message=message, created=now, started=now, finished=now,
                dry_run=dry_run,
            )
        )  # fmt: skip


def test_nothing_is_sent_when_nothing_failed(site: Catalogue, post: MailServer, clock: Clock) -> None:
    alerts.add(site, SYSTEM, "email", "owner@agency.example")
    clock.advance(hours=1)
    one = source(site, "one")
    job(site, one, JobStatus.COMPLETE)
    job(site, one, JobStatus.COMPLETE)
    job(site, source(site, "two"), JobStatus.ERROR, "no", dry_run=True)
    assert alerts.send_due(site) == 0
    assert post.letters == []
    assert alerts.listing(site, SYSTEM)[0].tried is None


@pytest.mark.parametrize(
    ("language", "words"), [("kk", "сәтсіз аяқталды"), ("ru", "не удался"), ("en", "failed"), ("", "сәтсіз")]
)
def test_a_failure_is_told_once_in_the_language_that_was_asked_for(
    site: Catalogue, post: MailServer, clock: Clock, language: str, words: str
) -> None:
    alerts.add(site, SYSTEM, "email", "owner@agency.example", language=language)
    clock.advance(minutes=1)
    job(site, source(site, "river"), JobStatus.ERROR, "river.example answered 500")
    assert alerts.send_due(site) == 1
    (letter,) = post.letters
    body = letter.get_content()
    assert words in body
    assert "river.example answered 500" in body
    assert "https://site.example/desk/jobs/1" in body
    assert (letter["To"], letter["From"]) == ("owner@agency.example", "catalogue@site.example")
    assert letter["Auto-Submitted"] == "auto-generated"
    assert post.users == ["robot p"]
    clock.advance(hours=30)
    assert alerts.send_due(site) == 0


def test_a_digest_tells_what_a_run_said_in_its_own_language(site: Catalogue, post: MailServer, clock: Clock) -> None:
    alerts.add(site, SYSTEM, "email", "owner@agency.example", language="ru")
    clock.advance(minutes=1)
    job(site, source(site, "river"), JobStatus.ERROR, "https://river.example answered 503: Service Unavailable")
    assert alerts.send_due(site) == 1
    assert "https://river.example отвечает 503: служба временно недоступна" in post.letters[0].get_content()


def test_no_more_than_one_a_day_and_what_came_meanwhile_is_told_then(
    site: Catalogue, post: MailServer, clock: Clock
) -> None:
    alerts.add(site, SYSTEM, "email", "owner@agency.example", language="en")
    clock.advance(minutes=1)
    job(site, source(site, "a"), JobStatus.ERROR)
    alerts.send_due(site)
    clock.advance(hours=2)
    job(site, source(site, "b"), JobStatus.WAITING, "300 of 400 records would be withdrawn")
    job(site, source(site, "c"), JobStatus.INCOMPLETE)
    assert alerts.send_due(site) == 0
    clock.advance(hours=22)
    assert alerts.send_due(site) == 1
    body = post.letters[1].get_content()
    assert "b: waits for a person" in body
    assert "c: was incomplete" in body
    assert "a: failed" not in body
    often = replace(site, config=replace(site.config, mail=replace(site.config.mail, digest_hours=1)))
    job(site, source(site, "d"), JobStatus.ERROR)
    clock.advance(hours=2)
    job(site, source(site, "e"), JobStatus.ERROR)
    assert alerts.send_due(often) == 1


def test_a_failure_that_was_mended_is_no_news(site: Catalogue, post: MailServer, clock: Clock) -> None:
    alerts.add(site, SYSTEM, "email", "owner@agency.example")
    clock.advance(minutes=1)
    one = source(site, "one")
    job(site, one, JobStatus.ERROR)
    job(site, one, JobStatus.COMPLETE)
    assert alerts.send_due(site) == 0


def test_an_organisation_hears_of_its_own_and_of_those_below_it(
    site: Catalogue, post: MailServer, clock: Clock
) -> None:
    above = organization(site, "above")
    below, other = organization(site, "below", above), organization(site, "other")
    alerts.add(site, SYSTEM, "email", "above@x.example", "above", "en")
    alerts.add(site, SYSTEM, "email", "other@x.example", "other", "en")
    clock.advance(minutes=1)
    job(site, source(site, "river", below), JobStatus.ERROR)
    alerts.send_due(site)
    assert [letter["To"] for letter in post.letters] == ["above@x.example"]
    job(site, source(site, "lake", other), JobStatus.ERROR)
    alerts.send_due(site)
    assert post.letters[1]["To"] == "other@x.example"
    assert "river" not in post.letters[1].get_content()


def test_links_that_broke_are_told_and_those_that_were_broken_before_are_not(
    site: Catalogue, post: MailServer, clock: Clock
) -> None:
    from opendata.services import visits
    from opendata.services.visits import LinkStatus, Visit

    links = tuple(link(f"https://data.example/{number}.csv") for number in range(3))
    dataset = feed(site).one(found("a", record(resources=links)))
    seen = {"0": LinkStatus.OK, "1": LinkStatus.GONE, "2": LinkStatus.OK}

    def look(**now: LinkStatus) -> None:
        with site.sessions.write.begin() as session:
            for row in session.scalars(select(Resource).where(Resource.dataset_id == dataset.id)):
                name = row.download_url.rpartition("/")[2].removesuffix(".csv")
                visits.keep(session, row, Visit((seen | now)[name], 200, "said"), clock())

    look()
    clock.advance(minutes=1)
    alerts.add(site, SYSTEM, "email", "owner@agency.example", language="en")
    clock.advance(minutes=1)
    look(**{"2": LinkStatus.BROKEN})
    assert alerts.send_due(site) == 1
    body = post.letters[0].get_content()
    assert "Links that broke: 1" in body
    assert "2.csv" in body
    assert "1.csv" not in body
    clock.advance(days=2)
    look(**{"2": LinkStatus.BROKEN})
    assert alerts.send_due(site) == 0


def test_a_letter_that_is_refused_is_tried_again_a_bounded_number_of_times(
    site: Catalogue, post: MailServer, clock: Clock
) -> None:
    added = alerts.add(site, SYSTEM, "email", "owner@agency.example")
    clock.advance(minutes=1)
    job(site, source(site, "one"), JobStatus.ERROR)
    post.refuse = "550 No such mailbox"
    tried = 0
    for _ in range(400):
        before = alerts.listing(site, SYSTEM)[0].failures
        alerts.send_due(site)
        tried += alerts.listing(site, SYSTEM)[0].failures - before
        clock.advance(hours=1)
    (line,) = alerts.listing(site, SYSTEM)
    assert (tried, line.failures, line.given_up) == (alerts.MOST_FAILURES, alerts.MOST_FAILURES, True)
    assert "550 No such mailbox" in line.last_error
    post.refuse = ""
    assert alerts.try_out(site, SYSTEM, added.id) == ""
    assert alerts.send_due(site) == 1
    assert str(post.letters[0]["Subject"]).startswith("Open Data.kz: тексеру")
    assert alerts.listing(site, SYSTEM)[0].last_error == ""


def test_a_site_without_a_mail_server_says_so(catalogue: Catalogue) -> None:
    added = alerts.add(catalogue, SYSTEM, "email", "owner@agency.example")
    assert "[mail] host" in alerts.try_out(catalogue, SYSTEM, added.id)


@dataclass
class Hook:
    """A receiver of webhooks: headers and body of each message."""

    url: str = ""
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    status: int = 204
    answer: bytes = b""


@contextmanager
def listening() -> Iterator[Hook]:
    hook = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            hook.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(hook.status)
            self.send_header("Content-Length", str(len(hook.answer)))
            if hook.status == 307:
                self.send_header("Location", self.path)
            self.end_headers()
            self.wfile.write(hook.answer)

        def log_message(self, *args: object) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        hook.url = f"http://127.0.0.1:{server.server_address[1]}/hook/secret-path"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield hook
        server.shutdown()
        thread.join()


def test_a_webhook_gets_signed_json_and_its_address_is_kept_sealed(catalogue: Catalogue, clock: Clock) -> None:
    with listening() as hook:
        added = alerts.add(catalogue, SYSTEM, "webhook", hook.url, language="en")
        clock.advance(minutes=1)
        job(catalogue, source(catalogue, "river"), JobStatus.ERROR, "no answer")
        assert alerts.send_due(catalogue) == 1
        ((headers, body),) = hook.got
        assert headers["x-opendata-signature"] == posting.signature(added.key, body)
        told = json.loads(body)
        assert (told["event"], told["number"]) == ("digest", 1)
        assert told["harvests"] == [{"source": "river", "status": "error", "job": 1, "message": "no answer"}]
        hook.status = 500
        assert "500" in alerts.try_out(catalogue, SYSTEM, added.id)
    with catalogue.sessions.read() as session:
        row = session.scalars(select(Alert)).one()
        assert row.address == "127.0.0.1"
        assert row.secret is not None
        assert b"secret-path" not in row.secret
        assert unseal(catalogue, row.secret) == {"url": hook.url, "key": added.key}
        assert "secret-path" not in row.last_error


def test_a_webhook_inside_the_house_is_refused(catalogue: Catalogue) -> None:
    strict = replace(catalogue.config, harvest=replace(catalogue.config.harvest, allow_addresses=()))
    with listening() as hook:
        outside = replace(catalogue, config=strict)
        added = alerts.add(outside, SYSTEM, "webhook", hook.url)
        error = alerts.try_out(outside, SYSTEM, added.id)
        assert hook.got == []
    assert error
    assert "secret-path" not in error


@pytest.mark.parametrize(("status", "answer"), [(404, b""), (200, b"x" * 200_000), (307, b"")])
def test_no_part_of_the_address_of_a_webhook_is_told(catalogue: Catalogue, status: int, answer: bytes) -> None:
    with listening() as hook:
        hook.status, hook.answer = status, answer
        url = hook.url.replace("//", "//poster:pass-word@") + "?token=secret-token"
        error = alerts.try_out(catalogue, SYSTEM, alerts.add(catalogue, SYSTEM, "webhook", url).id)
    assert error
    assert not [part for part in ("secret-path", "secret-token", "pass-word") if part in error]


WRONG = (
    ("email", "nobody"), ("email", "a@b\nBcc: c@d"), ("email", "a@b, c@d"), ("email", ""), ("pigeon", "a@b"),
    ("webhook", "ftp://x.example/"), ("webhook", "https://"), ("webhook", "http://[::1"), ("webhook", "a b"),
)  # fmt: skip


def test_what_is_no_address_is_refused(catalogue: Catalogue) -> None:
    for kind, address in WRONG:
        with pytest.raises(Invalid):
            alerts.add(catalogue, SYSTEM, kind, address)
    assert alerts.listing(catalogue, SYSTEM) == ()


def test_who_may_have_whom_told(catalogue: Catalogue) -> None:
    mine, _ = organization(catalogue, "mine"), organization(catalogue, "other")
    admin, editor = (replace(member(mine, role), user_id=None) for role in (Role.ADMIN, Role.EDITOR))
    added = alerts.add(catalogue, admin, "email", "a@x.example", "mine")
    theirs = alerts.add(catalogue, SYSTEM, "email", "b@x.example", "other")
    alerts.add(catalogue, SYSTEM, "email", "c@x.example")
    assert [line.address for line in alerts.listing(catalogue, admin)] == ["a@x.example"]
    for actor, name in ((editor, "mine"), (admin, "other"), (admin, "")):
        with pytest.raises(NotAllowed):
            alerts.add(catalogue, actor, "email", "d@x.example", name)
    with pytest.raises(NotAllowed):
        alerts.remove(catalogue, admin, theirs.id)
    with pytest.raises(NotAllowed):
        alerts.try_out(catalogue, admin, theirs.id)
    alerts.remove(catalogue, admin, added.id)
    assert len(alerts.listing(catalogue, SYSTEM)) == 2


def test_the_worker_looks_every_quarter_of_an_hour_where_anybody_is_to_be_told(
    site: Catalogue, post: MailServer, clock: Clock
) -> None:
    def queued() -> int:
        with site.sessions.read() as session:
            return len(session.scalars(select(Job).where(Job.kind == alerts.JOB)).all())

    alerts.queue_due(site)
    assert queued() == 0
    alerts.add(site, SYSTEM, "email", "owner@agency.example")
    clock.advance(minutes=1)
    job(site, source(site, "one"), JobStatus.ERROR)
    alerts.queue_due(site)
    alerts.queue_due(site)
    assert queued() == 1
    work(site)
    assert len(post.letters) == 1
    clock.advance(minutes=16)
    alerts.queue_due(site)
    assert queued() == 2


def test_a_long_digest_is_cut_and_says_so(catalogue: Catalogue) -> None:
    many = tuple(digests.TroubledHarvest(f"s{n}", f"S{n}", "error", n, "") for n in range(30))
    told = digests.text(digests.Digest(dt.datetime(2026, 6, 1, tzinfo=dt.UTC), many), "en", "https://s.example", "UTC")
    assert "… and 10 more" in told
    assert "S29" not in told
    with catalogue.sessions.read() as session:
        assert session.scalars(select(Dataset)).all() == []
