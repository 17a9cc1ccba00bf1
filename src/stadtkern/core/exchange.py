# SPDX-License-Identifier: EUPL-1.2
"""One request over one connection to a checked address: what is sent, and what comes back piece by piece."""

from __future__ import annotations

import asyncio
import functools
import ssl
import zlib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence

import httptools

from stadtkern.core import problems
from stadtkern.core.addresses import Address

_CHUNK = 65_536
_MOST_HEAD = 65_536
_CONNECT_SECONDS = 10.0
_IDLE_SECONDS = 30.0
_GZIP = 16 + zlib.MAX_WBITS


class SourceIsAway(problems.Problem):
    """The address does not answer as it should.

    Check it in a browser and try again later.
    """

    status = 502


class _Parsed:
    """What the parser has understood so far; answers that only say "go on" (1xx) are passed over."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body: list[bytes] = []
        self.head_done = self.done = False
        self.parser = httptools.HttpResponseParser(self)

    def on_header(self, name: bytes, value: bytes) -> None:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        self.headers[key] = f"{self.headers[key]}, {text}" if key in self.headers else text

    def on_headers_complete(self) -> None:
        self.status = self.parser.get_status_code()
        if self.status < 200:
            self.headers.clear()
        else:
            self.head_done = True

    def on_body(self, body: bytes) -> None:
        self.body.append(body)

    def on_message_complete(self) -> None:
        self.done = self.head_done


class Exchange:
    """A request that was sent and whose head was answered; `body()` reads the rest."""

    def __init__(self, *, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, parsed: _Parsed):
        self._reader = reader
        self._writer = writer
        self._parsed = parsed

    @property
    def status(self) -> int:
        """The status of the answer."""
        return self._parsed.status

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers of the answer, names in small letters."""
        return self._parsed.headers

    def close(self) -> None:
        """End the connection, also in the middle."""
        self._writer.transport.abort()

    async def body(self) -> AsyncIterator[bytes]:
        """The decoded body. Raises SourceIsAway where it breaks off or is packed in an unknown way."""
        unpack = _Unpacking(self.headers.get("content-encoding", ""))
        async for piece in self._raw():
            for part in unpack.feed(piece):
                yield part
        unpack.finish()

    async def _raw(self) -> AsyncIterator[bytes]:
        parsed = self._parsed
        until_end = "content-length" not in self.headers and "chunked" not in self.headers.get(
            "transfer-encoding", ""
        )
        while True:
            pieces, parsed.body = parsed.body, []
            for piece in pieces:
                yield piece
            if parsed.done:
                return
            data = await _read(self._reader)
            if not data:
                if until_end:
                    return
                raise SourceIsAway("the answer broke off")
            _feed(parsed, data)


class _Unpacking:
    """Takes a body out of its packing in small pieces, so that what is read never outruns what is checked."""

    def __init__(self, encoding: str):
        name = encoding.strip().lower()
        if name not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise SourceIsAway(f"the answer is packed in a way we did not ask for: {name[:40]}")
        self._deflate = name == "deflate"
        self._begun = False
        self._inflater = zlib.decompressobj(_GZIP) if "gzip" in name or self._deflate else None

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The next pieces of the content, each of bounded size."""
        if self._inflater is None:
            yield data
            return
        if self._deflate and not self._begun:  # with its wrapping (RFC 1950) or, as many do, without
            self._inflater = zlib.decompressobj(zlib.MAX_WBITS if data[0] & 0x0F == 8 else -zlib.MAX_WBITS)
        self._begun = True
        while data:
            if self._inflater.eof:  # several members one after the other (RFC 1952, 2.2)
                self._inflater = zlib.decompressobj(_GZIP)
            try:
                yield self._inflater.decompress(data, _CHUNK * 4)
            except zlib.error as error:
                raise SourceIsAway(f"the packed answer is broken: {error}") from error
            data = self._inflater.unconsumed_tail or self._inflater.unused_data

    def finish(self) -> None:
        """Say so where the packed content was cut off."""
        if self._inflater is not None and self._begun and not self._inflater.eof:
            raise SourceIsAway("the packed answer broke off")


@functools.cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


async def send(
    address: Address,
    *,
    connect_to: Sequence[str],
    headers: Mapping[str, str],
    tls: ssl.SSLContext | None = None,
    body: bytes | None = None,
) -> Exchange:
    """Connect to one of the checked addresses and send GET, or POST where there is a body.

    Raises SourceIsAway, TimeoutError.
    """
    reader, writer = await _connected(address, connect_to, tls)
    try:
        if body is None:
            writer.write(_head(address, headers))
        else:
            length = {"Content-Length": str(len(body))}
            writer.write(_head(address, {**headers, **length}, method="POST") + body)
        await writer.drain()
        parsed = _Parsed()
        size = 0
        while not parsed.head_done:
            data = await _read(reader)
            size += len(data)
            if not data or size > _MOST_HEAD:
                raise SourceIsAway(
                    "there was no answer" if not data else "the head of the answer is too long"
                )
            _feed(parsed, data)
    except OSError as error:
        writer.transport.abort()
        raise SourceIsAway(f"{address.host}: the connection broke off") from error
    except BaseException:
        writer.transport.abort()
        raise
    return Exchange(reader=reader, writer=writer, parsed=parsed)


async def _connected(
    address: Address, connect_to: Sequence[str], tls: ssl.SSLContext | None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    context = (tls or _tls()) if address.scheme == "https" else None
    failure: Exception | None = None
    for ip in connect_to:
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                return await asyncio.open_connection(
                    ip, address.port, ssl=context, server_hostname=address.host if context else None
                )
        except ssl.SSLError as error:
            raise SourceIsAway(f"{address.host}: no secure connection ({error.reason or error})") from error
        except OSError as error:  # a TimeoutError is one too
            failure = error
    raise SourceIsAway(f"{address.host} does not accept a connection at port {address.port}") from failure


def _head(address: Address, headers: Mapping[str, str], *, method: str = "GET") -> bytes:
    lines = [f"{method} {address.target} HTTP/1.1", f"Host: {address.authority}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if any("\r" in line or "\n" in line or "\0" in line for line in lines):
        raise ValueError("a header contains a line break")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


async def _read(reader: asyncio.StreamReader) -> bytes:
    try:
        async with asyncio.timeout(_IDLE_SECONDS):
            return await reader.read(_CHUNK)
    except TimeoutError as error:
        raise SourceIsAway(f"nothing came for {_IDLE_SECONDS:g} seconds") from error
    except OSError as error:
        raise SourceIsAway("the connection broke off") from error


def _feed(parsed: _Parsed, data: bytes) -> None:
    try:
        parsed.parser.feed_data(data)
    except httptools.HttpParserError as error:
        if not parsed.done:  # whatever follows a whole answer is not ours to judge
            raise SourceIsAway("what came back is not HTTP") from error
