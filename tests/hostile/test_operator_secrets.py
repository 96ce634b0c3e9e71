"""Secrets of whoever runs the site: no log, page, command, letter or file of it tells them, whatever others answer."""

from __future__ import annotations

import base64
import io
import json
import logging
import re
import socketserver
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree
from urllib.parse import parse_qs, quote_plus, urlsplit

import pytest
from flask.testing import FlaskClient

from opendata import logs
from opendata.bootstrap import open_catalogue
from opendata.cli.main import main
from opendata.config import load_config
from opendata.services.catalogue import Catalogue
from opendata.web.app import create_app
from opendata.worker import Worker
from tests.conftest import settings
from tests.servers.local import Asked, Reply, serve
from tests.web.people import HERE, sign_in

MAIL, CLIENT, CLOUD = "m4il-Password+of/ours", "cl1ent=Secret of ours", "S3cretKeyOfTheBucketThatIsOurs+/0123456789"
HOOK, DATABASE = "T0kenInTheAddressOfAHook", "d4tabase-Password"
SHOWN = (
    ("config", "show"), ("config", "show", "--json"), ("db", "check"), ("index", "status"), ("harvest", "status"),
    ("source", "list"), ("source", "show", "river"), ("alert", "list"), ("user", "list"), ("token", "list", "editor"),
    ("alert", "list", "--json"), ("source", "list", "--json"), ("files", "tidy"),
)  # fmt: skip
PAGES = (
    "/readyz", "/healthz", "/metrics", "/robots.txt", "/desk/", "/desk/alerts", "/desk/jobs", "/desk/audit",
    "/desk/audit.csv", "/desk/people", "/desk/sources", "/account/", "/account/sign-in", "/api/v1/webhooks",
    "/api/v1/audit?limit=500", "/api/v1/alerts", "/api/v1/events", "/api/docs", "/oai?verb=Identify", "/nowhere",
)  # fmt: skip


def in_any_form(secret: str) -> set[str]:
    """The secret as it stands, in addresses, and as mail servers and HTTP have it."""
    forms = {secret, quote_plus(secret), json.dumps(secret)[1:-1]}
    for said in (secret, f"\0post\0{secret}", f"client:{quote_plus(secret)}"):
        forms.add(base64.b64encode(said.encode()).decode().rstrip("="))
    return forms


def repeating(asked: Asked) -> Reply:
    """Refuses, and says all that it was sent."""
    if asked.path == "/.well-known/openid-configuration":
        here = f"http://{asked.headers['host']}"
        found = {"issuer": here, "authorization_endpoint": here, "token_endpoint": here + "/t", "jwks_uri": here + "/k"}
        return Reply(json.dumps(found).encode(), media_type="application/json")
    if asked.path == "/k":
        return Reply(b'{"keys": []}', media_type="application/json")
    told = f"{asked.path} {asked.query} {asked.headers} {asked.body.decode(errors='replace')}"
    return Reply(told.encode(), 403 if asked.path.startswith("/bucket") else 400)


@contextmanager
def telling_mail() -> Iterator[int]:
    """The port of a mail server that takes no password, and says which one it was given."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 ready\r\n")
            while line := self.rfile.readline().decode().strip():
                self.wfile.write(f"{self._answer(line)}\r\n".encode())

        def _answer(self, line: str) -> str:
            if line.startswith("AUTH PLAIN"):
                given = base64.b64decode(line.split()[-1]).decode()
                return f"535 5.7.8 {line} {given!r} {given} is wrong"
            return "221 bye" if line == "QUIT" else "250-here\r\n250 AUTH PLAIN"

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@dataclass(frozen=True)
class House:
    """A site that was given every secret, beside others that refuse it and repeat what they were sent. `log` is what is
    logged until a command is run.
    """

    catalogue: Catalogue
    environ: Mapping[str, str]
    others: str
    browser: FlaskClient
    nobody: FlaskClient
    log: io.StringIO


@pytest.fixture
def house(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    home = copytree(request.getfixturevalue("peopled_site")[0], tmp_path / "home")
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    with serve(repeating) as others, telling_mail() as port:
        provider = {"name": "agency", "issuer": others.url, "client_id": "client"}
        given = {
            "MAIL__HOST": "127.0.0.1", "MAIL__PORT": str(port), "MAIL__SECURITY": "none", "MAIL__USER": "post",
            "MAIL__PASSWORD": MAIL, "MAIL__SENDER": "site@example.kz", "SIGN_IN__PROVIDERS": json.dumps([provider]),
            "SIGN_IN__CLIENT_SECRETS": f"agency={CLIENT}", "SIGN_IN__ALLOW_ADDRESSES": "127.0.0.1",
            "FILES__BACKEND": "s3", "FILES__S3_BUCKET": "bucket", "FILES__S3_ENDPOINT_URL": others.url,
            "LOGGING__LEVEL": "DEBUG",
        }  # fmt: skip
        environ = settings(home) | {f"OPENDATA_{name}": value for name, value in given.items()}
        for name, value in (environ | {"AWS_ACCESS_KEY_ID": "ours", "AWS_SECRET_ACCESS_KEY": CLOUD}).items():
            monkeypatch.setenv(name, value)
        log = io.StringIO()
        with monkeypatch.context() as instead:
            instead.setattr(sys, "stderr", log)
            logs.set_up("DEBUG")
        catalogue = open_catalogue(load_config(environ=environ))
        app = create_app(catalogue)
        browser = sign_in(app.test_client(), "root@example.kz")
        yield House(catalogue, environ, others.url, browser, app.test_client(), log)
        catalogue.close()
    root.handlers[:] = handlers
    root.setLevel(level)


def test_no_secret_of_the_operator_is_told(
    house: House, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = _use_them_all(house)
    told = {path: _read(client, path) for client in (house.browser, house.nobody) for path in PAGES}
    for words in SHOWN:
        code = _run(monkeypatch, words)
        caught = capsys.readouterr()
        told[" ".join(words)] = caught.out + caught.err
        assert code == 0 or "403" in caught.err, (words, caught.err)
    told["the log"] = house.log.getvalue()
    told |= {f"the file {path.name}": text for path, text in _files(house.catalogue.config.home)}
    secrets = {form for one in (MAIL, CLIENT, CLOUD, HOOK, *kept) for form in in_any_form(one)}
    found = [(place, one) for place, text in told.items() for one in secrets if one in text]
    assert found == []
    asked = {"/readyz": "files", "config show": "***", "the log": "535 5.7.8"}
    asked |= {"the log ": "single sign-on failed", "the log  ": "403"}
    missing = [words for place, words in asked.items() if words not in told[place.strip()]]
    assert missing == [], "nobody was asked, or nothing would be told"


def _use_them_all(house: House) -> set[str]:
    """Have the site use each of them, and be refused; those that it made meanwhile."""
    nobody, browser = house.nobody, house.browser
    assert nobody.post("/account/forgotten", data={"email": "editor@example.kz"}, headers=HERE).status_code == 303
    begun = nobody.get("/account/sso/agency/start")
    state = parse_qs(urlsplit(begun.headers["Location"]).query)["state"][0]
    nobody.get("/account/sso/agency/return", query_string={"state": state, "code": "x", "iss": house.others})
    sent = {"file": (io.BytesIO(b"a;b\n1;2\n"), "a.csv")}
    browser.post("/desk/datasets/su-balansy/files/add", data=sent, headers=HERE)
    hook = f"{house.others}/hooks/{HOOK}?key={HOOK}"
    added = browser.post("/desk/alerts", data={"kind": "webhook", "address": hook, "language": "ru"}, headers=HERE)
    browser.post("/account/tokens", data={"token_name": "x", "token_scopes": "write"}, headers=HERE)
    made = set(re.findall(r'class="secret"[^>]*>([^<]+)<', added.text))
    Worker(house.catalogue).work(until_idle=True)
    return made


def _read(client: FlaskClient, path: str) -> str:
    with client.get(path) as answer:
        return str(answer.headers) + answer.get_data(as_text=True)


def _run(monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]) -> int:
    monkeypatch.setattr(sys, "argv", ["opendata", *words])
    try:
        main()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def _files(home: Path) -> Iterator[tuple[Path, str]]:
    for path in home.rglob("*"):
        if path.is_file():
            yield path, path.read_bytes().decode("latin-1")


WRONG: dict[str, dict[str, str]] = {
    "a database that is away": {"DATABASE__URL": f"postgresql+psycopg://us:{DATABASE}@127.0.0.1:1/x"},
    "its password as a parameter": {"DATABASE__URL": f"postgresql+psycopg:///x?host=127.0.0.1&password={DATABASE}"},
    "no database": {"DATABASE__URL": f"oracle://us:{DATABASE}@127.0.0.1/x"},
    "a password with a sign": {"DATABASE__URL": f"postgresql+psycopg://us:a@{DATABASE}@127.0.0.1:1/x"},
    "no port": {"DATABASE__URL": f"postgresql+psycopg://us:{DATABASE}@127.0.0.1:x/x"},
    "a secret without its provider": {"SIGN_IN__CLIENT_SECRETS": f"{DATABASE}=="},
    "a secret of another": {"SIGN_IN__CLIENT_SECRETS": f"Other={DATABASE}"},
}


@pytest.mark.parametrize("case", WRONG)
@pytest.mark.parametrize("words", [("db", "check"), ("config", "show"), ("index", "status")])
def test_no_wrong_setting_tells_the_secret(
    case: str,
    words: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in WRONG[case].items():
        monkeypatch.setenv(f"OPENDATA_{name}", value)
    monkeypatch.setenv("OPENDATA_HOME", str(tmp_path))
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        _run(monkeypatch, words)
    except Exception as error:  # what Python would print of it
        logging.getLogger("python").exception("%s", error)
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
    caught = capsys.readouterr()
    assert caught.err or caught.out
    assert DATABASE not in caught.out + caught.err
