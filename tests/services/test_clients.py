"""Connections that all clients of a process share."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from opendata.services.catalogue import Catalogue
from opendata.services.clients import client_for
from tests.conftest import settings
from tests.servers.local import Reply, serve

ASKING = """
import sys
from types import SimpleNamespace
from opendata.config import load_config
from opendata.services.clients import client_for
with client_for(SimpleNamespace(config=load_config())) as client:
    print(client.get(sys.argv[1]).content.decode())
"""


def test_they_are_closed_with_the_process(tmp_path: Path) -> None:
    with serve(lambda asked: Reply(b"here")) as server:
        done = subprocess.run(
            [sys.executable, "-W", "always::ResourceWarning", "-c", ASKING, server.url],
            env=settings(tmp_path), capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert (done.stdout, done.stderr) == ("here\n", "")


def test_whoever_is_asked_is_told_who_asks_and_where_to_complain(catalogue: Catalogue) -> None:
    site = replace(catalogue.config.site, url="https://catalogue.example", contact_email="help@catalogue.example")
    named = replace(catalogue, config=replace(catalogue.config, site=site))
    with serve(lambda asked: Reply(b"here")) as server, client_for(named) as client:
        client.get(server.url)
    (asked,) = (one for one in server.asked if one.path != "/robots.txt")
    assert "(+https://catalogue.example; help@catalogue.example)" in asked.headers["user-agent"]
