# SPDX-License-Identifier: EUPL-1.2
"""Which addresses Stadtkern may connect to on somebody's behalf, and which are refused after resolution."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from stadtkern.core import problems

IP = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Awaitable[list[str]]]

_PORTS = {"http": 80, "https": 443}
_LOWEST_OTHER_PORT = 1024  # below lie mail, file and remote access services
_MOST_CHARACTERS = 2_000
_SAFE = "/?:@!$&'()*+,;=-._~%[]"
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_COMPATIBLE = ipaddress.ip_network("::/96")
# What is_global calls public and yet answers only to those inside.
_INSIDE = tuple(
    ipaddress.ip_network(text)
    for text in (
        "168.63.129.16/32",
        "192.88.99.0/24",
        "64:ff9b:1::/48",
        "2002::/16",
        "2001::/32",
        "fec0::/10",
    )
)


class AddressRefused(problems.Problem):
    """This address may not be fetched.

    Give a public `http://` or `https://` address without user name and password. Addresses inside the own
    network are fetched only if the setting STADTKERN_FETCH_ALLOWED names them.
    """

    status = 422


class Address(NamedTuple):
    """A web address taken apart: what to connect to, what to ask for."""

    url: str
    scheme: str
    host: str
    port: int
    target: str

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port: what secrets are meant for."""
        return self.scheme, self.host, self.port

    @property
    def authority(self) -> str:
        """What stands in the header Host."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def parse(url: str) -> Address:
    """Take a web address apart. Raises AddressRefused for what is none."""
    if len(url) > _MOST_CHARACTERS:
        raise AddressRefused(f"the address is longer than {_MOST_CHARACTERS} characters")
    if any(ord(sign) <= 0x20 or ord(sign) == 0x7F or sign == "\\" for sign in url):
        raise AddressRefused("the address contains spaces, control characters or backslashes")
    try:
        parts = urlsplit(url)
        port = parts.port
        host = _host(parts.hostname or "")
    except (ValueError, UnicodeError) as error:
        raise AddressRefused(f"{url[:200]}: {error}") from error
    if parts.scheme not in _PORTS:
        raise AddressRefused("the address begins with neither http:// nor https://")
    if "@" in parts.netloc:
        raise AddressRefused("the address contains a user name or a password")
    if not host:
        raise AddressRefused("the address names no host")
    target = quote(parts.path or "/", safe=_SAFE) + (
        f"?{quote(parts.query, safe=_SAFE)}" if parts.query else ""
    )
    found = Address("", parts.scheme, host, _PORTS[parts.scheme] if port is None else port, target)
    return found._replace(url=f"{found.scheme}://{found.authority}{target}")


def _host(name: str) -> str:
    """The host in ASCII; a name in other letters as IDNA."""
    if "%" in name:
        raise ValueError("a host with a percent sign")
    host = name if name.isascii() else name.encode("idna").decode("ascii")
    return host.rstrip(".").lower()


class Rules:
    """What the setting STADTKERN_FETCH_ALLOWED permits beyond public addresses.

    An entry is an address or network (`10.20.0.0/16`), or a host name, which may then lead anywhere.
    """

    def __init__(self, allowed: Sequence[str] = ()):
        self._networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network] = []
        self._hosts: set[str] = set()
        for entry in allowed:
            try:
                self._networks.append(ipaddress.ip_network(entry.strip(), strict=False))
            except ValueError:
                self._hosts.add(entry.strip().rstrip(".").lower())

    def names(self, host: str) -> bool:
        """Whether a host is named as permitted."""
        return host in self._hosts

    def permits(self, ip: IP) -> bool:
        """Whether an address may be connected to: it is public, or a permitted network contains it."""
        inner = _inner(ip)
        permitted = any(each in network for each in {ip, inner} for network in self._networks)
        return permitted or is_public(inner)


def is_public(ip: IP) -> bool:
    """Whether everybody may reach this address: it is not private, loopback, link-local or the like."""
    ip = _inner(ip)
    if ip.is_multicast or ip.is_reserved or ip.is_unspecified or ip.is_loopback or ip.is_link_local:
        return False
    return ip.is_global and not any(ip in network for network in _INSIDE)


def _inner(ip: IP) -> IP:
    """The IPv4 address that an IPv6 address only wraps (mapped, compatible, NAT64), else itself."""
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip in _NAT64 or (ip in _COMPATIBLE and int(ip) > 1):
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip


async def resolve(host: str, port: int) -> list[str]:
    """The addresses that a name has now, as the machine resolves it. Raises OSError."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


async def checked(address: Address, *, rules: Rules, resolver: Resolve = resolve) -> list[str]:
    """Resolve and check: the addresses to connect to, none of them forbidden. Raises AddressRefused, OSError.

    One forbidden address among several refuses the name: it would be a matter of chance otherwise.
    """
    named = rules.names(address.host)
    if not named and address.port < _LOWEST_OTHER_PORT and address.port not in _PORTS.values():
        raise AddressRefused(f"port {address.port} is not one of the web")
    found = await resolver(address.host, address.port)
    for text in found:
        if not named and not rules.permits(ipaddress.ip_address(text.partition("%")[0])):
            raise AddressRefused(f"{address.host} is not a public address")
    return found
