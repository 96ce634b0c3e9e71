"""The catalogue that is harvested: the demonstration, read by the worker, and records with something in every field."""

from __future__ import annotations

import datetime as dt
import logging
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

from sqlalchemy import select, update
from werkzeug.serving import make_server

from opendata.bootstrap import open_catalogue
from opendata.catalog import licenses
from opendata.catalog.records import DatasetRecord, DatasetType, ResourceRecord
from opendata.catalog.values import (
    Contributor,
    ContributorRole,
    Extra,
    Identifier,
    Keyword,
    OrganizationRef,
    PartialDate,
    Relation,
    Subject,
    Text,
)
from opendata.config import load_config
from opendata.export.entry import Entry
from opendata.export.site import Site
from opendata.services import demo, groups, walking, writing
from opendata.services.actors import SYSTEM
from opendata.services.catalogue import Catalogue
from opendata.store import queries
from opendata.store.accounts import User
from opendata.store.datasets import Dataset, Resource
from opendata.web.app import create_app
from tests.conftest import Clock, settings
from tests.export.samples import FULL
from tests.factories import EMBARGOED, WITHHELD, feed, found, work

NOW = dt.datetime(2026, 6, 1, 6, tzinfo=dt.UTC)
ABOVE = OrganizationRef("ministry", Text(kk="Су министрлігі", ru="Министерство воды", original="kk"))
AGENCY = OrganizationRef(
    "su-komiteti",
    Text(kk="Су комитеті", ru="Комитет водного хозяйства", en="Water Committee", original="kk"),
    identifier="bin:990340007011",
    description=Text(ru="Вода и берега.", original="ru"),
    parent="ministry",
    homepage="https://water.example/",
)
PERSON = Contributor("Касымова, Айгуль Сериковна", ContributorRole.CREATOR, "0000-0002-1825-0097", "Институт географии")
BODY = Contributor(
    "Институт географии", ContributorRole.PERFORMER, is_organization=True, bin="990340007011",
    ror="https://ror.org/05a28rw58",
)  # fmt: skip
FILES = {"report.pdf": b"%PDF-1.4 no more than this", "flow.csv": b"month,flow\n1,20\n2,30\n"}


@dataclass(frozen=True)
class Original:
    """The served catalogue, its clock, and records that are changed later, by what is to become of them."""

    catalogue: Catalogue
    clock: Clock
    site: Site
    ids: dict[str, UUID]

    def entries(self, form: str) -> dict[UUID, Entry]:
        """What the public sees, by id; for a list of changes without what only other records tell of one."""
        found = list(walking.walk(self.catalogue))
        if form not in ("dcat", "datajson"):
            found = walking.own_entries(self.catalogue, [one.record.id for one in found if one.record.id])
        return {entry.record.id: entry for entry in found if entry.record.id}


def everything(catalogue: Catalogue) -> list[DatasetRecord]:
    """All datasets, also those that nobody sees, with all that is stored of them."""
    with catalogue.sessions.read() as session:
        ids = list(session.scalars(select(Dataset.id).order_by(Dataset.id)))
        return queries.records(session, ids, public_only=False)


def opened(home: Path, prepared: Path, clock: Clock, **more: str) -> Catalogue:
    """An empty catalogue in `home`."""
    shutil.copytree(prepared, home)
    return open_catalogue(load_config(environ=settings(home) | more), clock)


@contextmanager
def serving(home: Path, prepared: Path) -> Iterator[Original]:
    """The catalogue, answering by HTTP until the block ends."""
    clock = Clock(NOW)
    server = make_server("127.0.0.1", 0, lambda *_: [], threaded=True)
    url = f"http://127.0.0.1:{server.server_port}"
    fetch_nothing = {"OPENDATA_HARVEST__FETCH_FILES": "false"}
    catalogue = opened(home, prepared, clock, OPENDATA_SITE__URL=url, **fetch_nothing)
    demo.load(catalogue)
    ids = _filled(catalogue)
    work(catalogue)
    server.app = create_app(catalogue)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Original(catalogue, clock, Site.of(catalogue.config), ids)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        catalogue.close()


def _filled(catalogue: Catalogue) -> dict[str, UUID]:
    """Add all records that the demonstration lacks; the ids of those that matter by themselves."""
    source, ids = feed(catalogue), {}
    source.take(found("ministry", _record("Положение о ведомствах", organization=ABOVE)))
    source.take(found("full", _full(), FILES))
    for name, record in _others().items():
        ids[name] = next(one.dataset_id for one in source.take(found(name, record, FILES)) if one.dataset_id)
    source.take(gone=["gone"])
    related = (Relation("IsSupplementTo", target_id=ids["closed"]), Relation("Cites", target_id=ids["other"]))
    made = writing.create(catalogue, SYSTEM, _record("Запись с двумя связями", relations=related), slug="svyazi")
    writing.replace(catalogue, SYSTEM, str(ids["number"]), lambda one: replace(one, spatial="Арал"))
    writing.create(catalogue, SYSTEM, _record("Только для своих", private=True))
    groups.create(catalogue, SYSTEM, groups.GroupChange(slug="floods", datasets=(made.slug,)))
    assert made.id
    with catalogue.sessions.write.begin() as session:
        user = User(email="a@b.example", username="writer", name="Writer", created=NOW, modified=NOW)
        session.add(user)
        session.flush()
        session.execute(update(Dataset).values(views=3, downloads=2, creator_id=user.id))
        session.execute(update(Resource).values(downloads=2, link_status="broken", fetch_problem="broken"))
    return ids | {"by hand": made.id}


def _record(title: str, **changes: object) -> DatasetRecord:
    return DatasetRecord(**{"title": Text.of(title, "ru"), "license_id": "CC-BY-4.0", **changes})  # type: ignore[arg-type]


def _full() -> DatasetRecord:
    """The fullest record of the formats' tests, with files that we hold and an agency in a tree."""
    files = tuple(
        replace(one, id=None, key=key, filename=key, stored=False, checksum="", byte_size=None)
        for one, key in zip(FULL.resources, FILES, strict=True)
    )
    link = ResourceRecord(
        key="link", name=Text(kk="Қызмет", original="kk"), format="WMS", position=2, download_url="",
        access_url="https://maps.example/wms", extras=(Extra("layers", "rivers"),), modified=PartialDate(2026, 1),
        license_id="CC-BY-4.0", license_text="с указанием авторов",
    )  # fmt: skip
    return replace(
        FULL, id=None, slug="", organization=AGENCY, study=None, contributors=(PERSON, *FULL.contributors[1:2], BODY),
        resources=(*files, link), read_from_file=("issued",),
    )  # fmt: skip


def _others() -> dict[str, DatasetRecord]:
    closed = ResourceRecord(
        key="flow.csv",
        filename="flow.csv",
        disclosure=WITHHELD,
        extras=(Extra("mark", "secret"),),
        access_url="https://files.example/closed",
    )
    own = ResourceRecord(key="b", download_url="https://files.example/b.csv", format="CSV", license_id="CC0-1.0")
    named = licenses.get("CC-BY-4.0")
    assert named is not None
    later = replace(closed, key="report.pdf", filename="report.pdf", disclosure=EMBARGOED)
    mixed = ResourceRecord(key="a", download_url="https://files.example/a.xml", format="XML", byte_size=7)
    return {
        "closed": _record(
            "Закрытые ряды наблюдений",
            organization=AGENCY,
            resources=(closed,),
            description=Text(kk="Жабық қатарлар.", ru="Закрытые ряды."),
            keywords=(Keyword("лёд, снег", "ru"),),
            license_text=named.url,
        ),
        "later": _record(
            "Ряды, которые откроются", organization=AGENCY, resources=(later,), license_text=str(named.title.show("en"))
        ),
        "free": _record("Ряды под лицензией файла", resources=(own,), license_id=""),
        "contract": _record("Ряды по договору", identifiers=(Identifier("contract_number", "DEMO-2024/018"),)),
        "number": _record("Ряды с номером", identifiers=(Identifier("register_number", "AP05139999"),)),
        "mixed": _record("Ряды в двух частях", resources=(mixed, closed), license_id="", license_text="с согласия"),
        "gone": _record("Отозванные ряды", organization=AGENCY),
        "changing": _record("Ряды, которые меняются", themes=("science", "environment", "transport")),
        "other": DatasetRecord(
            Text(other="Wasserbilanz", original="de"),
            type=DatasetType.MAP,
            description=Text(other="Erste Zeile\nzweite Zeile\n\nAbsatz & <mehr>", original="de"),
            keywords=(Keyword("Wasser", "de"), Keyword("су қоймасы"), Keyword("вода, реки")),
            subjects=(Subject("udc", "556.5(574)"), Subject("other", "Z 7", Text(en="Own", original="en"))),
            identifiers=(Identifier("other", "инв. 7"), Identifier("contract_number", "77-ГК")),
            contributors=(
                Contributor("Фонд науки", ContributorRole.FUNDER, affiliation="Министерство", is_organization=True),
                Contributor("Издатель", ContributorRole.PUBLISHER, is_organization=True),
            ),
            license_id="CC-BY-4.0",
            license_text="Creative Commons Attribution 4.0",
            languages=("de", "kk"),
            relations=(Relation("Obsoletes", title=Text(ru="Старая книга", original="ru")),),
        ),
    }  # fmt: skip
