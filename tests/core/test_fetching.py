# SPDX-License-Identifier: EUPL-1.2
"""Fetching an address that somebody gave reaches only what it should, and ends in bounded time and space."""

from __future__ import annotations

import asyncio
import gzip
import re
import ssl
import zlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

import stadtkern
from stadtkern.core import addresses, exchange, fetching
from tests.core import sources

pytestmark = pytest.mark.anyio

LOCAL = ("127.0.0.0/8",)


@pytest.fixture
async def source() -> AsyncIterator[sources.Source]:
    """A source on this machine."""
    async with sources.running() as started:
        yield started


async def _names(host: str, port: int) -> list[str]:
    return {"mixed.example": ["93.184.216.34", "10.0.0.1"], "inside.example": ["192.168.7.7"]}.get(
        host, ["::1"]
    )


@pytest.mark.parametrize(
    "url",
    [
        "http://inside.example/", "http://mixed.example/", "http://other.example/", "http://127.0.0.1:8000/",
        "http://2130706433/", "http://0x7f.1/", "http://0177.0.0.1/", "http://127.1/", "http://localhost/",
        "http://[::ffff:169.254.169.254]/", "http://169.254.169.254/latest/meta-data/", "http://localhost./",
    ],
)  # fmt: skip
async def test_what_leads_inside_is_refused_however_it_is_written(url: str) -> None:
    """The check is of the resolved address; one forbidden address among several refuses the name."""
    resolver = _names if ".example" in url else addresses.resolve
    with pytest.raises(fetching.AddressRefused, match="not a public address"):
        await fetching.Fetcher(resolver=resolver).fetch(url=url)


async def test_only_ports_of_the_web_are_asked() -> None:
    """Nobody sends mail through us."""
    with pytest.raises(fetching.AddressRefused, match="port 25"):
        await fetching.Fetcher(resolver=_names).fetch(url="http://mixed.example:25/")


async def test_the_checked_address_is_the_one_connected_to(source: sources.Source) -> None:
    """The name is resolved once; a second answer of the resolver (rebinding) is never asked for."""
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])

    async def resolver(host: str, port: int) -> list[str]:
        return next(answers)

    source.replies["/"] = sources.answer(b"here")
    fetcher = fetching.Fetcher(allowed=LOCAL, resolver=resolver)
    found = await fetcher.fetch(url=f"http://rebinding.example:{source.port}/")
    assert found.body == b"here"
    assert f"Host: rebinding.example:{source.port}" in source.heads[0]


async def test_the_setting_permits_networks_and_names(source: sources.Source) -> None:
    """And nothing else: a permitted network does not permit its neighbour."""
    source.replies["/"] = sources.answer(b"x")
    assert (await fetching.Fetcher(allowed=LOCAL).fetch(url=source.url)).body == b"x"
    assert (await fetching.Fetcher(allowed=("127.0.0.1",)).fetch(url=source.url + "/")).status == 200
    named = fetching.Fetcher(allowed=(" LOCALHOST ",))
    assert (await named.fetch(url=f"http://localhost:{source.port}")).size == 1
    with pytest.raises(fetching.AddressRefused):
        await fetching.Fetcher(allowed=("127.0.1.0/24", "localhost")).fetch(url=source.url)


async def test_redirects_are_followed_and_checked_again(source: sources.Source) -> None:
    """A public address cannot send us inside, nor to another kind of address, nor around for ever."""
    source.replies["/a"] = sources.redirect("b?x=1#part", status="308 Permanent Redirect")
    source.replies["/b"] = sources.answer(b"arrived")
    fetcher = fetching.Fetcher(allowed=("127.0.0.1/32",))
    found = await fetcher.fetch(url=f"{source.url}/a")
    assert (found.body, found.url) == (b"arrived", f"{source.url}/b?x=1")
    for location in (
        "http://127.0.0.2/",
        "http://169.254.169.254/",
        "file:///etc/passwd",
        "http://[::1",
        "//u:p@h/",
    ):
        source.replies["/in"] = sources.redirect(location)
        with pytest.raises(fetching.AddressRefused):
            await fetcher.fetch(url=f"{source.url}/in")
    source.replies["/round"] = sources.redirect("/round")
    with pytest.raises(fetching.SourceIsAway, match="more than 5 times"):
        await fetcher.fetch(url=f"{source.url}/round")
    source.replies["/where"] = sources.answer(status="301 Moved")
    with pytest.raises(fetching.SourceIsAway, match="where to"):
        await fetcher.fetch(url=f"{source.url}/where")


async def test_secrets_stay_with_whom_they_are_for(source: sources.Source) -> None:
    """A redirect to another host or port takes no key along; one on the same host does."""
    async with sources.running() as other:
        source.replies["/same"] = sources.redirect("/other")
        source.replies["/other"] = sources.redirect(f"{other.url}/end")
        other.replies["/end"] = sources.answer(b"end")
        await fetching.Fetcher(allowed=LOCAL).fetch(
            url=f"{source.url}/same", headers={"Authorization": "Bearer abc", "Accept": "text/turtle"}
        )
        assert all("Bearer abc" in head for head in source.heads)
        assert "Bearer" not in other.heads[0]
        assert "Accept: text/turtle" in other.heads[0]


def test_a_secure_address_does_not_lead_to_an_open_one() -> None:
    """What was asked for over TLS does not arrive without."""
    with pytest.raises(fetching.AddressRefused, match="secure"):
        fetching._redirected(addresses.parse("https://a.example/"), "http://a.example/")


async def test_a_header_cannot_smuggle_another(source: sources.Source) -> None:
    """A line break in a header is our own mistake, and nothing is sent."""
    with pytest.raises(ValueError, match="line break"):
        await fetching.Fetcher(allowed=LOCAL).fetch(url=source.url, headers={"X": "a\r\nY: b"})
    assert not source.asked


async def test_what_is_too_large_is_not_taken(source: sources.Source, tmp_path: Path) -> None:
    """Announced or not, packed or not; and no half file stays behind."""
    fetcher = fetching.Fetcher(allowed=LOCAL, most_bytes=10_000)
    source.replies["/said"] = sources.answer(headers=()).replace(
        b"Content-Length: 0", b"Content-Length: 10001"
    )
    source.replies["/unsaid"] = b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 10_001
    bomb = gzip.compress(b"\0" * 5_000_000)
    source.replies["/bomb"] = sources.answer(bomb, headers=("Content-Encoding: gzip",))
    for path in ("/said", "/unsaid", "/bomb"):
        with pytest.raises(fetching.AnswerTooLarge):
            await fetcher.save(url=source.url + path, path=tmp_path / "file")
        assert not (tmp_path / "file").exists()
    source.replies["/fits"] = b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 10_000
    assert (await fetcher.save(url=f"{source.url}/fits", path=tmp_path / "file")).size == 10_000
    assert (tmp_path / "file").stat().st_size == 10_000


async def test_content_is_unpacked(source: sources.Source) -> None:
    """gzip also in several members, deflate with its wrapping and without, chunks, and no packing at all."""
    content = b"Stadt" * 50_000
    bare = zlib.compressobj(wbits=-15)
    packed = {
        "gzip": gzip.compress(content[:100]) + gzip.compress(content[100:]),
        "deflate": zlib.compress(content),
        "Deflate": bare.compress(content) + bare.flush(),
        "identity": content,
    }
    fetcher = fetching.Fetcher(allowed=LOCAL)
    for name, body in packed.items():
        source.replies["/"] = sources.answer(body, headers=(f"Content-Encoding: {name}",))
        assert (await fetcher.fetch(url=source.url)).body == content, name
    hints = b"HTTP/1.1 103 Early Hints\r\nX: 1\r\n\r\n"
    chunks = b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    source.replies["/"] = hints + b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks
    found = await fetcher.fetch(url=source.url)
    assert (found.body, found.status, "x" in found.headers) == (b"abcde", 200, False)


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (sources.answer(b"x", headers=("Content-Encoding: br",)), "packed in a way"),
        (sources.answer(b"not gzip", headers=("Content-Encoding: gzip",)), "is broken"),
        (sources.answer(gzip.compress(b"x" * 99)[:-9], headers=("Content-Encoding: gzip",)), "broke off"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", "broke off"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "broke off"),
        (b"", "no answer"),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "not HTTP"),
        (b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 20_000, "too long"),
        (sources.answer(status="503 Gone"), "status 503"),
    ],
)
async def test_a_broken_answer_is_said_to_be(source: sources.Source, reply: bytes, words: str) -> None:
    """Nothing half is taken for whole."""
    source.replies["/"] = reply
    with pytest.raises((fetching.SourceIsAway, fetching.SourceAnswered), match=words):
        await fetching.Fetcher(allowed=LOCAL).fetch(url=source.url)


async def test_whoever_answers_slowly_holds_nobody(
    source: sources.Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole call is bounded, and so is each silence in it."""
    forever = asyncio.Event()

    async def silent(target: str) -> bytes:
        await forever.wait()
        return b""

    source.replies["/"] = silent
    with pytest.raises(fetching.SourceIsAway, match="longer than"):
        await fetching.Fetcher(allowed=LOCAL, seconds=0.05).fetch(url=source.url)
    monkeypatch.setattr(exchange, "_IDLE_SECONDS", 0.05)
    with pytest.raises(fetching.SourceIsAway, match="nothing came"):
        await fetching.Fetcher(allowed=LOCAL).fetch(url=source.url)
    forever.set()


async def test_a_source_may_say_that_nothing_changed(source: sources.Source) -> None:
    """With the headers of a conditional request."""
    source.replies["/"] = b'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nContent-Length: 5\r\n\r\n'
    found = await fetching.Fetcher(allowed=LOCAL).fetch(url=source.url, headers={"If-None-Match": '"a"'})
    assert found.unchanged
    assert found.headers["etag"] == '"a"'


async def test_nobody_there_is_said_plainly(source: sources.Source) -> None:
    """No such name, and no such port."""

    async def nothing(host: str, port: int) -> list[str]:
        raise OSError("unknown")

    with pytest.raises(fetching.SourceIsAway, match=r"no host named nowhere\.example"):
        await fetching.Fetcher(resolver=nothing).fetch(url="http://nowhere.example/")
    async with sources.running() as gone:
        url = gone.url
    with pytest.raises(fetching.SourceIsAway, match="does not accept"):
        await fetching.Fetcher(allowed=LOCAL).fetch(url=url)


def _certified(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """What a server and a client need so that the client believes the server to be `name`."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    begin = datetime.now(UTC) - timedelta(days=1)
    names = x509.SubjectAlternativeName([x509.DNSName(name)])
    made = x509.CertificateBuilder(subject, subject, key.public_key(), 1, begin, begin + timedelta(days=9))
    certificate = made.add_extension(names, critical=False).sign(key, hashes.SHA256())
    (folder / "cert").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    serving.load_cert_chain(folder / "cert", folder / "key")
    return serving, ssl.create_default_context(cafile=str(folder / "cert"))


async def test_a_secure_address_must_prove_its_name(tmp_path: Path) -> None:
    """Connected to by number, but judged by its name; a certificate nobody vouches for is none."""
    serving, believing = _certified(tmp_path, "source.example")

    async def here(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    async with sources.running(tls=serving) as source:
        source.replies["/"] = sources.answer(b"secret")
        known = fetching.Fetcher(allowed=LOCAL, resolver=here, tls=believing)
        assert (await known.fetch(url=f"https://source.example:{source.port}/")).body == b"secret"
        for fetcher, name in (
            (known, "other.example"),
            (fetching.Fetcher(allowed=LOCAL, resolver=here), "source.example"),
        ):
            with pytest.raises(fetching.SourceIsAway, match="no secure connection"):
                await fetcher.fetch(url=f"https://{name}:{source.port}/")


def test_nobody_else_fetches() -> None:
    """No other module loads something that could fetch by itself."""
    found = [
        str(path)
        for path in Path(stadtkern.__path__[0]).rglob("*.py")
        if re.search(
            r"^\s*(import|from) (urllib\.request|urllib3|requests|httpx|aiohttp|ftplib)\b",
            path.read_text(),
            re.M,
        )
    ]
    assert not found
