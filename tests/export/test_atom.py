"""The writer of Atom: what RFC 4287 wants of a document, whatever the texts hold."""

from __future__ import annotations

import datetime as dt

from lxml import etree

from opendata.catalog.values import Localized
from opendata.export.atom import ATOM, BEFORE_ALL, Entry, Feed, Link, write

HOSTILE = "a\x00b\x0bc\ud800d\ufffee <script>&]]>\U0001f600"
KEPT = "abcde <script>&]]>\U0001f600"
CHANGED = dt.datetime(2026, 6, 1, 11, 0, 0, 5, tzinfo=dt.timezone(dt.timedelta(hours=5)))


def feed(*entries: Entry) -> Feed:
    return Feed("https://x.example/f", "Feed", "Site", "kk", (Link("self", "https://x.example/f"),), entries)


def text_of(document: bytes, path: str) -> str:
    return etree.fromstring(document).findtext(path, namespaces={"a": ATOM}) or ""


def test_a_feed_without_entries_has_all_that_a_feed_must_have() -> None:
    root = etree.fromstring(write(feed()))
    assert [etree.QName(child).localname for child in root] == ["id", "title", "updated", "author", "link"]
    assert text_of(write(feed()), "a:updated") == "1970-01-01T00:00:00Z"
    assert feed().updated == BEFORE_ALL


def test_what_xml_cannot_hold_is_left_out_and_the_rest_escaped() -> None:
    words = Localized(HOSTILE, "ru")
    link = Link("enclosure", "https://x.example/a", title=HOSTILE, length=0)
    entry = Entry("urn:1", words, CHANGED, CHANGED, words, words, words, ((HOSTILE, HOSTILE),), (link,))
    document = write(feed(entry))
    for path in ("title", "summary", "rights", "author/a:name"):
        assert text_of(document, f"a:entry/a:{path}") == KEPT
    root = etree.fromstring(document)
    names = {"a": ATOM}
    assert root.xpath("string(a:entry/a:category/@label)", namespaces=names) == KEPT
    assert root.xpath("string(a:entry/a:link/@length)", namespaces=names) == "0"
    assert root.xpath("string(a:entry/a:title/@xml:lang)", namespaces=names) == "ru"


def test_instants_are_utc_to_the_second_and_the_newest_is_that_of_the_feed() -> None:
    old = Entry("urn:2", Localized("b", ""), BEFORE_ALL)
    document = write(feed(old, Entry("urn:1", Localized("a", ""), CHANGED)))
    assert text_of(document, "a:updated") == "2026-06-01T06:00:00Z"
    assert text_of(document, "a:entry/a:updated") == "1970-01-01T00:00:00Z"
