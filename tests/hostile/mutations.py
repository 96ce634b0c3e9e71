"""Valid answers made wrong: every value in turn replaced by one of another type, size or kind."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

LONG = "ұзақ " * 4000
WEIRD: tuple[Any, ...] = (
    None, [], {}, "", " ", 0, -1, 3.5, 10**30, float("inf"), True, LONG, "a\0b\x1b\ud800\ufffe", "99999-99-99T99:99:99",
    "-0001-13-45", "javascript:alert(1)", "http://[::1", "http://user:pass@10.0.0.1/x.pdf", "<script>alert(1)</script>",
    [None, 1, "a", [], {}, True], [[[[[["deep"]]]]]], {"a": {"b": [1, None]}}, {"en": None, "kk": [1], "": {}},
    {"@value": {"@value": 1}, "@language": 5}, {"@id": [1], "@type": {}}, ["x"] * 3000,
)  # fmt: skip
TEXTS = tuple(value for value in WEIRD if isinstance(value, str))
_SCRIPT = re.compile(rb'(<script type="application/ld\+json">)(.*?)(</script>)', re.DOTALL)
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def mutations(body: bytes) -> Iterator[bytes]:
    """`body` with one thing wrong each time; nothing for what is neither JSON, XML, a page with JSON-LD nor a table."""
    start = body.lstrip()[:1]
    if script := _SCRIPT.search(body):
        for wrong in _of_json(json.loads(script[2])):
            yield body[: script.start(2)] + wrong + body[script.end(2) :]
    elif start in (b"{", b"["):
        yield from _of_json(json.loads(body))
    elif start == b"<" and b"<html" not in body[:500].lower():
        yield from _of_xml(body)
    elif b";" in body or b"," in body:
        yield from _of_table(body)


def _of_json(value: Any) -> Iterator[bytes]:
    for path in _paths(value):
        old = _at(value, path)
        for weird in (*WEIRD, [old], {"value": old}, [old] * 3):
            yield json.dumps(_replaced(value, path, weird)).encode()
        if path:
            yield json.dumps(_replaced(value, path[:-1], _without(_at(value, path[:-1]), path[-1]))).encode()


def _paths(value: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield here
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _paths(one, (*here, name))
    elif isinstance(value, list):
        for place, one in enumerate(value[:2]):
            yield from _paths(one, (*here, place))


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


def _replaced(value: Any, path: tuple[Any, ...], weird: Any) -> Any:
    if not path:
        return weird
    changed = copy.copy(value)
    changed[path[0]] = _replaced(value[path[0]], path[1:], weird)
    return changed


def _without(container: Any, step: Any) -> Any:
    changed = copy.copy(container)
    del changed[step]
    return changed


def _of_xml(body: bytes) -> Iterator[bytes]:
    count = sum(1 for _ in etree.fromstring(body).iter(etree.Element))
    for number in range(count):
        for change in range(len(TEXTS) + 5):
            root = etree.fromstring(body)
            element = list(root.iter(etree.Element))[number]
            if _changed(element, change):
                yield etree.tostring(root, encoding="utf-8", xml_declaration=True)


def _changed(element: Any, change: int) -> bool:
    """Make it wrong in way number `change`; False where that cannot be done."""
    parent = element.getparent()
    if change < len(TEXTS):
        if len(element):
            return False
        element.text = _ILLEGAL.sub("\ufffd", TEXTS[change])
    elif parent is None:
        return False
    elif change == len(TEXTS):
        parent.remove(element)
    elif change == len(TEXTS) + 1:
        parent.append(copy.deepcopy(element))
    elif change == len(TEXTS) + 2:
        element.tag = "unknown"
    elif change == len(TEXTS) + 3:
        element.append(copy.deepcopy(element))
    else:
        for name in list(element.attrib):
            element.attrib[name] = _ILLEGAL.sub("\ufffd", TEXTS[len(element.attrib) % len(TEXTS)])
        element.set("{http://www.w3.org/XML/1998/namespace}lang", LONG)
    return True


def _of_table(body: bytes) -> Iterator[bytes]:
    sign = b";" if b";" in body else b","
    rows = [row.split(sign) for row in body.splitlines()]
    for y, row in enumerate(rows[:3]):
        for x in range(len(row)):
            for text in (*TEXTS, '"', "=1+1", "\t", sign.decode() * 50):
                wrong = [list(one) for one in rows]
                wrong[y][x] = text.encode("utf-8", "replace")
                yield b"\n".join(sign.join(one) for one in wrong)
