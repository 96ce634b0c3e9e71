"""What readers report about records."""

from __future__ import annotations

from opendata.errors import Invalid, Problem
from opendata.services import datasets
from opendata.services.actors import PUBLIC
from opendata.services.catalogue import Catalogue
from opendata.store.operations import ReportedProblem

MAX_MESSAGE = 5_000
MAX_CONTACT = 320


def report_problem(catalogue: Catalogue, dataset_name: str, message: str, contact: str, address: str) -> None:
    """Keep the report for the desk of the record's agency. Invalid when there is nothing, or too much, to read."""
    record = datasets.record(catalogue, PUBLIC, dataset_name)
    problems = []
    if not message.strip():
        problems.append(Problem("empty", "Say what is wrong with the record.", "message"))
    if len(message) > MAX_MESSAGE:
        problems.append(Problem("too_long", f"At most {MAX_MESSAGE} characters.", "message"))
    if len(contact) > MAX_CONTACT:
        problems.append(Problem("too_long", f"At most {MAX_CONTACT} characters.", "contact"))
    if problems:
        raise Invalid("The report cannot be taken.", problems)
    with catalogue.sessions.write.begin() as session:
        session.add(
            ReportedProblem(
                kind="dataset",
                object_id=record.id,
                message=message.strip(),
                contact=contact.strip(),
                address=address[:64],
                created=catalogue.now(),
            )
        )
