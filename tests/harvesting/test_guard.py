"""Addresses inside the house are refused on the socket, in every spelling."""

from __future__ import annotations

import socket
from collections.abc import Callable

import httpcore
import pytest

from opendata.errors import ConfigError
from opendata.harvesting.guard import AddressPolicy, GuardedBackend, RefusedAddress, resolve

INSIDE = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "fec0::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::a00:1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "2001:0:7f00:1::",
    "2001:db8::1",
    "not an address",
    "",
]
OUTSIDE = ["8.8.8.8", "91.195.226.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"]


@pytest.mark.parametrize("address", INSIDE)
def test_address_inside_is_refused(address: str) -> None:
    assert not AddressPolicy().permits(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_public_address_is_permitted(address: str) -> None:
    assert AddressPolicy().permits(address)


def test_named_address_is_permitted_and_its_neighbour_is_not() -> None:
    policy = AddressPolicy(["127.0.0.1", "10.0.0.0/8", "fd00::/8"])
    assert policy.permits("127.0.0.1")
    assert policy.permits("::ffff:127.0.0.1")
    assert policy.permits("10.200.0.1")
    assert policy.permits("fd00::5")
    assert not policy.permits("127.0.0.2")
    assert not policy.permits("169.254.169.254")
    assert not policy.permits("::1")


def test_wrong_entry_is_named() -> None:
    with pytest.raises(ConfigError, match="localhost"):
        AddressPolicy(["localhost"])


@pytest.mark.parametrize("host", ["127.0.0.1", "0x7f.1", "2130706433", "017700000001", "127.1", "localhost"])
def test_every_spelling_of_loopback_is_refused_at_connect(host: str) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        with pytest.raises((RefusedAddress, httpcore.ConnectError)):
            GuardedBackend(AddressPolicy()).connect_tcp(host, listening.getsockname()[1], timeout=2)


def test_socket_goes_to_the_address_that_was_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: the second answer of a hostile resolver is never asked for."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def rebinding(host: str, *args: object, **kwargs: object) -> object:
        if host != "rebind.example":
            return real(host, *args, **kwargs)  # type: ignore[arg-type]
        asked.append(host)
        address = "203.0.113.9" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80))]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    with pytest.raises(RefusedAddress):  # 203.0.113.0/24 is for documentation, hence refused as well
        GuardedBackend(AddressPolicy()).connect_tcp("rebind.example", 80, timeout=1)
    assert asked == ["rebind.example"]


def test_refused_address_among_several_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]
        monkeypatch.setattr(socket, "getaddrinfo", _answers(["10.0.0.1", "127.0.0.1"], socket.getaddrinfo))
        stream = GuardedBackend(AddressPolicy(["127.0.0.1"])).connect_tcp("two.example", port, timeout=2)
        assert stream.get_extra_info("server_addr")[0] == "127.0.0.1"
        stream.close()


def test_unknown_name_is_a_connection_error() -> None:
    with pytest.raises(httpcore.ConnectError, match="cannot be resolved"):
        resolve("no-such-host.invalid", 80)
    with pytest.raises(httpcore.ConnectError):
        resolve("a" * 70 + ".example", 80)


def _answers(addresses: list[str], real: Callable[..., object]) -> Callable[..., object]:
    def answer(host: str, *args: object, **kwargs: object) -> object:
        if host != "two.example":
            return real(host, *args, **kwargs)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in addresses]

    return answer
