"""/metrics, as Prometheus reads it: what was asked and how long it took, over all web processes, and figures of now.

It tells numbers of what is not public, so only this machine and sysadmins with a token may ask.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass

from flask import Blueprint, Flask, Response, current_app, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

from opendata.services.catalogue import Catalogue
from opendata.services.figures import figures
from opendata.services.rights import Right, demand
from opendata.web.identity import actor, the_catalogue
from opendata.web.limits import at_this_machine

blueprint = Blueprint("metrics", __name__)

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Set by `serve` (cli/gunicorn_server.py)."""
PREFIX = "opendata"
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Instruments:
    """What one application counts."""

    registry: CollectorRegistry
    requests: Counter
    seconds: Histogram


class Figures:
    """The figures of a catalogue, asked for at each reading."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Called by the registry."""
        for figure in figures(self._catalogue):
            family = GaugeMetricFamily(f"{PREFIX}_{figure.name}", figure.help, labels=figure.labels)
            for labels, value in figure.samples.items():
                family.add_metric(list(labels), value)
            yield family


@blueprint.get("/metrics")
def metrics() -> Response:
    """Counts and figures in the text format."""
    if not at_this_machine():
        demand(actor(), Right.MANAGE_SITE)
    registry = CollectorRegistry()
    registry.register(Figures(the_catalogue()))
    if os.environ.get(SHARED_FOLDER):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        body = generate_latest(registry)
    else:
        body = generate_latest(registry) + generate_latest(_instruments().registry)
    response = Response(body, content_type=MEDIA_TYPE)
    response.cache_control.no_store = True
    return response


def _instruments() -> Instruments:
    found: Instruments = current_app.extensions["metrics"]
    return found


def _begin() -> None:
    g.began = time.perf_counter()


def _end(response: Response) -> Response:
    """Count the answer. The time ends where its sending begins: how long a download lasts is its reader's matter."""
    instruments = _instruments()
    endpoint = request.endpoint or "none"
    method = request.method if request.method in METHODS else "other"
    instruments.requests.labels(endpoint, method, str(response.status_code)).inc()
    if "began" in g:
        instruments.seconds.labels(endpoint).observe(time.perf_counter() - g.began)
    return response


def install(app: Flask) -> None:
    """Count every request of `app`."""
    registry = CollectorRegistry()
    app.extensions["metrics"] = Instruments(
        registry,
        Counter(
            f"{PREFIX}_http_requests", "Answers by kind of page.", ("endpoint", "method", "status"), registry=registry
        ),
        Histogram(
            f"{PREFIX}_http_request_seconds",
            "Time to the headers.",
            ("endpoint",),
            registry=registry,
            buckets=SECONDS,
        ),
    )
    app.before_request(_begin)
    app.after_request(_end)
