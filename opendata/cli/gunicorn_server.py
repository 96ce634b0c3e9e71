"""The production server: gunicorn with threads, and the worker beside it."""

from __future__ import annotations

import gc
import importlib
import logging
import os
import signal
import sys
import tempfile
from functools import partial
from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication

from opendata.cli.balancing import Counts, hooks
from opendata.cli.child import Workers
from opendata.cli.memory import settle
from opendata.cli.turns import Turns
from opendata.config import Config

if TYPE_CHECKING:
    from opendata.services.counters import Flusher

logger = logging.getLogger(__name__)

METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Where the web processes of this server keep their counts, so that each can tell those of all (prometheus_client)."""

BELIEVED = {"forwarded_allow_ips": "", "forwarder_headers": ""}
"""Nobody, on this machine neither: [security] trusted_proxies says whose headers are (opendata.web.proxies)."""

THREADS = 24
"""Threads of one web process: far more than searches may run at once, and slow downloads must not hold up pages."""


class _Server(BaseApplication):  # type: ignore[misc]
    """Each web process opens the catalogue for itself after the fork, so that no connection is shared."""

    def __init__(self, config: Config, options: dict[str, Any]) -> None:
        self.catalogue_config = config
        self.options = {**options, "worker_exit": self.stop_counting}
        self.flushers: tuple[Flusher[Any], ...] = ()
        super().__init__()

    def load_config(self) -> None:
        """Called by gunicorn."""
        for key, value in self.options.items():
            self.cfg.set(key, value)

    def load(self) -> Any:
        """Called by gunicorn in every web process, after the fork; what was counted is written when it ends."""
        from opendata.bootstrap import open_catalogue
        from opendata.services import demand
        from opendata.services.counters import Flusher
        from opendata.services.statistics import add_counts
        from opendata.web.app import create_app

        catalogue = open_catalogue(self.catalogue_config)
        self.flushers = (
            Flusher(catalogue.counters, partial(add_counts, catalogue)),
            Flusher(catalogue.tally, partial(demand.add, catalogue)),
        )
        for flusher in self.flushers:
            flusher.start()
        app = create_app(catalogue)
        if catalogue.engine.dialect.name == "sqlite":  # a store elsewhere is waited for, and others go on meanwhile
            app.wsgi_app = Turns(app.wsgi_app)  # type: ignore[method-assign]
        gc.collect()
        gc.freeze()  # looking again and again through what stays for ever would hold up those who ask meanwhile
        return app

    def stop_counting(self, _server: object, _worker: object) -> None:
        """Called by gunicorn when a web process ends."""
        for flusher in self.flushers:
            flusher.stop()


def run_server(config: Config, workers_config: Config | None, host: str, port: int, processes: int) -> None:
    """Serve until SIGTERM or Ctrl-C, with the background worker where there are settings for it."""
    settle()
    # Before anything that counts is imported: it looks once whether there is a folder to share.
    counts = tempfile.TemporaryDirectory(prefix="opendata-metrics-")
    os.environ[METRICS_FOLDER] = counts.name
    # Imported before the fork, the code is loaded once and shared by all processes; the catalogue is not.
    importlib.import_module("opendata.web.app")
    importlib.import_module("opendata.search.whoosh_index")
    importlib.import_module("opendata.search.analysis").read_tables()
    background = _background(workers_config) if workers_config else None
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    master = os.getpid()

    def ready(_server: object) -> None:
        logger.info("serving %s processes=%s home=%s", config.site.url, processes, config.home)
        sys.stderr.write(f"Open Data is at {config.site.url}\n")
        if background:
            background.start()

    def ended(_server: object) -> None:
        if os.getpid() == master:
            if background:
                background.stop()
            counts.cleanup()

    options = {
        "bind": address,
        "workers": processes,
        **hooks(Counts(processes)),
        "threads": THREADS,
        "timeout": 120,
        "graceful_timeout": 15,
        "keepalive": 5,
        "limit_request_line": 8190,
        **BELIEVED,
        "loglevel": config.logging.level.lower(),
        "accesslog": None,
        "control_socket_disable": True,
        "when_ready": ready,
        "on_exit": ended,
    }
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    _Server(config, options).run()


def _background(config: Config) -> Workers:
    from opendata.cli import workers

    return Workers([partial(workers.others, config), partial(workers.index, config)])
