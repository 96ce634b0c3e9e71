"""The exhaustive table of the guard: every special network, at its edges, in every wrapping and spelling.

The networks are those of IANA's registries of special-purpose addresses (IPv4 and IPv6), of multicast, and of the
metadata services of clouds.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from opendata.harvesting.client import ClientPolicy, FetchError, HttpClient
from opendata.harvesting.guard import AddressPolicy, GuardedBackend, RefusedAddress
from tests.servers.local import Asked, LocalServer, Reply, serve

REFUSED_4 = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
    "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
    "224.0.0.0/4", "240.0.0.0/4", "255.255.255.255/32", "168.63.129.16/32", "169.254.169.254/32",
    "169.254.170.2/32", "100.100.100.200/32", "192.0.0.192/32",
]  # fmt: skip
REFUSED_6 = [
    "::/128", "::1/128", "100::/64", "2001::/32", "2001:2::/48", "2001:10::/28", "2001:20::/28", "2001::/23",
    "2001:db8::/32", "3fff::/20", "5f00::/16", "64:ff9b:1::/48", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
    "fd00:ec2::254/128", "fd20:ce::254/128", "fe80::a9fe:a9fe/128", "4000::/3", "8000::/1",
]  # fmt: skip
PUBLIC_4 = [
    "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.1",
    "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.0.3.0", "192.167.255.255",
    "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255", "168.63.129.15", "91.195.226.1", "195.12.113.1",
]  # fmt: skip
PUBLIC_6 = ["2606:4700:4700::1111", "2001:4860:4860::8888", "2a00:1450:4001::1", "2001:200::1", "2a03:5180::1"]


def edges(network: str) -> list[str]:
    """First, last and middle address."""
    net = ipaddress.ip_network(network)
    return list(dict.fromkeys(str(net[place]) for place in (0, net.num_addresses // 2, -1)))


def mapped(four: int) -> int:
    return 0xFFFF << 32 | four


def compatible(four: int) -> int:
    return four


def sixtofour(four: int) -> int:
    return 0x2002 << 112 | four << 80 | 1


def teredo_server(four: int) -> int:
    return 0x20010000 << 96 | four << 64 | (0x08080808 ^ 0xFFFFFFFF)


def teredo_client(four: int) -> int:
    return 0x20010000 << 96 | 0x08080808 << 64 | (four ^ 0xFFFFFFFF)


def nat64(four: int) -> int:
    return 0x0064FF9B << 96 | four


def nat64_local(four: int) -> int:
    return 0x0064FF9B0001 << 80 | four


def isatap(four: int) -> int:
    return 0x26064700 << 96 | 0x00005EFE << 32 | four


def isatap_universal(four: int) -> int:
    return 0x26064700 << 96 | 0x02005EFE << 32 | four


WRAPPINGS: list[Callable[[int], int]] = [
    mapped, compatible, sixtofour, teredo_server, teredo_client, nat64, nat64_local, isatap, isatap_universal,
]  # fmt: skip


@pytest.mark.parametrize("network", REFUSED_4 + REFUSED_6)
def test_special_network_is_refused_from_edge_to_edge(network: str) -> None:
    for address in edges(network):
        assert not AddressPolicy().permits(address), address
        if ":" in address:
            assert not AddressPolicy().permits(f"{address}%eth0"), address
            assert not AddressPolicy().permits(f"{address}%25lo"), address


@pytest.mark.parametrize("address", PUBLIC_4 + PUBLIC_6)
def test_neighbours_and_the_public_internet_are_reached(address: str) -> None:
    assert AddressPolicy().permits(address)


@pytest.mark.parametrize("wrap", WRAPPINGS)
@pytest.mark.parametrize("network", REFUSED_4)
def test_special_address_is_refused_in_every_wrapping(network: str, wrap: Callable[[int], int]) -> None:
    for four in edges(network):
        six = ipaddress.IPv6Address(wrap(int(ipaddress.IPv4Address(four))))
        for spelling in (str(six), six.exploded, six.exploded.upper()):
            assert not AddressPolicy().permits(spelling), (four, spelling)


@pytest.mark.parametrize("wrap", [mapped, sixtofour, nat64, isatap])
def test_public_address_is_reached_through_common_wrappings(wrap: Callable[[int], int]) -> None:
    for four in PUBLIC_4:
        assert AddressPolicy().permits(str(ipaddress.IPv6Address(wrap(int(ipaddress.IPv4Address(four))))))


@pytest.mark.parametrize("wrap", [mapped, sixtofour, nat64])
def test_wrapped_address_is_reached_by_a_rule_for_what_is_inside(wrap: Callable[[int], int]) -> None:
    six = str(ipaddress.IPv6Address(wrap(int(ipaddress.IPv4Address("10.0.0.5")))))
    assert AddressPolicy(["10.0.0.0/24"]).permits(six)
    assert not AddressPolicy(["10.0.1.0/24", "::/0"]).permits(six)


@pytest.mark.parametrize("text", ["", " ", "127.1", "0x7f000001", "2130706433", "localhost", "127.0.0.1 ", "1.1.1.1/32",
                                  "8.8.8.8\n", "[::1]", "::1]", "8.8.8.8:80", "８.８.８.８", "%eth0"])  # fmt: skip
def test_what_no_resolver_gives_is_refused(text: str) -> None:
    assert not AddressPolicy().permits(text)


@pytest.fixture(scope="module")
def inside() -> Iterator[LocalServer]:
    """A server of the house: reached only by who gets past the guard."""
    with serve(lambda asked: Reply(b"the secret of the house")) as server:
        yield server


HOSTS = [
    "127.0.0.1", "localhost", "LOCALHOST", "localhost.", "localhost.localdomain", "127.0.0.1.", "127.1", "127.0.1",
    "0", "0.0.0.0", "2130706433", "0x7f000001", "0X7F000001", "0x7f.1", "0x7f.0x0.0x0.0x1", "017700000001", "0177.1",
    "0177.0.0.01", "127.0.0.01", "127.000.000.001", "00000000177.0.0.1", "127.65530.1", "4294967295", "127.0.0.1:80",
    "１２７.０.０.１", "127。0。0。1", "127．0．0．1", "127｡0｡0｡1", "①②⑦.⓪.⓪.①", "lOcAlHoSt", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
    "%31%32%37.0.0.1", "127%2e0.0.1", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
    "[::127.0.0.1]", "[0000:0000:0000:0000:0000:ffff:7f00:0001]", "[64:ff9b::127.0.0.1]", "[2002:7f00:1::]",
    "[::1%25lo]", "[::1%lo]", "[fe80::1%25eth0]", "user@127.0.0.1", "8.8.8.8@127.0.0.1", "8.8.8.8:80@127.0.0.1",
    "a:b@localhost", "127.0.0.1\\@8.8.8.8", "8.8.8.8\\.127.0.0.1", "127.0.0.1\t", "127.0.0.1\n", "\x00127.0.0.1",
    "127.0.0.1 ", "127.0.0.1#@8.8.8.8", "127.0.0.1?@8.8.8.8", "127.0.0.1;8.8.8.8", "169.254.169.254", "[fd00:ec2::254]",
    "0251.0376.0251.0376", "0xA9FEA9FE", "2852039166", "[::ffff:a9fe:a9fe]", "metadata.google.internal", "10.0.0.1",
    "192.168.0.1", "172.16.0.1", "100.64.0.1", "[fc00::1]", "224.0.0.1", "255.255.255.255",
]  # fmt: skip


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("way", ["asked", "led to"])
def test_no_spelling_leads_into_the_house(host: str, way: str, inside: LocalServer) -> None:
    """Asked for directly, and as the end of a redirect from a server that may be asked."""
    inside.asked.clear()
    address = f"http://{host}:{inside.port}/x"
    policy = ClientPolicy(retries=0, connect_seconds=0.3, pace_seconds=0)
    if way == "asked":
        with HttpClient(policy) as http, pytest.raises(FetchError):
            http.get(address)
    else:
        _led_to(address.encode(), policy)
    assert inside.asked == []


def _led_to(address: bytes, policy: ClientPolicy) -> None:
    """A public server, played by 127.0.0.9, redirects to `address`; the bytes go over the wire as they are."""
    with socket.create_server(("127.0.0.9", 0)) as listening:
        head = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nConnection: close\r\nLocation: "
        allowed = replace(policy, allow_addresses=("127.0.0.9",))

        def answer() -> None:
            line, _ = listening.accept()
            with line:
                line.recv(65_536)
                line.sendall(head + address + b"\r\n\r\n")

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        with HttpClient(allowed) as http, pytest.raises(FetchError):
            http.get(f"http://127.0.0.9:{listening.getsockname()[1]}/")
        thread.join()


@pytest.mark.parametrize("port", [0, 1, 22, 25, 53, 110, 143, 389, 587, 2049, 6000, 6667, 10080])
def test_port_of_another_protocol_is_refused_even_where_the_address_is_allowed(port: int) -> None:
    with pytest.raises(RefusedAddress):
        GuardedBackend(AddressPolicy(["127.0.0.1"])).connect_tcp("127.0.0.1", port, timeout=1)


@pytest.mark.parametrize("port", ["65536", "99999", "-1", "80a", "８０"])
def test_port_that_is_none_is_an_error_in_words(port: str) -> None:
    with HttpClient(ClientPolicy(retries=0, allow_addresses=("127.0.0.1",))) as http, pytest.raises(FetchError):
        http.get(f"http://127.0.0.1:{port}/")


def resolver(answers: list[list[str]], asked: list[str], real: Callable[..., object]) -> Callable[..., object]:
    """A name server that says something else each time."""

    def answer(host: str, port: int, *args: object, **kwargs: object) -> object:
        if host != "rebind.example":
            return real(host, port, *args, **kwargs)
        asked.append(host)
        said = answers[min(len(asked), len(answers)) - 1]
        return [
            (socket.AF_INET6 if ":" in one else socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in said
        ]

    return answer


@pytest.mark.parametrize("second", ["127.0.0.1", "127.0.0.2", "169.254.169.254", "::1", "::ffff:127.0.0.1", "0.0.0.0"])
def test_name_that_turns_inside_is_refused_at_the_second_look(second: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rebinding between two requests: the first goes to the address that was judged, the second is judged anew."""
    asked: list[str] = []

    def closing(_: Asked) -> Reply:
        return Reply(b"public", headers={"Connection": "close"})

    with serve(closing, host="127.0.0.9") as server, serve(lambda _: Reply(b"secret")) as house:
        port = server.port
        monkeypatch.setattr(socket, "getaddrinfo", resolver([["127.0.0.9"], [second]], asked, socket.getaddrinfo))
        with HttpClient(ClientPolicy(("127.0.0.9",), retries=0, pace_seconds=0)) as http:
            assert http.get(f"http://rebind.example:{port}/").content == b"public"
            assert len(asked) == 1
            with pytest.raises(FetchError) as caught:
                http.get(f"http://rebind.example:{port}/")
            assert caught.value.refused
        assert house.asked == []
    assert len(asked) == 2


def test_only_the_judged_addresses_of_a_name_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    mixed = [["10.0.0.1", "127.0.0.1", "127.0.0.9", "::1"]]
    with serve(lambda _: Reply(b"public"), host="127.0.0.9") as server:
        monkeypatch.setattr(socket, "getaddrinfo", resolver(mixed, asked, socket.getaddrinfo))
        with HttpClient(ClientPolicy(("127.0.0.9",), retries=0)) as http:
            assert http.get(f"http://rebind.example:{server.port}/").content == b"public"
    assert asked == ["rebind.example"]
