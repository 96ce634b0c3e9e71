"""Files in pieces: held to the tus protocol by its own clients, over connections that break, by people who may not."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import random
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError

from opendata.bootstrap import open_catalogue
from opendata.config import load_config
from opendata.services import accounts
from opendata.services.catalogue import Catalogue
from opendata.services.limits import Gate
from opendata.services.uploads import partial
from opendata.services.uploads.piece_writing import CHUNK
from opendata.services.uploads.pieces import Pieces
from opendata.web.api import tus
from tests.conftest import Clock
from tests.web.people import HERE, People, sign_in
from tests.web.served import FILES, PIECE, TUS, Served, serving

WHO = ("editor", "admin", "stranger", "member", "lonely")
CONTENT = random.Random(7).randbytes(3_000_000)
LARGEST = 80_000_000
IN_FLIGHT = 400_000 // CHUNK * CHUNK
"""What is on the disk of 400,000 bytes that have come over a line that is still open."""


@pytest.fixture(scope="module")
def served(peopled_site: tuple[Path, People], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A site with everybody's tokens."""
    folder = tmp_path_factory.mktemp("served")
    home = shutil.copytree(peopled_site[0], folder / "home")
    catalogue = open_catalogue(load_config(environ={"OPENDATA_HOME": str(home)}))
    tokens = {who: accounts.create_token(catalogue, f"{who}@example.kz") for who in WHO}
    catalogue.close()
    with serving(home, folder / "log", "--no-worker", UPLOAD__PACKAGE_BYTES=str(LARGEST)) as running:
        running.tokens |= tokens
        yield running


@pytest.fixture(autouse=True)
def nothing_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """An account may have few files at a time: each test begins with none."""
    yield
    if "served" in request.fixturenames:
        home = request.getfixturevalue("served").home
        for path in (home / "partial").glob("[0-9a-f]*"):
            path.unlink(missing_ok=True)


def content_of(served: Served, path: str) -> bytes:
    return (served.home / "partial" / path.rpartition("/")[2]).read_bytes()


def described(kind: str, content: bytes) -> str:
    return f"{kind} {base64.b64encode(hashlib.new(kind, content).digest()).decode()}"


# ----------------------------------------------------------------------------------------------- the protocol's clients


def test_tuspy_sends_a_file_in_chunks_with_checksums(served: Served) -> None:
    client = TusClient(f"{served.url}{FILES}", headers={"Authorization": f"Bearer {served.tokens['editor']}"})
    uploader = client.uploader(
        file_stream=io.BytesIO(CONTENT), chunk_size=700_001, metadata={"filename": "Есеп.zip"}, upload_checksum=True
    )
    uploader.upload(stop_at=1_400_002)
    path = uploader.url.removeprefix(served.url)
    assert served.offset(path) == uploader.offset == 1_400_002
    again = client.uploader(file_stream=io.BytesIO(CONTENT), chunk_size=700_001, url=uploader.url)
    assert again.offset == 1_400_002
    again.upload()
    assert content_of(served, path) == CONTENT
    head = served.ask("HEAD", path, TUS)
    assert base64.b64decode(head.headers["upload-metadata"].partition(" ")[2]).decode() == "Есеп.zip"
    assert head.headers["upload-length"] == str(len(CONTENT))


def test_tuspy_is_refused_what_is_too_large(served: Served) -> None:
    client = TusClient(f"{served.url}{FILES}", headers={"Authorization": served.tokens["editor"]})
    with pytest.raises(TusCommunicationError) as refused:
        client.uploader(file_stream=io.BytesIO(b"x" * (LARGEST + 1))).upload()
    assert refused.value.status_code == 413


TUS_JS = """
const tus = require("tus-js-client");
const fs = require("fs");
const { PassThrough } = require("stream");
const [endpoint, token, path, chunk, defer, override] = process.argv.slice(2);
const options = {
  endpoint, chunkSize: Number(chunk) || Infinity, retryDelays: [0, 100, 200], metadata: { filename: "Кесте.zip" },
  headers: { Authorization: `Bearer ${token}` }, overridePatchMethod: override === "override",
  uploadDataDuringCreation: !defer, onError: (error) => { console.error(error); process.exit(1); },
};
if (defer) options.uploadLengthDeferred = true; else options.uploadSize = fs.statSync(path).size;
const opened = fs.createReadStream(path);
// Of a file that it opens itself the client knows the length, and yet announces whole chunks when it is deferred.
const source = defer ? opened.pipe(new PassThrough()) : opened;
const upload = new tus.Upload(source, { ...options, onSuccess: () => console.log(upload.url) });
upload.start();
"""


@pytest.fixture(scope="session")
def tus_js(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the program above and npm's tus-js-client. Skipped, and said so, where there is no Node or npm."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("no node and npm on the PATH: tus-js-client has not tried this server")
    folder = tmp_path_factory.mktemp("tus-js")
    (folder / "send.js").write_text(TUS_JS)
    command = [
        "npm",
        "install",
        "--silent",
        "--no-audit",
        "--no-fund",
        "--no-save",
        "--ignore-scripts",
        "tus-js-client@4",
    ]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    except subprocess.TimeoutExpired:
        pytest.skip("npm did not answer in 120 s: tus-js-client has not tried this server")
    if done.returncode:
        pytest.skip(f"npm gave no tus-js-client, so it has not tried this server: {done.stderr[-300:]}")
    return folder


@pytest.mark.parametrize(
    ("chunk", "defer", "override"),
    [("500000", "", ""), ("0", "", ""), ("500001", "defer", ""), ("500000", "", "override")],
    ids=["in chunks", "in one piece", "of unknown length", "by POST alone"],
)
def test_tus_js_client_sends_a_file(
    served: Served, tus_js: Path, tmp_path: Path, chunk: str, defer: str, override: str
) -> None:
    (tmp_path / "file").write_bytes(CONTENT)
    command = ["node", "send.js", f"{served.url}{FILES}", served.tokens["editor"], str(tmp_path / "file")]
    done = subprocess.run([*command, chunk, defer, override], cwd=tus_js, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    path = done.stdout.strip().removeprefix(served.url)
    assert content_of(served, path) == CONTENT
    assert served.ask("HEAD", path, TUS).headers["upload-length"] == str(len(CONTENT))


# ----------------------------------------------------------------------------------------------- connections that break


@pytest.mark.parametrize("reset", [False, True], ids=["hangs up", "resets"])
def test_broken_connection_at_any_byte_keeps_what_arrived(served: Served, reset: bool) -> None:
    chance = random.Random(reset)
    path, breaks = served.begin(len(CONTENT)), 0
    while (offset := served.settled(path)) < len(CONTENT) * 0.8:
        sent = chance.choice([0, 1, 1000, 65_536, chance.randrange(400_000)])
        served.broken_off(path, offset, len(CONTENT) - offset, CONTENT[offset : offset + sent], reset=reset)
        if not reset:
            assert served.settled(path, offset + sent) == offset + sent
        come = served.settled(path)
        assert content_of(served, path) == CONTENT[:come]
        breaks += 1
        assert breaks < 200
    done = served.ask("PATCH", path, {**PIECE, "Upload-Offset": str(offset)}, CONTENT[offset:])
    assert (done.status, done.headers["upload-offset"]) == (204, str(len(CONTENT)))
    assert content_of(served, path) == CONTENT


def test_broken_piece_with_a_checksum_counts_for_nothing(served: Served) -> None:
    path = served.begin(1000)
    served.ask("PATCH", path, {**PIECE, "Upload-Offset": "0"}, CONTENT[:100])
    said = described("sha256", CONTENT[100:1000])
    served.broken_off(path, 100, 900, CONTENT[100:400], reset=False, **{"Upload-Checksum": said})
    assert served.settled(path) == 100
    done = served.ask("PATCH", path, {**PIECE, "Upload-Offset": "100", "Upload-Checksum": said}, CONTENT[100:1000])
    assert done.status == 204
    assert content_of(served, path) == CONTENT[:1000]


def test_server_killed_while_a_piece_comes_keeps_what_arrived(
    peopled_site: tuple[Path, People], tmp_path: Path
) -> None:
    home = shutil.copytree(peopled_site[0], tmp_path / "home")
    catalogue = open_catalogue(load_config(environ={"OPENDATA_HOME": str(home)}))
    token = accounts.create_token(catalogue, "editor@example.kz")
    catalogue.close()
    with serving(home, tmp_path / "first", "--no-worker") as first:
        first.tokens["editor"] = token
        path, guarded = first.begin(1_000_000), first.begin(1_000_000)
        lines = [half_a_piece(first, path, {}), half_a_piece(first, guarded, {"Upload-Checksum": "sha1 AAAA"})]
        assert first.settled(path, IN_FLIGHT) == IN_FLIGHT
        os.killpg(first.pid, signal.SIGKILL)
        for line in lines:
            line.close()
    with serving(home, tmp_path / "second", "--no-worker") as second:
        second.tokens["editor"] = token
        assert second.offset(path) == IN_FLIGHT
        assert second.offset(guarded) == 0
        for one, offset in ((path, IN_FLIGHT), (guarded, 0)):
            done = second.ask("PATCH", one, {**PIECE, "Upload-Offset": str(offset)}, CONTENT[offset:1_000_000])
            assert done.status == 204
            assert content_of(second, one) == CONTENT[:1_000_000]


def half_a_piece(served: Served, path: str, headers: dict[str, str]) -> socket.socket:
    """A PATCH of a million bytes of which 400,000 have been sent; the line stays open."""
    said = {**PIECE, **headers, "Authorization": served.tokens["editor"], "Upload-Offset": "0"}
    line = socket.create_connection(("127.0.0.1", served.port), timeout=60)
    lines = [f"PATCH {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Length: 1000000"]
    head = "\r\n".join([*lines, *(f"{name}: {value}" for name, value in said.items()), "", ""])
    line.sendall(head.encode() + CONTENT[:400_000])
    return line


def test_second_writer_is_turned_away_while_the_first_writes(served: Served) -> None:
    path = served.begin(1_000_000)
    with half_a_piece(served, path, {}) as line:
        assert served.settled(path, IN_FLIGHT) == IN_FLIGHT
        second = served.ask("PATCH", path, {**PIECE, "Upload-Offset": str(IN_FLIGHT)}, b"x" * 10)
        assert second.status == 423
        assert b'"locked"' in second.body
        assert served.ask("DELETE", path, TUS).status == 423
        line.sendall(CONTENT[400_000:1_000_000])
        assert line.recv(100).startswith(b"HTTP/1.1 204")
    assert content_of(served, path) == CONTENT[:1_000_000]


def test_two_clients_on_one_file_never_mix_their_bytes(served: Served) -> None:
    path, statuses = served.begin(len(CONTENT)), []

    def send() -> None:
        while (offset := served.offset(path)) < len(CONTENT):
            piece = CONTENT[offset : offset + 150_000]
            statuses.append(served.ask("PATCH", path, {**PIECE, "Upload-Offset": str(offset)}, piece).status)

    threads = [threading.Thread(target=send) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) <= {204, 409, 413, 423}
    assert content_of(served, path) == CONTENT


def test_body_in_chunks_of_unknown_length_is_taken_as_it_comes(served: Served) -> None:
    path = served.begin(300_000)
    lines = [f"PATCH {path} HTTP/1.1", "Host: 127.0.0.1", "Transfer-Encoding: chunked", "Upload-Offset: 0"]
    lines += [f"{name}: {value}" for name, value in {**PIECE, "Authorization": served.tokens["editor"]}.items()]
    with socket.create_connection(("127.0.0.1", served.port), timeout=60) as line:
        line.sendall("\r\n".join([*lines, "", ""]).encode())
        for start in range(0, 200_000, 50_000):
            line.sendall(b"%x\r\n%s\r\n" % (50_000, CONTENT[start : start + 50_000]))
        line.sendall(b"0\r\n\r\n")
        assert line.recv(100).startswith(b"HTTP/1.1 204")
    assert served.offset(path) == 200_000
    assert content_of(served, path) == CONTENT[:200_000]


def test_large_piece_is_never_held_in_memory(served: Served) -> None:
    small, large = served.begin(1000), served.begin(60_000_000)
    for _ in range(8):  # each process has answered before
        served.offset(small)
    before = _memory(served)
    done = served.ask("PATCH", large, {**PIECE, "Upload-Offset": "0"}, CONTENT * 20)
    assert done.status == 204
    assert _memory(served) - before < 30_000_000


def _memory(served: Served) -> int:
    """Most bytes in memory that a process of the server has had."""
    peaks = []
    for pid in Path(f"/proc/{served.pid}/task/{served.pid}/children").read_text().split():
        status = Path(f"/proc/{pid}/status").read_text()
        peaks += [int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM")]
    return max(peaks)


# ----------------------------------------------------------------------------------------------------- what is refused


def test_options_say_what_the_server_can_do(served: Served) -> None:
    said = served.ask("OPTIONS", FILES, who="")
    assert said.status == 204
    assert said.headers["tus-version"] == said.headers["tus-resumable"] == "1.0.0"
    assert said.headers["tus-max-size"] == str(LARGEST)
    assert said.headers["tus-checksum-algorithm"] == "sha1,sha256,md5"
    assert said.headers["tus-extension"].split(",") == [
        "creation", "creation-with-upload", "creation-defer-length", "expiration", "checksum", "termination",
    ]  # fmt: skip


def test_first_bytes_may_come_with_the_creation(served: Served) -> None:
    made = served.ask("POST", FILES, {**PIECE, "Upload-Length": "10"}, b"12345")
    assert (made.status, made.headers["upload-offset"]) == (201, "5")
    assert "GMT" in made.headers["upload-expires"]
    assert served.offset(made.headers["location"]) == 5


@pytest.mark.parametrize(
    ("kind", "content", "status"),
    [("sha1", b"1234", 204), ("sha256", b"1234", 204), ("md5", b"1234", 204), ("sha1", b"12x4", 460)],
)
def test_checksum_is_held_against_the_bytes(served: Served, kind: str, content: bytes, status: int) -> None:
    path = served.begin(4)
    answer = served.ask(
        "PATCH", path, {**PIECE, "Upload-Offset": "0", "Upload-Checksum": described(kind, b"1234")}, content
    )
    assert answer.status == status
    assert served.offset(path) == (4 if status == 204 else 0)


PATCHES: dict[str, tuple[dict[str, str], int]] = {
    "another offset": ({"Upload-Offset": "5"}, 409),
    "no offset": ({}, 400),
    "an offset that is none": ({"Upload-Offset": "-1"}, 400),
    "an offset in other digits": ({"Upload-Offset": "٣"}, 400),
    "an unknown checksum": ({"Upload-Offset": "0", "Upload-Checksum": "crc32 AAAA"}, 400),
    "a checksum that is none": ({"Upload-Offset": "0", "Upload-Checksum": "sha1 ???"}, 400),
    "another type": ({"Upload-Offset": "0", "Content-Type": "text/plain"}, 415),
    "another version": ({"Upload-Offset": "0", "Tus-Resumable": "0.2.2"}, 412),
    "another length": ({"Upload-Offset": "0", "Upload-Length": "11"}, 400),
}


@pytest.fixture
def editor(client: FlaskClient, people: People) -> FlaskClient:
    """The editor's browser."""
    return sign_in(client, people.editor)


def begun(browser: FlaskClient, length: int = 10, **headers: str) -> str:
    made = browser.post(FILES, headers={**HERE, **TUS, "Upload-Length": str(length), **headers})
    assert made.status_code == 201, made.text
    return made.headers["Location"]


@pytest.mark.parametrize("name", PATCHES)
def test_piece_is_refused_with(editor: FlaskClient, name: str) -> None:
    headers, status = PATCHES[name]
    path = begun(editor)
    said = {name: value.encode().decode("latin-1") for name, value in {**HERE, **PIECE, **headers}.items()}
    answer = editor.patch(path, headers=said, data=b"12345")
    assert answer.status_code == status
    assert answer.json is not None
    assert answer.json["detail"]
    assert answer.headers["Tus-Resumable"] == "1.0.0"
    assert ("Tus-Version" in answer.headers) == (status == 412)
    assert editor.head(path, headers=TUS).headers["Upload-Offset"] == "0"


CREATIONS: dict[str, tuple[dict[str, str], int]] = {
    "no length": ({}, 400),
    "two lengths": ({"Upload-Length": "1", "Upload-Defer-Length": "1"}, 400),
    "a length deferred in other words": ({"Upload-Defer-Length": "yes"}, 400),
    "a length below nothing": ({"Upload-Length": "-5"}, 400),
    "a length beyond all": ({"Upload-Length": "9" * 30}, 400),
    "a length over the bound": ({"Upload-Length": str(10**13)}, 413),
    "metadata that is no Base64": ({"Upload-Length": "1", "Upload-Metadata": "filename ;;;;"}, 400),
    "metadata without a key": ({"Upload-Length": "1", "Upload-Metadata": "a YQ==,,"}, 400),
    "one key twice": ({"Upload-Length": "1", "Upload-Metadata": "a YQ==,a YQ=="}, 400),
    "endless metadata": ({"Upload-Length": "1", "Upload-Metadata": "a " + "YQ" * 3000}, 400),
}


@pytest.mark.parametrize("name", CREATIONS)
def test_file_is_not_begun_with(editor: FlaskClient, name: str) -> None:
    headers, status = CREATIONS[name]
    answer = editor.post(FILES, headers={**HERE, **TUS, **headers})
    assert answer.status_code == status
    assert "Location" not in answer.headers


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Отчёт 2025.xlsx", "Отчёт 2025.xlsx"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\table.xlsx", "table.xlsx"),
        ("a\0b\n\u202egpj.xlsx", "a�b��gpj.xlsx"),
        ("..", "upload"),
        ("", "upload"),
        ("я" * 500 + ".xlsx", "я" * 195 + ".xlsx"),
        (".xlsx", "xlsx"),
    ],
)
def test_name_of_a_file_is_a_name_and_nothing_more(
    peopled: Catalogue, editor: FlaskClient, given: str, kept: str
) -> None:
    path = begun(editor, **{"Upload-Metadata": f"filename {base64.b64encode(given.encode()).decode()}"})
    info = next(Pieces(peopled.config.below_home("partial")).all())
    assert info.filename == kept
    assert str(info.id) == path.rpartition("/")[2]


@pytest.mark.parametrize("name", ["..", "%2e%2e%2fcatalogue.sqlite", "x", ".lock", "0" * 36])
def test_name_that_is_no_id_of_ours_leads_nowhere(editor: FlaskClient, name: str) -> None:
    begun(editor)
    assert editor.head(f"{FILES}/{name}", headers=TUS).status_code in (301, 404)
    assert editor.delete(f"{FILES}/{name}", headers={**HERE, **TUS}).status_code in (301, 404)


def test_file_of_an_account_is_nobody_elses(served: Served) -> None:
    path = served.begin(10)
    for who, status in (("admin", 404), ("stranger", 404), ("member", 403), ("lonely", 403), ("", 401)):
        for method, headers in (("HEAD", TUS), ("PATCH", {**PIECE, "Upload-Offset": "0"}), ("DELETE", TUS)):
            assert served.ask(method, path, headers, b"1" if method == "PATCH" else b"", who).status == status
    assert served.offset(path) == 0


def test_other_sites_page_sends_nothing(editor: FlaskClient) -> None:
    path = begun(editor)
    away = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
    assert editor.post(FILES, headers={**away, **TUS, "Upload-Length": "1"}).status_code == 403
    assert editor.patch(path, headers={**away, **PIECE, "Upload-Offset": "0"}, data=b"1").status_code == 403
    override = {**away, **TUS, "X-HTTP-Method-Override": "DELETE"}
    assert editor.post(path, headers=override).status_code == 403
    assert editor.get(path, headers={**override, "Sec-Fetch-Site": "none"}).status_code == 405
    assert editor.head(path, headers=TUS).status_code == 200


def test_removed_file_is_gone(editor: FlaskClient) -> None:
    path = begun(editor)
    assert editor.delete(path, headers={**HERE, **TUS}).status_code == 204
    assert editor.head(path, headers=TUS).status_code == 404


def test_file_nobody_goes_on_with_expires_and_is_swept(peopled: Catalogue, editor: FlaskClient, clock: Clock) -> None:
    path = begun(editor)
    clock.advance(hours=20)
    editor.patch(path, headers={**HERE, **PIECE, "Upload-Offset": "0"}, data=b"12")
    clock.advance(hours=20)
    assert partial.sweep(peopled) == 0
    assert editor.head(path, headers=TUS).headers["Upload-Offset"] == "2"
    clock.advance(hours=5)
    assert editor.head(path, headers=TUS).status_code == 410
    assert editor.patch(path, headers={**HERE, **PIECE, "Upload-Offset": "2"}, data=b"3").status_code == 410
    assert partial.sweep(peopled) == 1
    assert editor.head(path, headers=TUS).status_code == 404
    assert [one.name for one in (peopled.config.home / "partial").iterdir()] == [".lock"]


def test_litter_of_killed_processes_is_swept(peopled: Catalogue, editor: FlaskClient, clock: Clock) -> None:
    path = begun(editor)
    folder = peopled.config.home / "partial"
    old = (clock.now - partial.KEEP).timestamp() - 1
    for name in ("tmpold.new", str(UUID(int=0)), f"{UUID(int=1)}.json", "tmpfresh.new"):
        (folder / name).write_bytes(b"x")
        if "fresh" not in name:
            os.utime(folder / name, (old, old))
    assert partial.sweep(peopled) == 0
    left = {one.name for one in folder.iterdir()}
    assert left == {".lock", "tmpfresh.new", path.rpartition("/")[2], f"{path.rpartition('/')[2]}.json"}


def test_account_has_few_files_at_a_time(editor: FlaskClient, clock: Clock) -> None:
    paths = [begun(editor) for _ in range(partial.MOST_FILES)]
    refused = editor.post(FILES, headers={**HERE, **TUS, "Upload-Length": "1"})
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 3600
    editor.delete(paths[0], headers={**HERE, **TUS})
    begun(editor)


def test_account_has_no_more_bytes_than_two_packages(site: Callable[..., FlaskClient], people: People) -> None:
    browser = sign_in(site(upload={"package_bytes": 2000}), people.editor)
    begun(browser, 2000)
    begun(browser, 1500)
    assert browser.post(FILES, headers={**HERE, **TUS, "Upload-Length": "600"}).status_code == 429
    begun(browser, 500)


def test_more_bytes_than_the_file_lacks_are_refused(editor: FlaskClient) -> None:
    path = begun(editor, 4)
    answer = editor.patch(path, headers={**HERE, **PIECE, "Upload-Offset": "0"}, data=b"12345")
    assert answer.status_code == 413
    assert editor.head(path, headers=TUS).headers["Upload-Offset"] == "0"


def test_piece_may_be_larger_than_an_ordinary_request(
    site: Callable[..., FlaskClient], peopled: Catalogue, people: People
) -> None:
    browser = sign_in(site(upload={"max_bytes": 1024}), people.editor)
    path = begun(browser, 5000)
    answer = browser.patch(path, headers={**HERE, **PIECE, "Upload-Offset": "0"}, data=b"x" * 5000)
    assert answer.status_code == 204


def test_length_of_a_deferred_file_is_said_once(editor: FlaskClient) -> None:
    made = editor.post(FILES, headers={**HERE, **TUS, "Upload-Defer-Length": "1"})
    path = made.headers["Location"]
    assert editor.head(path, headers=TUS).headers["Upload-Defer-Length"] == "1"
    said = {**HERE, **PIECE, "Upload-Offset": "0", "Upload-Length": "6"}
    assert editor.patch(path, headers=said, data=b"123").status_code == 204
    assert editor.head(path, headers=TUS).headers["Upload-Length"] == "6"
    again = {**HERE, **PIECE, "Upload-Offset": "3", "Upload-Length": "7"}
    assert editor.patch(path, headers=again, data=b"456").status_code == 400


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[int]:
    """Files over 100,000 bytes do not fit, as on a disk that is full."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    old = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    yield 100_000
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, old)


@pytest.mark.parametrize("checked", [False, True], ids=["as it is", "with a checksum"])
def test_full_disk_keeps_what_fitted(editor: FlaskClient, small_disk: int, checked: bool) -> None:
    path = begun(editor, 300_000)
    headers: dict[str, Any] = {"Upload-Checksum": described("sha1", CONTENT[:300_000])} if checked else {}
    answer = editor.patch(path, headers={**HERE, **PIECE, "Upload-Offset": "0", **headers}, data=CONTENT[:300_000])
    assert answer.status_code == 507
    assert answer.json is not None
    assert answer.json["code"] == "no_space"
    assert editor.head(path, headers=TUS).headers["Upload-Offset"] == ("0" if checked else str(small_disk))


def test_piece_that_finds_no_place_is_told_to_come_again(editor: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    path, gate = begun(editor), Gate(1, 0.01, part="uploads")
    monkeypatch.setattr(tus, "_bodies", gate)
    said = {**HERE, **PIECE, "Upload-Offset": "0"}
    with gate:
        refused = editor.patch(path, headers=said, data=b"12345")
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
    assert editor.patch(path, headers=said, data=b"12345").status_code == 204


def test_silent_client_gives_its_place_back(editor: FlaskClient) -> None:
    """Nobody waits 30 s here: the body says itself that it was silent for so long."""

    class Silent(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if piece := super().read(min(size or 0, 100)):
                return piece
            raise TimeoutError("timed out")

    path = begun(editor, 1000)
    quiet = {"wsgi.input": Silent(b"x" * 300), "CONTENT_LENGTH": "900"}
    answer = editor.patch(path, headers={**HERE, **PIECE, "Upload-Offset": "0"}, environ_overrides=quiet)
    assert answer.status_code == 408
    assert editor.head(path, headers=TUS).headers["Upload-Offset"] == "300"
