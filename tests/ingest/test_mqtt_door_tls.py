# SPDX-License-Identifier: EUPL-1.2
"""Our own MQTT door over TLS: with a real certificate, a renewed one, and those who never shake hands."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from pathlib import Path

import msgspec
import pytest

from stadtkern.core.settings import Settings
from stadtkern.ingest.doors import secure
from tests.ingest import mqtt_clients
from tests.ingest.certificates import certificate
from tests.ingest.held_store import until

pytestmark = pytest.mark.anyio


def shown(port: int) -> str:
    """The certificate that the door shows."""
    return ssl.get_server_certificate(("127.0.0.1", port))


async def test_messages_and_updates_go_through_tls(
    settings: Settings, token: str, things: dict[str, int], tmp_path: Path
) -> None:
    """With a certificate and without a plain port everything is encrypted; nothing else is answered."""
    file = certificate(tmp_path)
    topic = f"v1.1/Datastreams({things['one']})/Observations"
    async with mqtt_clients.service(settings, mqtt_certificate=str(file), mqtt_tls_port=0) as door:

        def work() -> None:
            client = mqtt_clients.Client(door.port, secret=token, trusted=tmp_path / "cert")
            client.connect()
            assert client.subscribe(topic) == 1
            client.store(topic, {"phenomenonTime": "2026-01-01T00:00:00Z", "result": 1.5})
            client.until(lambda: client.of(topic))
            client.close()
            plain = mqtt_clients.Client(door.port, secret=token)
            assert plain.connect().connected is None
            plain.close()

        await mqtt_clients.apart(work)


async def test_a_renewed_certificate_is_taken_up_and_a_broken_one_is_not(
    settings: Settings, tmp_path: Path
) -> None:
    """Those who come afterwards see it; nobody has to restart anything."""
    file = certificate(tmp_path)
    used = msgspec.structs.replace(settings, mqtt_certificate=str(file))
    held = secure.Certificate(used)
    first = file.read_text()
    async with mqtt_clients.service(settings, mqtt_certificate=str(file), mqtt_tls_port=0) as door:
        before = await asyncio.to_thread(shown, door.port)
        assert before.strip() in first
        certificate(tmp_path, name="renewed")
        os.utime(file, (1, 1))
        held.renew()
        file.write_text("broken")
        held.renew()
        assert await asyncio.to_thread(shown, door.port) == before
    served = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=held.context)
    async with served:
        assert await asyncio.to_thread(shown, served.sockets[0].getsockname()[1]) != before


@pytest.mark.parametrize(
    "text", ["", "nonsense", "-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----"]
)
def test_an_unusable_certificate_is_explained(settings: Settings, tmp_path: Path, text: str) -> None:
    """The message names the settings; a missing file as well."""
    file = tmp_path / "bad.pem"
    if text:
        file.write_text(text)
    with pytest.raises(secure.CertificateUnusable) as caught:
        secure.Certificate(msgspec.structs.replace(settings, mqtt_certificate=str(file)))
    assert "STADTKERN_MQTT_CERTIFICATE" in (caught.value.remedy or "")


def _greeted(port: int, *, folder: Path) -> ssl.SSLSocket:
    """A connection whose greeting is on its way; the door has not looked yet."""
    context = ssl.create_default_context(cafile=str(folder / "cert"))
    line = socket.create_connection(("127.0.0.1", port), timeout=mqtt_clients.PATIENCE)
    client = context.wrap_socket(line, server_hostname="localhost", do_handshake_on_connect=False)
    client.setblocking(False)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    client.settimeout(mqtt_clients.PATIENCE)
    return client


async def test_a_greeting_that_is_there_at_once_is_heard(settings: Settings, tmp_path: Path) -> None:
    """The loop accepts and reads in one go: what it reads before the encryption listens belongs to that."""
    more = {"mqtt_certificate": str(certificate(tmp_path)), "mqtt_tls_port": 0}
    async with mqtt_clients.service(settings, **more) as door:
        for _ in range(5):
            with _greeted(door.port, folder=tmp_path) as client:
                await mqtt_clients.apart(client.do_handshake)
                assert client.version() == "TLSv1.3"


async def test_who_leaves_before_the_encryption_keeps_no_place(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a greeting or without one: gone before the door looks, and gone while it shakes hands."""
    monkeypatch.setattr("stadtkern.ingest.doors.secure.CONNECT_SECONDS", 2 * mqtt_clients.PATIENCE)
    more = {"mqtt_certificate": str(certificate(tmp_path)), "mqtt_tls_port": 0}
    async with mqtt_clients.service(settings, **more) as door:
        teller = door._teller
        assert teller is not None
        for looked in (False, True):
            comers = [_greeted(door.port, folder=tmp_path), *_silent(door.port, count=2)]
            if looked:
                await until(lambda: len(teller._lines) == 3, what="the door has looked")
            for each in comers:
                each.close()
            await mqtt_clients.apart(lambda: shown(door.port))  # who comes later is let in later
            await until(lambda: not teller._lines, what="their places are free")


def _silent(port: int, *, count: int) -> list[socket.socket]:
    return [socket.create_connection(("127.0.0.1", port), timeout=60) for _ in range(count)]


async def test_who_never_shakes_hands_takes_no_place_for_long(
    settings: Settings, token: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Connections are counted before they are encrypted, and ended when nothing comes."""
    monkeypatch.setattr("stadtkern.ingest.doors.door.CONNECT_SECONDS", 0.5)
    file = certificate(tmp_path)
    more = {"mqtt_certificate": str(file), "mqtt_tls_port": 0, "mqtt_clients": 30}
    async with mqtt_clients.service(settings, **more) as door:

        def silent() -> None:
            lines = _silent(door.port, count=8)
            ended = [each.recv(1) for each in lines]  # too many at once, and later those that were let in
            assert ended == [b""] * 8
            for each in lines:
                each.close()

        def work() -> None:
            client = mqtt_clients.Client(door.port, secret=token, trusted=tmp_path / "cert")
            assert not client.connect().connected.is_failure
            client.close()

        await mqtt_clients.apart(silent)
        teller = door._teller
        assert teller is not None
        await until(lambda: not teller._lines, what="their places are free")
        # What follows shakes hands, however long a busy machine takes for that.
        monkeypatch.setattr("stadtkern.ingest.doors.door.CONNECT_SECONDS", mqtt_clients.PATIENCE)
        await mqtt_clients.apart(work)
