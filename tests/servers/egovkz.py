"""A portal with the answers that data.egov.kz is documented, or seen in public programs, to give."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.servers.local import Asked, LocalServer, Reply, serve

KEY = "0123456789abcdef"


@dataclass
class Portal:
    """`size` datasets; `replaced` are other entries of the list by their place, `passports` other passports by name.

    `count_lie` is added to the count, `same_page` ignores the page asked for, `open` asks for no key.
    """

    size: int = 5
    rows: int = 3
    count_lie: int = 0
    same_page: bool = False
    open: bool = False
    replaced: dict[int, Any] = field(default_factory=dict)
    passports: dict[str, Reply] = field(default_factory=dict)


@contextmanager
def egovkz_server(portal: Portal | None = None) -> Iterator[LocalServer]:
    """The portal until the end of the block."""
    held = portal or Portal()
    with serve(lambda asked: _answer(held, asked)) as server:
        yield server


def entry(number: int, **changes: Any) -> dict[str, Any]:
    """A dataset as the list of the portal shows it."""
    return {
        "id": 1000 + number,
        "apiUri": f"dataset_{number:02}",
        "nameKk": f"Деректер жиынтығы {number}",
        "nameRu": f"Набор данных {number}",
        "nameEn": f"Dataset {number}",
        "status": "PUBLISHED",
        "createdDate": "27.04.2024 10:11",
        "categories": [{"id": "c1", "nameRu": "Экономика", "nameKk": "Экономика"}],
        "govAgency": {"id": "a1", "nameRu": "Бюро национальной статистики", "nameKk": "Ұлттық статистика бюросы"},
        **changes,
    }


def passport(number: int) -> dict[str, Any]:
    """The passport of a dataset."""
    return {
        "apiUri": f"dataset_{number:02}",
        "nameKk": f"Деректер жиынтығы {number}",
        "nameRu": f"Набор данных {number}",
        "descriptionKk": "Сипаттамасы",
        "descriptionRu": "<p>Описание набора.</p>",
        "descriptionEn": "What it holds.",
        "keywordsRu": "цены, рынок",
        "keywordsKk": "бағалар",
        "modifiedDate": "2024-05-06T07:08:09",
        "responsibleRu": "Иванов Иван",
        "responsiblePhone": "+7 717 200 00 00",
        "responsibleEmail": "ivanov@stat.example",
        "updatePeriod": "monthly",
        "fields": {"price": {"type": "Int", "labelKk": "Баға", "labelRu": "Цена", "labelEn": "Price", "pk": False}},
    }


def _answer(held: Portal, asked: Asked) -> Reply:
    parts = asked.path.strip("/").split("/")
    if asked.path == "/datasets/getdatasetsrecount":
        return _json({"totalCount": held.size + held.count_lie})
    if asked.path == "/datasets/getdatasetsre":
        count = int(asked.query["count"])
        start = 0 if held.same_page else (int(asked.query["page"]) - 1) * count
        numbers = range(start, min(start + count, held.size))
        return _json({"datasets": [held.replaced.get(number, entry(number)) for number in numbers]})
    if parts[0] == "meta" and len(parts) == 3:
        if parts[1] in held.passports:
            return held.passports[parts[1]]
        return _json(passport(int(parts[1][-2:]))) if parts[2] == "v3" else Reply(b"", 404)
    if parts[:2] == ["api", "v4"] and not held.open and asked.query.get("apiKey") != KEY:
        return Reply(b"", 403)
    if parts[:3] == ["api", "v4", "mapping"]:
        versions = {name: {"properties": {"price": {"type": "integer"}}} for name in ("v1", "v3", "v2")}
        return _json({parts[3]: {"mappings": versions}})
    if parts[:2] == ["api", "v4"] and parts[3:] == ["v3"]:
        source = json.loads(asked.query["source"])
        rows = range(source["from"], min(source["from"] + source["size"], held.rows))
        return _json([{"id": row, "price": row * 10} for row in rows])
    return Reply(b"", 404)


def _json(value: Any) -> Reply:
    return Reply(json.dumps(value, ensure_ascii=False).encode(), media_type="application/json")
