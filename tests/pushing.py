# SPDX-License-Identifier: EUPL-1.2
"""A browser with keys of its own, and a push service that keeps what it is given."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from stadtkern.identity.push import keys

AUTH = b"sixteen letters!"


class Browser:
    """What a browser knows: its private key; it opens what is meant for it."""

    def __init__(self, endpoint: str, *, auth: bytes = AUTH):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.endpoint, self.auth = endpoint, auth

    @property
    def subscription(self) -> dict[str, Any]:
        """As its Push API gives it."""
        found = {"p256dh": keys.packed(keys.point(self.key)), "auth": keys.packed(self.auth)}
        return {"endpoint": self.endpoint, "expirationTime": None, "keys": found}

    def open(self, body: bytes) -> Any:
        """The message in a body (RFC 8188, RFC 8291)."""
        salt, theirs, text = body[:16], body[21:86], body[86:]
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs)
        info = b"WebPush: info\0" + keys.point(self.key) + theirs
        material = _stretch(self.key.exchange(ec.ECDH(), point), self.auth, info, 32)
        key = _stretch(material, salt, b"Content-Encoding: aes128gcm\0", 16)
        nonce = _stretch(material, salt, b"Content-Encoding: nonce\0", 12)
        plain = AESGCM(key).decrypt(nonce, text, None)
        assert plain.endswith(b"\x02")
        return msgspec.json.decode(plain[:-1])


def _stretch(material: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(material)


class Service:
    """Keeps headers and bodies; `answers` are the status lines of the next answers, then 201."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, dict[str, str], bytes]] = []
        self.answers: list[str] = []
        self.port = 0

    def endpoint(self, name: str) -> str:
        """An address for one browser."""
        return f"http://localhost:{self.port}/push/{name}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one request."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers["content-length"]))
        self.heard.append((head[0], headers, body))
        status = self.answers.pop(0) if self.answers else "201 Created"
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()


@contextlib.asynccontextmanager
async def service() -> AsyncIterator[Service]:
    """A push service on a free port."""
    made = Service()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    async with server:
        yield made
