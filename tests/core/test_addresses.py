# SPDX-License-Identifier: EUPL-1.2
"""What is a web address, and which addresses everybody may reach."""

from __future__ import annotations

import ipaddress

import pytest

from stadtkern.core import addresses


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/a", "file:///etc/passwd", "gopher://example.org", "example.org", "",
        "http://user:secret@example.org/", "http://user@example.org/", "http:///path", "http://exa mple.org/",
        "http://example.org/\r\nHost: inside", "http://example.org\\@127.0.0.1/", "http://[fe80::1%25eth0]/",
        "http://example.org:99999/", "http://example.org:x/", "http://[::1/", "http://" + "a" * 2_000,
        "javascript:alert(1)", "http://\u2100.example\ud800/",
    ],
)  # fmt: skip
def test_what_is_no_web_address_is_refused(url: str) -> None:
    """Before anything is resolved."""
    with pytest.raises(addresses.AddressRefused):
        addresses.parse(url)


def test_addresses_in_other_letters_are_written_in_ascii() -> None:
    """Host by IDNA, path and query by UTF-8 in percent signs; what is encoded already stays."""
    found = addresses.parse("HTTPS://Münster.example:443/Straße/%C3%A4?q=grün&r=1#teil")
    assert found.url == "https://xn--mnster-3ya.example/Stra%C3%9Fe/%C3%A4?q=gr%C3%BCn&r=1"
    assert found.authority == "xn--mnster-3ya.example"
    assert addresses.parse("http://[2001:db8::1]:8080/").authority == "[2001:db8::1]:8080"


@pytest.mark.parametrize(
    "text",
    [
        "0.0.0.0", "10.1.2.3", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.8.8.8", "168.63.129.16",
        "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.168.1.1",
        "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
        "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::7f00:1", "64:ff9b::7f00:1", "64:ff9b::a00:1",
        "64:ff9b:1::1", "2002:7f00:1::", "2001:0:1::1", "2001:db8::1", "fc00::1", "fd00:ec2::254", "fe80::1",
        "fec0::1", "ff02::1", "ff0e::1",
    ],
)  # fmt: skip
def test_addresses_of_the_inside_are_not_public(text: str) -> None:
    """Private, loopback, link-local, metadata, multicast, documentation, and what only wraps them."""
    assert not addresses.is_public(ipaddress.ip_address(text))
    assert not addresses.Rules().permits(ipaddress.ip_address(text))


@pytest.mark.parametrize(
    "text", ["8.8.8.8", "193.99.144.80", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_addresses_of_the_internet_are_public(text: str) -> None:
    """Also where IPv6 wraps them."""
    assert addresses.is_public(ipaddress.ip_address(text))
