# SPDX-License-Identifier: EUPL-1.2
"""TLS at our own MQTT door: counted before the handshake, with certificates that may be renewed meanwhile."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import cast

import structlog

from stadtkern.core import problems
from stadtkern.core.settings import Settings
from stadtkern.ingest.doors.connection import CONNECT_SECONDS, Connection

log = structlog.get_logger(__name__)

_Come = Callable[[], asyncio.Protocol]


class CertificateUnusable(problems.Problem):
    """The certificate for MQTT over TLS cannot be used.

    STADTKERN_MQTT_CERTIFICATE names a PEM file with the certificate and those that vouch for it,
    STADTKERN_MQTT_KEY one with its key, without password; the service's account must be able to read both.
    """

    status = 500


class Certificate:
    """The certificate as files; what they hold now counts for connections that come now."""

    def __init__(self, settings: Settings):
        chain = settings.mqtt_certificate or ""
        self._chain, self._key = Path(chain), Path(settings.mqtt_key or chain)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._seen = self._load(self.context)

    def renew(self) -> None:
        """Take files that have changed; unusable ones are named in the log, and the old ones stay."""
        try:
            if self._stamp() == self._seen:
                return
            self._load(
                ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            )  # half a pair must not get into the one in use
            self._seen = self._load(self.context)
            log.info("the certificate for MQTT was renewed")
        except (CertificateUnusable, OSError) as error:
            log.error("the certificate for MQTT could not be renewed", error=str(error))

    def _stamp(self) -> tuple[int, ...]:
        return tuple(path.stat().st_mtime_ns for path in (self._chain, self._key))

    def _load(self, context: ssl.SSLContext) -> tuple[int, ...]:
        try:
            stamp = self._stamp()
            context.load_cert_chain(self._chain, self._key, password=_no_password)
        except (OSError, ValueError) as error:
            raise CertificateUnusable(f"{self._chain}: {error}") from error
        return stamp


def _no_password() -> str:
    raise ValueError("the key is encrypted")


class Handshake(asyncio.Protocol):
    """A connection until it is encrypted. The door knows it from the first moment on."""

    def __init__(
        self, *, line: Connection, certificate: Certificate, keep: Callable[[asyncio.Task[None]], None]
    ):
        self._line = line
        self._certificate = certificate
        self._keep = keep
        self._lost = False
        self._early = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody comes, if there is room."""
        self._line.connection_made(transport)
        if not self._line.gone:
            self._keep(asyncio.create_task(self._encrypt(cast(asyncio.Transport, transport))))

    def data_received(self, data: bytes) -> None:
        """A greeting that is there before the encryption listens: the loop may read as soon as it accepts."""
        self._early += data

    def connection_lost(self, error: Exception | None) -> None:
        """It ended before the encryption listened."""
        self._lost = True
        self._line.connection_lost(error)

    async def _encrypt(self, transport: asyncio.Transport) -> None:
        if self._lost:
            return
        loop = asyncio.get_running_loop()
        if self._early:
            loop.call_soon(self._hand_over, transport)  # before anything else is read
        try:
            made = await loop.start_tls(
                transport,
                self._line,
                self._certificate.context,
                server_side=True,
                ssl_handshake_timeout=CONNECT_SECONDS,
            )
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            transport.abort()
            self._line.connection_lost(error if isinstance(error, OSError) else None)
            return
        if made is None or made.get_extra_info("cipher") is None:  # it ended before both had agreed on one
            self._line.connection_lost(None)
        else:
            self._line.encrypted(made)

    def _hand_over(self, transport: asyncio.Transport) -> None:
        """Give the encryption what came before it listened."""
        data, protocol = self._early, transport.get_protocol()
        if protocol is self:
            return
        encryption = cast(asyncio.BufferedProtocol, protocol)
        while data:
            room = memoryview(encryption.get_buffer(len(data)))
            size = min(len(room), len(data))
            room[:size] = data[:size]
            encryption.buffer_updated(size)
            data = data[size:]


async def doors(settings: Settings, *, come: _Come, encrypted: _Come | None) -> list[asyncio.Server]:
    """One without TLS unless only the other is wanted; one with TLS if there is a certificate."""
    loop = asyncio.get_running_loop()
    found: list[asyncio.Server] = []
    if settings.mqtt_port or encrypted is None:
        found.append(await loop.create_server(come, settings.host, settings.mqtt_port, backlog=512))
    if encrypted is not None:
        port = settings.mqtt_tls_port
        try:
            found.append(await loop.create_server(encrypted, settings.host, port, backlog=512))
        except OSError as error:
            if not found:
                raise
            log.error("MQTT over TLS stays closed", port=port, error=str(error))
    for server in found:
        log.info("MQTT is open", host=settings.host, port=server.sockets[0].getsockname()[1])
    return found
