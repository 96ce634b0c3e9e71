"""/metrics tells operators what happens, and nobody else."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from opendata.services.catalogue import Catalogue
from tests.factories import feed, found, record


def samples(client: FlaskClient) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every sample by name and labels."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_every_answer_is_counted_by_page_method_and_status(client: FlaskClient) -> None:
    client.get("/about")
    client.get("/about")
    client.get("/no-such-page")
    told = samples(client)
    assert (
        told["opendata_http_requests_total", (("endpoint", "pages.about"), ("method", "GET"), ("status", "200"))] == 2
    )
    assert told["opendata_http_requests_total", (("endpoint", "none"), ("method", "GET"), ("status", "404"))] == 1
    assert told["opendata_http_request_seconds_count", (("endpoint", "pages.about"),)] == 2


def test_an_unheard_of_method_makes_no_label_of_its_own(client: FlaskClient) -> None:
    client.open("/about", method="BREW")
    assert not [key for key in samples(client) if ("method", "BREW") in key[1]]


def test_records_and_waiting_work_are_told(catalogue: Catalogue, client: FlaskClient) -> None:
    feed(catalogue).take(found("a", record("a")), found("b", record("b", private=True)))
    told = samples(client)
    assert told["opendata_records", (("kind", "dataset"), ("private", "no"), ("state", "published"))] == 1
    assert told["opendata_records", (("kind", "dataset"), ("private", "yes"), ("state", "published"))] == 1
    assert told["opendata_jobs", (("lane", "index"), ("status", "new"))] >= 1
    assert told["opendata_job_wait_seconds", (("lane", "index"),)] >= 0
    assert ("opendata_index_documents", (("area", "public"),)) in told


@pytest.mark.parametrize(
    "header", ["X-Forwarded-For: 203.0.113.9", "Forwarded: for=203.0.113.9", "X-Real-IP: 203.0.113.9", "Via: 1.1 front"]
)
def test_who_comes_through_a_proxy_must_be_a_sysadmin(client: FlaskClient, header: str) -> None:
    assert client.get("/metrics", headers=[header.split(": ")]).status_code == 401


def test_who_comes_from_elsewhere_must_be_a_sysadmin(client: FlaskClient) -> None:
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "203.0.113.9"}).status_code == 401
