"""The real ckanapi, and the calls of CKAN's own harvester, against the site as it is served."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from shutil import copytree
from typing import Any
from urllib.request import Request, urlopen

import pytest
from ckanapi import (  # type: ignore[import-untyped]
    CKANAPIError,
    NotAuthorized,
    NotFound,
    RemoteCKAN,
    SearchQueryError,
    ValidationError,
)

from opendata.bootstrap import open_catalogue
from opendata.config import load_config
from opendata.services import accounts
from tests.web.people import People
from tests.web.served import Served, serving

CKANAPI = Path(sys.executable).parent / "ckanapi"
LOADED = 6


@pytest.fixture(scope="module")
def served(peopled_site: tuple[Path, People], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A copy of the peopled site with its worker, and a token of its sysadmin."""
    folder = tmp_path_factory.mktemp("ckanapi")
    home = copytree(peopled_site[0], folder / "home")
    opened = open_catalogue(load_config(environ={"OPENDATA_HOME": str(home)}))
    token = accounts.create_token(opened, peopled_site[1].sysadmin)
    opened.close()
    with serving(home, folder / "serve.log", JOBS__POLL_SECONDS="0.1") as running:
        running.tokens["root"] = token
        yield running


@pytest.fixture
def ckan(served: Served) -> Iterator[RemoteCKAN]:
    """ckanapi as the public uses it."""
    with RemoteCKAN(served.url, user_agent="tests") as remote:
        yield remote


@pytest.fixture
def root(served: Served) -> Iterator[RemoteCKAN]:
    """ckanapi with the sysadmin's token."""
    with RemoteCKAN(served.url, apikey=served.tokens["root"]) as remote:
        yield remote


def run(served: Served, *arguments: str, said: str = "", token: bool = False) -> subprocess.CompletedProcess[str]:
    """ckanapi's command line."""
    key = ("-a", served.tokens["root"]) if token else ()
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("OPENDATA_", "CKAN"))}
    environ["PATH"] = f"{CKANAPI.parent}{os.pathsep}{environ.get('PATH', '')}"  # it starts itself as its workers
    command = [CKANAPI, *arguments, "-r", served.url, *key]
    done = subprocess.run(command, input=said, capture_output=True, text=True, timeout=120, env=environ, check=False)
    assert done.returncode == 0, done.stderr
    return done


def lines(text: str) -> list[Any]:
    """JSON lines."""
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def test_results_and_errors_reach_the_python_class(ckan: RemoteCKAN, root: RemoteCKAN) -> None:
    assert ckan.action.package_list() == ["su-balansy"]
    assert ckan.action.package_search(q="Водный", rows=1)["count"] == 1
    assert ckan.action.package_show(id="su-balansy")["title_translated"]["ru"] == "Водный баланс"
    with pytest.raises(NotFound, match="nowhere"):
        ckan.action.package_show(id="nowhere")
    with pytest.raises(NotAuthorized):
        ckan.action.package_show(id="draft")
    with pytest.raises(ValidationError) as wrong:
        ckan.action.package_show()
    assert wrong.value.error_dict == {"id": ["Missing value"], "__type": "Validation Error"}
    with pytest.raises(SearchQueryError):
        ckan.action.package_search(weather="fine")
    with pytest.raises(CKANAPIError, match="Action name not known"):
        ckan.action.no_such_action()
    assert root.action.package_show(id="draft")["state"] == "draft"


def test_get_alone_reads_everything_and_writes_nothing(served: Served) -> None:
    with RemoteCKAN(served.url, get_only=True) as remote:
        assert remote.action.package_search(fq="organization:su", rows=0)["count"] == 1
        with pytest.raises(CKANAPIError, match="Please use POST"):
            remote.action.package_create(name="never")


def test_action_and_search_verbs(served: Served) -> None:
    for more in ((), ("-g",)):
        shown = run(served, "action", "package_show", "id=su-balansy", "-j", *more).stdout
        assert json.loads(shown)["name"] == "su-balansy"
        found = run(served, "search", "datasets", "q=Водный", *more).stdout
        assert [one["name"] for one in lines(found)] == ["su-balansy"]


def test_dump_verb_with_three_workers(served: Served, tmp_path: Path) -> None:
    for what, name, token in (
        ("datasets", "su-balansy", False), ("organizations", "su", False), ("groups", "science", False),
        ("users", "root", True),
    ):  # fmt: skip
        flags = ("--include-private", "--include-drafts", "--include-deleted") if what == "datasets" else ()
        workers = ("-p", "3") if what == "datasets" else ()
        dumped = lines(run(served, "dump", what, "--all", *workers, *flags, token=token).stdout)
        assert name in [one["name"] for one in dumped], what
    dumped = lines(run(served, "dump", "datasets", "su-balansy", "-R", "-d").stdout)
    assert len(dumped[0]["resources"]) == 4
    run(served, "dump", "datasets", "su-balansy", "-D", str(tmp_path / "packages"))
    package = json.loads((tmp_path / "packages" / "su-balansy" / "datapackage.json").read_text("utf-8"))
    assert package["name"] == "su-balansy"


def test_agencies_groups_and_accounts_are_loaded_and_deleted(served: Served, root: RemoteCKAN) -> None:
    new: dict[str, dict[str, Any]] = {
        "organizations": {"name": "loaded-org", "title": "Жаңа агенттік", "extras": [{"key": "bin", "value": "1"}]},
        "groups": {"name": "loaded-group", "title": "Топ", "description": "Сипаттама"},
        "users": {
            "name": "loaded-user",
            "fullname": "Жаңа",
            "email": "loaded@example.kz",
            "password": "correct horse battery",
        },
    }
    for what, one in new.items():
        run(served, "load", what, said=json.dumps(one), token=True)
        shown = root.call_action(f"{what[:-1]}_show", {"id": one["name"]})
        assert {key: shown[key] for key in one if key not in ("password", "email")} == {
            key: value for key, value in one.items() if key not in ("password", "email")
        }
        if what == "organizations":
            (dumped,) = lines(run(served, "dump", what, one["name"], "-U", token=True).stdout)
            run(served, "load", what, said=json.dumps(dumped), token=True)
            assert root.call_action(f"{what[:-1]}_show", {"id": one["name"]}) == shown
        run(served, "delete", what, one["name"], token=True)
        assert one["name"] not in root.call_action(f"{what[:-1]}_list", {"all_fields": False})


def test_calls_of_the_harvester_of_ckan(served: Served) -> None:
    seen: list[str] = []
    for start in range(0, 10_000, 100):
        page = _get(f"{served.url}/api/3/action/package_search?rows=100&start={start}&sort=id+asc")["results"]
        fresh = [one["id"] for one in page if one["id"] not in seen]
        if not fresh:
            break
        seen += fresh
        for one in page:
            assert {
                "id",
                "name",
                "metadata_modified",
                "type",
                "groups",
                "owner_org",
                "tags",
                "extras",
                "resources",
            } <= set(one)
    assert seen == sorted(seen)
    organization = _get(f"{served.url}/api/3/action/organization_show?id=su")
    assert (organization["name"], organization["type"]) == ("su", "organization")
    assert _get(f"{served.url}/api/3/action/group_show?id=science")["type"] == "group"
    fq = "&fq=organization:su+OR+organization:other+metadata_modified:[2015-10-23T14:51:13.282361Z+TO+*]"
    assert _get(f"{served.url}/api/3/action/package_search?rows=100&start=0&sort=id+asc{fq}")["count"] >= 1


def _get(url: str) -> Any:
    with urlopen(Request(url, headers={"User-Agent": "harvester", "Authorization": ""})) as answer:
        body = json.load(answer)
    assert body["success"] is True
    return body["result"]


def test_dataset_written_is_found_by_the_next_search(root: RemoteCKAN, ckan: RemoteCKAN) -> None:
    made = root.action.package_create(
        name="qar", title="Қар суы", owner_org="su", tags=[{"name": "Қар & мұз"}], extras=[{"key": "own", "value": "1"}]
    )
    assert ckan.action.package_search(q="Қар")["results"][0]["id"] == made["id"]
    assert ckan.action.package_search(fq="own:1")["count"] == 1
    file = root.action.resource_create(
        package_id="qar", name="Өлшем", upload=("qar.csv", BytesIO("а;б\n1;2\n".encode()))
    )
    assert (file["url_type"], file["size"]) == ("upload", 10)
    assert root.action.package_patch(id="qar", notes="Жаңа")["notes"] == "Жаңа"
    assert root.action.package_delete(id="qar") is None
    with pytest.raises(NotFound):
        ckan.action.package_show(id="qar")


def test_load_delete_and_batch_verbs_with_three_workers(served: Served, tmp_path: Path, ckan: RemoteCKAN) -> None:
    new = [
        {
            "name": f"loaded-{n}",
            "title": f"Жүктелген {n}",
            "owner_org": "su",
            "resources": [{"url": "https://a.kz/x", "format": "CSV"}],
        }
        for n in range(LOADED)
    ]
    said = "\n".join(json.dumps(one, ensure_ascii=False) for one in new)
    done = run(served, "load", "datasets", "-p", "3", said=said, token=True)
    assert done.stderr.count("create") >= 1 or done.stdout
    names = set(ckan.action.package_list())
    assert {one["name"] for one in new} <= names
    dumped = run(served, "dump", "datasets", "--all", token=True).stdout
    run(served, "load", "datasets", "-p", "3", said=dumped, token=True)
    again = run(served, "dump", "datasets", "--all", token=True).stdout
    before, after = ({one["name"]: one for one in lines(text)} for text in (dumped, again))
    # The worker looks at the links meanwhile, which changes the record of a file that cannot be had.
    kept = [key for key in before["loaded-0"] if key != "metadata_modified"]
    changed = {name: [key for key in kept if one[key] != after[name][key]] for name, one in before.items()}
    assert {name: keys for name, keys in changed.items() if keys} == {}
    batch = "\n".join(
        json.dumps({"action": "package_patch", "data": {"id": f"loaded-{n}", "notes": "Топтама"}})
        for n in range(LOADED)
    )
    run(served, "batch", "-p", "3", said=batch, token=True)
    assert ckan.action.package_search(q="Топтама", rows=0)["count"] == LOADED
    run(served, "delete", "datasets", *(f"loaded-{n}" for n in range(LOADED)), "-p", "3", token=True)
    assert not {one["name"] for one in new} & set(ckan.action.package_list())
