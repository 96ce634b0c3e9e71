"""Refuses to connect to addresses inside the house: private, loopback, link-local, multicast, cloud metadata.

A harvest source is an address that a stranger may have typed, and every record brings links that somebody else wrote.
Fetched without a guard they make this server read its own network and publish what it finds.

Why the naive check is broken ("resolve the host, look at the address, then fetch the URL"):
- the name is resolved twice, and a hostile DNS server answers the second question with 127.0.0.1 (DNS rebinding);
- a redirect leads to an address that nobody looked at;
- one address has many spellings (0x7f.1, 2130706433, 017700000001, ::ffff:127.0.0.1, 64:ff9b::7f00:1, 2002:7f00:1::);
- a host has several addresses, and the check sees another one than the socket takes.

Hence the check stands here, at the last moment: a name is resolved once, each address is judged, and the socket is
opened to that very address in its numeric form. Redirects and retries open sockets too, so they pass here as well.

Known limit: the resolver has its own time-outs, which Python cannot shorten. HTTP proxies from the environment are
not used: behind one, this process could not see the address.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable, Iterator, Sequence

import httpcore

from opendata.errors import ConfigError, SourceError

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network

# Global by the registry of IANA, yet not to be reached: they carry an IPv4 address that a gateway unpacks.
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_IPV4_COMPATIBLE = ipaddress.IPv6Network("::/96")
_REFUSED = (
    ipaddress.ip_network("100.64.0.0/10"),  # shared address space of providers, RFC 6598; also Alibaba's metadata
    ipaddress.ip_network("192.0.0.0/24"),  # protocol assignments, RFC 6890; Python 3.11 knows only parts of it
    ipaddress.ip_network("192.88.99.0/24"),  # 6to4 relays, RFC 7526
    ipaddress.ip_network("168.63.129.16/32"),  # Azure's platform endpoint: public by number, inside by nature
    ipaddress.ip_network("fec0::/10"),  # site-local, RFC 3879
    ipaddress.ip_network("3fff::/20"),  # documentation, RFC 9637
    ipaddress.ip_network("5f00::/16"),  # segment routing identifiers, RFC 9602
    ipaddress.ip_network("64:ff9b:1::/48"),  # translators of one's own network, RFC 8215, which unpack in many ways
    ipaddress.ip_network("100::/64"),  # discard-only, RFC 6666
    ipaddress.ip_network("2001::/23"),  # protocol assignments, RFC 2928, with Teredo, ORCHID and benchmarking
)

# "Bad ports" of the WHATWG Fetch standard (https://fetch.spec.whatwg.org/#port-blocking): other protocols live there,
# and some of them take orders from what an HTTP request looks like to them.
_PORTS = frozenset((
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109,
    110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531,
    532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060,
    5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
))  # fmt: skip


class RefusedAddress(SourceError):
    """The address is not on the public internet, and no setting allows it."""


class AddressPolicy:
    """Which addresses may be connected to: public ones, and those inside `allow` (addresses or networks)."""

    def __init__(self, allow: Iterable[str] = ()) -> None:
        """ConfigError for an entry that is neither an address nor a network."""
        self._allowed = tuple(_network(entry) for entry in allow)

    def permits(self, address: str) -> bool:
        """Whether a socket may be opened to `address`, a numeric address as the resolver gives it."""
        try:
            parsed = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        # Every reading of the address must be public, or the one that is not must be allowed by name: an
        # IPv6 address that carries 10.0.0.5 is reached by a rule for 10.0.0.0/8 and by nothing less.
        return all(self._listed(reading) or _is_public(reading) for reading in _readings(parsed))

    def _listed(self, address: IPAddress) -> bool:
        return any(address.version == net.version and address in net for net in self._allowed)


class GuardedBackend(httpcore.NetworkBackend):
    """Opens TCP connections for httpcore, to permitted addresses only."""

    def __init__(self, policy: AddressPolicy) -> None:
        self._policy = policy
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to the first permitted address of `host` that answers. RefusedAddress where there is none."""
        if port in _PORTS:
            raise RefusedAddress(f"port {port} of {host} is not one for HTTP")
        failure: Exception = RefusedAddress(
            f"{host} leads to an address that is not public. Only [harvest] allow_addresses can permit it."
        )
        for address in self._permitted(host, port):
            try:
                return self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ARG002
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        """Never: a harvest has no business with a socket of this machine."""
        raise RefusedAddress(f"{path} is a socket of this machine")

    def sleep(self, seconds: float) -> None:
        """Wait, as httpcore asks between its own attempts."""
        self._inner.sleep(seconds)

    def _permitted(self, host: str, port: int) -> Iterator[str]:
        return (address for address in resolve(host, port) if self._policy.permits(address))


def resolve(host: str, port: int) -> Sequence[str]:
    """The numeric addresses of `host`, each once, as the resolver orders them. httpcore.ConnectError if unknown."""
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, OverflowError, ValueError) as error:
        raise httpcore.ConnectError(f"the name {host} cannot be resolved: {error}") from error
    return list(dict.fromkeys(str(answer[4][0]) for answer in answers))


def _network(entry: str) -> IPNetwork:
    try:
        return ipaddress.ip_network(entry, strict=False)
    except ValueError as error:
        raise ConfigError(f"[harvest] allow_addresses: {entry!r} is neither an address nor a network") from error


def _is_public(address: IPAddress) -> bool:
    if address.is_multicast or address.is_unspecified or address.is_reserved or not address.is_global:
        return False
    return not any(address.version == net.version and address in net for net in _REFUSED)


def _readings(address: IPAddress) -> Iterator[IPAddress]:
    """Every address that a packet to `address` may end at: the IPv4 inside where there is one, else itself."""
    if not isinstance(address, ipaddress.IPv6Address):
        yield address
        return
    inner = list(_carried(address))
    yield from inner
    if address.ipv4_mapped is None and address not in _NAT64 and address.sixtofour is None:
        yield address


def _carried(address: ipaddress.IPv6Address) -> Iterator[ipaddress.IPv4Address]:
    """The IPv4 addresses written inside an IPv6 one: mapped, compatible, 6to4, Teredo (both ends), NAT64, ISATAP."""
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
    if address in _NAT64 or _is_isatap(address):
        yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address in _IPV4_COMPATIBLE and int(address) > 1:
        yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)


def _is_isatap(address: ipaddress.IPv6Address) -> bool:
    """Whether the second half is that of RFC 5214 §6.1: 0:5efe or 200:5efe before an IPv4 address."""
    return (int(address) >> 32) & 0xFDFFFFFF == 0x5EFE
