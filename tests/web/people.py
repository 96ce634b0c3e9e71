"""People of every role before a site with a source of each agency, and their browsers."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from flask.testing import FlaskClient
from sqlalchemy import select

from opendata.catalog.values import Text
from opendata.services import accounts
from opendata.services.actors import SYSTEM, Role
from opendata.services.catalogue import Catalogue
from opendata.store.harvests import HarvestJob, HarvestProblem, HarvestSource, compress
from opendata.store.operations import ReportedProblem
from opendata.store.organizations import Organization
from opendata.store.states import JobStatus, Severity

PASSWORD = "correct horse battery"
HERE = {"Sec-Fetch-Site": "same-origin"}
"""What a browser says of a form that our own page sent."""


@dataclass(frozen=True)
class People:
    """E-mails by role. All but `sysadmin` belong to the agency "su"; `stranger` is an administrator of another."""

    member: str
    editor: str
    admin: str
    stranger: str
    sysadmin: str
    lonely: str
    job: int
    """The job of the source "river", which belongs to "su-head", below "su"."""
    foreign_job: int
    report: UUID


def sign_in(client: FlaskClient, email: str, password: str = PASSWORD) -> FlaskClient:
    """The browser with a session of that account."""
    answer = client.post("/account/sign-in", data={"email": email, "password": password}, headers=HERE)
    assert answer.status_code == 303, answer.text
    return client


def add_people(catalogue: Catalogue, dataset_id: UUID) -> People:
    """The agencies, their sources with a job each, a report about the dataset, and the accounts.

    The agency "su" must be there.
    """
    jobs, report = _add_sources(catalogue), _add_report(catalogue, dataset_id)
    for name, organization, role in (
        ("member", "su", Role.MEMBER),
        ("editor", "su", Role.EDITOR),
        ("admin", "su", Role.ADMIN),
        ("stranger", "other", Role.ADMIN),
        ("lonely", "", None),
    ):
        new = accounts.NewUser(name, f"{name}@example.kz", PASSWORD, organization=organization, role=role)
        accounts.add_user(catalogue, SYSTEM, new)
    accounts.add_user(catalogue, SYSTEM, accounts.NewUser("root", "root@example.kz", PASSWORD, sysadmin=True))
    return People(
        member="member@example.kz",
        editor="editor@example.kz",
        admin="admin@example.kz",
        stranger="stranger@example.kz",
        sysadmin="root@example.kz",
        lonely="lonely@example.kz",
        job=jobs["river"],
        foreign_job=jobs["foreign"],
        report=report,
    )


def _add_report(catalogue: Catalogue, dataset_id: UUID) -> UUID:
    report = ReportedProblem(
        object_id=dataset_id, message="<u>Қате</u>", contact="reader@example.kz", created=catalogue.now()
    )
    with catalogue.sessions.write.begin() as session:
        session.add(report)
        session.flush()
        return report.id


def _add_sources(catalogue: Catalogue) -> dict[str, int]:
    now, jobs = catalogue.now(), {}
    with catalogue.sessions.write.begin() as session:
        above = session.scalars(select(Organization).where(Organization.slug == "su")).one()
        below = Organization(
            slug="su-head", title=above.title, description=Text(), parent_id=above.id, created=now, modified=now
        )
        other = Organization(slug="other", title=above.title, description=Text(), created=now, modified=now)
        session.add_all([below, other])
        session.flush()
        for name, owner in (("river", below.id), ("foreign", other.id), ("central", None)):
            source = HarvestSource(
                name=name, title=f"<b>{name}</b>", type="oaipmh", url="https://user:secret@oai.example.kz/oai",
                options={"set": "<i>set</i>"}, organization_id=owner, created=now, modified=now,
            )  # fmt: skip
            session.add(source)
            session.flush()
            job = HarvestJob(
                source_id=source.id, status=JobStatus.INCOMPLETE, created=now, started=now, finished=now,
                created_count=12, rejected_count=1, message="<img src=x onerror=alert(1)>",
            )  # fmt: skip
            session.add(job)
            session.flush()
            jobs[name] = job.id
            session.add_all(
                HarvestProblem(
                    job_id=job.id, source_id=source.id, identifier=f"=oai:{number}", code="odd", field="title",
                    message="<script>alert(1)</script>", hint="Give a <title>", severity=Severity.ERROR, created=now,
                    value="=1", raw=compress(b"<record/>"),
                )
                for number in range(120)
            )  # fmt: skip
    return jobs
