"""Log lines: one event a line, with the ids that it belongs to."""

from __future__ import annotations

import contextlib
import io
import logging
import threading
from collections.abc import Iterator

import pytest

from opendata import logs


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What is logged; the set-up of the tests is put back afterwards."""
    root, stream = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    with contextlib.redirect_stderr(stream):
        logs.set_up("INFO")
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


def test_ids_stand_on_every_line_inside_and_on_none_outside(lines: io.StringIO) -> None:
    logger = logging.getLogger("opendata.test")
    with logs.bound(source="usgs", job=81):
        logger.info("inside")
        with logs.bound(item="x"):
            logger.info("deeper")
        logger.info("again")
    logger.info("outside")
    ends = [line.partition("opendata.test ")[2] for line in lines.getvalue().splitlines()]
    assert ends == [
        "inside source=usgs job=81",
        "deeper source=usgs job=81 item=x",
        "again source=usgs job=81",
        "outside",
    ]


def test_what_a_source_sent_cannot_forge_a_line(lines: io.StringIO) -> None:
    logging.getLogger("opendata.test").warning("title=%s", "a\r\n2026-01-01 ERROR forged")
    assert len(lines.getvalue().splitlines()) == 1


def test_a_traceback_keeps_its_lines(lines: io.StringIO) -> None:
    try:
        raise ValueError("broken")
    except ValueError:
        logging.getLogger("opendata.test").exception("failed")
    assert len(lines.getvalue().splitlines()) > 3


def test_setting_up_twice_logs_once_and_the_level_holds(lines: io.StringIO) -> None:
    with contextlib.redirect_stderr(lines):
        logs.set_up("WARNING")
    logging.getLogger("opendata.test").info("unheard")
    logging.getLogger("opendata.test").warning("heard")
    logging.getLogger("httpx").info("unheard")
    assert [line.rpartition(" ")[2] for line in lines.getvalue().splitlines()] == ["heard"]


def test_ids_of_one_thread_are_not_those_of_another(lines: io.StringIO) -> None:
    with logs.bound(job=1):
        thread = threading.Thread(target=lambda: logging.getLogger("opendata.test").info("alone"))
        thread.start()
        thread.join()
    assert lines.getvalue().rstrip().endswith("alone")
