"""Limits by address, and the gate before what is dear."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from opendata.errors import TooMany, Unavailable
from opendata.services.limits import Gate, RateLimit, address_group


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("192.0.2.1", "192.0.2.2", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("fe80::1%eth0", "fe80::2", True),
        ("not an address", "not an address", True),
        ("", "192.0.2.1", False),
    ],
)
def test_ipv6_is_taken_by_64_and_ipv4_singly(one: str, other: str, same: bool) -> None:
    assert (address_group(one) == address_group(other)) is same


def test_a_long_name_is_cut_so_that_memory_stays_bounded() -> None:
    assert len(address_group("x" * 10_000)) == 64


def test_the_allowed_number_passes_and_the_next_must_wait() -> None:
    clock = Clock()
    limit = RateLimit(30, clock=clock)
    for _ in range(30):
        limit.check("192.0.2.1")
    with pytest.raises(TooMany, match="30 requests a minute") as caught:
        limit.check("192.0.2.1")
    assert caught.value.retry_after == 2


def test_waiting_as_long_as_told_is_enough() -> None:
    clock = Clock()
    limit = RateLimit(7, clock=clock)
    for _ in range(7):
        limit.check("192.0.2.1")
    for _ in range(5):
        with pytest.raises(TooMany) as caught:
            limit.check("192.0.2.1")
        clock.now += caught.value.retry_after
        limit.check("192.0.2.1")


def test_refused_requests_do_not_lengthen_the_wait() -> None:
    clock = Clock()
    limit = RateLimit(60, clock=clock)
    for _ in range(60):
        limit.check("192.0.2.1")
    for _ in range(100):
        with pytest.raises(TooMany):
            limit.check("192.0.2.1")
    clock.now += 1
    limit.check("192.0.2.1")


def test_addresses_do_not_use_up_each_others_share() -> None:
    limit = RateLimit(1, clock=Clock())
    limit.check("192.0.2.1")
    limit.check("192.0.2.2")
    with pytest.raises(TooMany):
        limit.check("192.0.2.1")


def test_rest_never_saves_up_more_than_a_minute() -> None:
    clock = Clock()
    limit = RateLimit(2, clock=clock)
    limit.check("192.0.2.1")
    clock.now += 3600
    limit.check("192.0.2.1")
    limit.check("192.0.2.1")
    with pytest.raises(TooMany):
        limit.check("192.0.2.1")


def test_zero_means_no_limit() -> None:
    limit = RateLimit(0, clock=Clock())
    for _ in range(1000):
        limit.check("192.0.2.1")


def test_number_of_remembered_addresses_is_bounded() -> None:
    limit = RateLimit(1, most_addresses=100, clock=Clock())
    for number in range(1000):
        limit.check(f"10.0.{number // 250}.{number % 250}")
    assert len(limit._buckets) == 100
    with pytest.raises(TooMany):
        limit.check("10.0.3.249")


def test_limit_holds_between_threads() -> None:
    limit = RateLimit(50, clock=Clock())

    def passes(_: int) -> bool:
        try:
            limit.check("192.0.2.1")
        except TooMany:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(passes, range(400))) == 50


def test_gate_lets_only_so_many_in_at_once() -> None:
    gate, lock, inside, most = Gate(3, 5.0), threading.Lock(), 0, 0

    def work(_: int) -> None:
        nonlocal inside, most
        with gate:
            with lock:
                inside += 1
                most = max(most, inside)
            time.sleep(0.01)
            with lock:
                inside -= 1

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(work, range(24)))
    assert most == 3


def test_who_finds_no_place_in_time_is_turned_away() -> None:
    gate = Gate(1, 0.05)
    with gate, pytest.raises(Unavailable) as caught, gate:
        pass
    assert caught.value.retry_after == 1
    assert caught.value.part == "index"


def test_place_is_freed_by_an_error_and_by_a_refusal_is_not() -> None:
    gate = Gate(1, 0.0)
    with pytest.raises(ValueError, match="boom"), gate:
        raise ValueError("boom")
    with gate:
        with pytest.raises(Unavailable), gate:
            pass
        with pytest.raises(Unavailable), gate:
            pass
    with gate:
        pass
