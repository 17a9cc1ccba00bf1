# SPDX-License-Identifier: EUPL-1.2
"""The only way in which Stadtkern fetches web addresses that somebody gave it: checked, bounded, patient."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import urljoin

import msgspec

from stadtkern.core import addresses, exchange, problems
from stadtkern.core.addresses import Address, Resolve

MOST_BYTES = 64 * 1024 * 1024
SECONDS = 60.0
_MOST_REDIRECTS = 5
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_SECRET = frozenset(("authorization", "cookie", "x-api-key", "x-ckan-api-key"))
AGENT = "Stadtkern"

AddressRefused = addresses.AddressRefused
SourceIsAway = exchange.SourceIsAway


class AnswerTooLarge(problems.Problem):
    """The address holds more than we take at once.

    Give the address of a smaller part, or upload the file in parts.
    """

    status = 413


class SourceAnswered(problems.Problem):
    """The address answers with an error.

    Check it in a browser; it may have moved, or ask for a key.
    """

    status = 502

    def __init__(self, detail: str = "", *, answered: int = 0):
        super().__init__(detail)
        self.answered = answered


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """What an address answered, after redirects. `headers` have names in small letters."""

    url: str
    status: int
    headers: Mapping[str, str]
    size: int
    body: bytes = b""

    @property
    def unchanged(self) -> bool:
        """Whether the source said that nothing changed since (If-None-Match, If-Modified-Since)."""
        return self.status == 304

    @property
    def media_type(self) -> str:
        """The media type without parameters, in small letters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class Fetcher:
    """Fetches addresses with the same bounds; make one per purpose.

    `allowed` is the setting `fetch_allowed`; `most_bytes` bounds the unpacked content; `seconds` the whole
    of one call, redirects and reading included; `redirects` how many are followed.
    """

    def __init__(
        self,
        *,
        allowed: Sequence[str] = (),
        most_bytes: int = MOST_BYTES,
        seconds: float = SECONDS,
        redirects: int = _MOST_REDIRECTS,
        resolver: Resolve = addresses.resolve,
        tls: ssl.SSLContext | None = None,
    ):
        self._rules = addresses.Rules(allowed)
        self._most_bytes = most_bytes
        self._seconds = seconds
        self._redirects = redirects
        self._resolver = resolver
        self._tls = tls

    async def fetch(self, *, url: str, headers: Mapping[str, str] | None = None) -> Fetched:
        """Get the content into memory.

        Raises AddressRefused, AnswerTooLarge, SourceAnswered (neither 2xx nor 304), SourceIsAway.
        """
        body = bytearray()
        found = await self._get(url, headers or {}, body.extend)
        return msgspec.structs.replace(found, body=bytes(body))

    async def save(self, *, url: str, path: Path, headers: Mapping[str, str] | None = None) -> Fetched:
        """Get the content into a file that is there afterwards only as a whole. Raises as `fetch`."""
        try:
            with path.open("wb") as file:
                return await self._get(url, headers or {}, file.write)
        except BaseException:
            path.unlink(missing_ok=True)
            raise

    async def _get(self, url: str, headers: Mapping[str, str], keep: Callable[[bytes], object]) -> Fetched:
        try:
            async with asyncio.timeout(self._seconds), self._answered(url, headers) as (address, answer):
                if answer.status != 304 and not 200 <= answer.status < 300:
                    raise SourceAnswered(
                        f"{address.host} answers with the status {answer.status}", answered=answer.status
                    )
                size = await self._keep(answer, keep)
                return Fetched(url=address.url, status=answer.status, headers=dict(answer.headers), size=size)
        except TimeoutError as error:
            raise exchange.SourceIsAway(f"it took longer than {self._seconds:g} seconds") from error

    async def _keep(self, answer: exchange.Exchange, keep: Callable[[bytes], object]) -> int:
        announced = answer.headers.get("content-length", "")
        if announced.isascii() and announced.isdigit() and int(announced) > self._most_bytes:
            raise AnswerTooLarge(f"it announces {announced} bytes, we take {self._most_bytes}")
        size = 0
        async for piece in answer.body():
            size += len(piece)
            if size > self._most_bytes:
                raise AnswerTooLarge(f"it is larger than {self._most_bytes} bytes")
            keep(piece)
        return size

    @contextlib.asynccontextmanager
    async def _answered(
        self, url: str, headers: Mapping[str, str]
    ) -> AsyncIterator[tuple[Address, exchange.Exchange]]:
        """Follow redirects, each checked like the first, to the answer that is none."""
        address = addresses.parse(url)
        given = {"User-Agent": AGENT, "Accept": "*/*", "Accept-Encoding": "gzip", **headers}
        for _ in range(self._redirects + 1):
            answer = await self._ask(address, given)
            try:
                if answer.status not in _REDIRECTS:
                    yield address, answer
                    return
                further = _redirected(address, answer.headers.get("location", ""))
            finally:
                answer.close()
            if further.origin != address.origin:
                given = {name: value for name, value in given.items() if name.lower() not in _SECRET}
            address = further
        raise exchange.SourceIsAway(f"it redirects more than {self._redirects} times")

    async def _ask(self, address: Address, headers: Mapping[str, str]) -> exchange.Exchange:
        try:
            connect_to = await addresses.checked(address, rules=self._rules, resolver=self._resolver)
        except OSError as error:
            raise exchange.SourceIsAway(f"there is no host named {address.host}") from error
        return await exchange.send(address, connect_to=connect_to, headers=headers, tls=self._tls)


def _redirected(address: Address, location: str) -> Address:
    """Where a redirect leads; never from a secure to an open connection."""
    if not location:
        raise exchange.SourceIsAway("it redirects, but does not say where to")
    # Headers come as Latin-1; addresses in other letters are UTF-8 (RFC 3986).
    with contextlib.suppress(UnicodeError):
        location = location.encode("latin-1").decode("utf-8")
    try:
        further = addresses.parse(urljoin(address.url, location.strip().partition("#")[0]))
    except ValueError as error:
        raise addresses.AddressRefused("it redirects to something that is no address") from error
    if address.scheme == "https" and further.scheme == "http":
        raise addresses.AddressRefused("it redirects from a secure to an open connection")
    return further
