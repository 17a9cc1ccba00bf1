# SPDX-License-Identifier: EUPL-1.2
"""Messages to browsers: sealed as the standards say, signed, tried again, forgotten."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from stadtkern.core import settings as core_settings
from stadtkern.core import waiting
from stadtkern.core.database import Connection
from stadtkern.identity.push import jobs, keys, operations, sealing
from tests import pushing
from tests.pushing import Browser, Service

pytestmark = pytest.mark.anyio
_OFF_CURVE = keys.packed(b"\4" + b"x" * 64)


@pytest.fixture
async def service(connection: Connection) -> AsyncIterator[Service]:
    """A push service; nobody follows anything yet."""
    await connection.execute("DELETE FROM identity.browser")
    async with pushing.service() as made:
        yield made


@pytest.fixture
def settings(tmp_path: Any) -> core_settings.Settings:
    """An installation that may talk to the push service of the test."""
    return core_settings.load(
        environment={}, data=str(tmp_path), fetch_allowed=["localhost"], public_url="https://stadt.example"
    )


async def _waiting(
    connection: Connection, browser: Browser, *, topic: str = "follow-1", title: str = "Neu"
) -> None:
    subscription = operations.read(browser.subscription)
    await operations.follow(
        connection, subscription=subscription, language="de", kind="dataset", target=1, bound=None,
        above=True, met=False,
    )  # fmt: skip
    number = await operations.browser(connection, subscription=subscription)
    await operations.put(connection, browser_id=number, topic=topic, facts={"title": title})


async def _count(connection: Connection, table: str) -> int:
    row = await (await connection.execute(f"SELECT count(*) FROM identity.{table}")).fetchone()
    return int(row[0]) if row else -1


def test_a_message_is_sealed_as_in_the_example_of_the_standard() -> None:
    """RFC 8291, appendix A, byte for byte."""
    own = ec.derive_private_key(
        int.from_bytes(keys.unpacked("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big"), ec.SECP256R1()
    )
    sealed = sealing.seal(
        b"When I grow up, I want to be a watermelon",
        p256dh=keys.unpacked(
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
        ),
        auth=keys.unpacked("BTBZMqHH6r4Tts7J_aSIgg"),
        salt=keys.unpacked("DGv6ra1nlYgDCS1FRnbzlw"),
        own=own,
    )
    assert keys.packed(sealed) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6Tlz"
        "AC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


def test_a_message_that_no_service_takes_is_not_sealed() -> None:
    """RFC 8291, 4: one record."""
    browser = Browser("https://push.example/1")
    with pytest.raises(ValueError, match="3993"):
        sealing.seal(b"x" * 3_994, p256dh=keys.point(browser.key), auth=browser.auth)


def test_our_signature_holds_and_our_key_is_always_the_same() -> None:
    """RFC 8292: for this push service only, for half a day, with an address to complain at."""
    told = keys.authorisation(
        "secret", endpoint="https://push.example/abc", contact="https://stadt.example", now=0
    )
    token, _, key = told.removeprefix("vapid t=").partition(", k=")
    head, claims, signature = token.split(".")
    assert msgspec.json.decode(keys.unpacked(head)) == {"typ": "JWT", "alg": "ES256"}
    assert msgspec.json.decode(keys.unpacked(claims)) == {
        "aud": "https://push.example", "exp": 43_200, "sub": "https://stadt.example",
    }  # fmt: skip
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), keys.unpacked(key))
    raw = keys.unpacked(signature)
    r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    public.verify(encode_dss_signature(r, s), f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    assert keys.packed(keys.public("secret")) == key
    assert keys.public("other") != keys.public("secret")
    assert (
        "sub"
        not in keys.unpacked(
            keys.authorisation("s", endpoint="https://p.example/", contact="http://localhost").split(".")[1]
        ).decode()
    )


async def test_a_message_arrives_and_only_the_browser_reads_it(
    connection: Connection, service: Service, settings: core_settings.Settings
) -> None:
    """With our signature, a topic and how long it is worth something; then it is gone."""
    browser = Browser(service.endpoint("anna"))
    await _waiting(connection, browser, title="Parkhaus: 15 Plätze 🚗")
    assert await jobs.once(connection, settings=settings) == 1
    ((line, headers, body),) = service.heard
    assert line == "POST /push/anna HTTP/1.1"
    assert headers["authorization"].startswith("vapid t=")
    assert (headers["content-encoding"], headers["topic"]) == ("aes128gcm", "follow-1")
    assert 40_000 < int(headers["ttl"]) <= 43_200
    assert b"Parkhaus" not in body
    assert browser.open(body) == {"title": "Parkhaus: 15 Plätze 🚗"}
    assert await _count(connection, "push") == 0
    assert await jobs.once(connection, settings=settings) == 0


async def test_a_newer_message_takes_the_place_of_one_that_waits(
    connection: Connection, service: Service, settings: core_settings.Settings
) -> None:
    """Nobody gets yesterday's news after today's."""
    browser = Browser(service.endpoint("bert"))
    await _waiting(connection, browser, title="alt")
    await _waiting(connection, browser, title="neu")
    await jobs.once(connection, settings=settings)
    assert [browser.open(body)["title"] for _, _, body in service.heard] == ["neu"]


@pytest.mark.parametrize("status", ["404 Not Found", "410 Gone"])
async def test_a_browser_that_is_gone_is_forgotten(
    connection: Connection, service: Service, settings: core_settings.Settings, status: str
) -> None:
    """With everything it followed."""
    service.answers = [status]
    await _waiting(connection, Browser(service.endpoint("gone")))
    await jobs.once(connection, settings=settings)
    assert [await _count(connection, table) for table in ("browser", "follow", "push")] == [0, 0, 0]


@pytest.mark.parametrize("status", ["429 Too Many Requests\r\nRetry-After: 7200", "503 Busy"])
async def test_a_service_that_is_busy_is_asked_again_later(
    connection: Connection, service: Service, settings: core_settings.Settings, status: str
) -> None:
    """Not before it wants to; in the end the message is given up, the browser stays."""
    service.answers = [status]
    browser = Browser(service.endpoint("busy"))
    await _waiting(connection, browser)
    await jobs.once(connection, settings=settings)
    row = await (
        await connection.execute("SELECT extract(epoch FROM not_before - now())::int FROM identity.push")
    ).fetchone()
    assert row is not None
    assert row[0] > (7_100 if "7200" in status else 50)
    await connection.execute("UPDATE identity.push SET not_before = now()")
    await jobs.once(connection, settings=settings)
    assert browser.open(service.heard[-1][2]) == {"title": "Neu"}
    service.answers = ["500 Broken"]
    await _waiting(connection, browser)
    await connection.execute("UPDATE identity.push SET attempts = 9")
    await jobs.once(connection, settings=settings)
    assert [await _count(connection, table) for table in ("browser", "push")] == [1, 0]


async def test_what_a_service_refuses_and_what_is_too_old_is_given_up(
    connection: Connection, service: Service, settings: core_settings.Settings
) -> None:
    """Neither is sent again."""
    service.answers = ["413 Too Large"]
    browser = Browser(service.endpoint("late"))
    await _waiting(connection, browser)
    await jobs.once(connection, settings=settings)
    assert (await _count(connection, "push"), len(service.heard)) == (0, 1)
    await _waiting(connection, browser)
    await connection.execute("UPDATE identity.push SET expires_at = now() - interval '1 minute'")
    await jobs.once(connection, settings=settings)
    assert (await _count(connection, "push"), len(service.heard)) == (0, 1)


async def test_a_service_that_drips_its_answer_keeps_nobody_waiting(
    connection: Connection, service: Service, settings: core_settings.Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Others are sent to meanwhile, and it is asked again later."""
    monkeypatch.setattr(jobs, "_MOST_SECONDS", 3.0)
    stuck = asyncio.Event()

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            while not stuck.is_set():
                writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                await writer.drain()
                await waiting.pause(stuck, seconds=0.05)
        writer.close()

    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        await _waiting(connection, Browser(f"http://localhost:{port}/push/slow"))
        anna = Browser(service.endpoint("anna"))
        await _waiting(connection, anna)
        async with asyncio.timeout(60):
            assert await jobs.once(connection, settings=settings) == 2
        stuck.set()
    assert [anna.open(body) for _, _, body in service.heard] == [{"title": "Neu"}]
    assert await _count(connection, "push") == 1


async def test_nothing_is_sent_into_the_own_network(
    connection: Connection, service: Service, tmp_path: Any
) -> None:
    """A name that leads inside is found out when it is used, whatever it was at the beginning."""
    strict = core_settings.load(environment={}, data=str(tmp_path))
    await _waiting(connection, Browser(service.endpoint("inside")))
    await jobs.once(connection, settings=strict)
    assert service.heard == []
    assert await _count(connection, "browser") == 0
    for endpoint in ("http://8.8.8.8/x", "https://127.0.0.1/x", "https://10.0.0.1:8443/x", "https://[::1]/x"):
        with pytest.raises(operations.SubscriptionIsOfNoUse):
            await operations.check(operations.read(Browser(endpoint).subscription), allowed=())


@pytest.mark.parametrize(
    "broken",
    [
        None, [], {}, {"endpoint": "https://x.example/"}, {"endpoint": 7, "keys": {"p256dh": "", "auth": ""}},
        {"endpoint": "https://x.example/", "keys": {"p256dh": "ä", "auth": "ä"}},
        {"endpoint": "https://x.example/", "keys": {"p256dh": "BBBB", "auth": "BBBB"}},
        {"endpoint": "https://x.example/", "keys": {"p256dh": _OFF_CURVE, "auth": keys.packed(b"x" * 16)}},
    ],
)  # fmt: skip
def test_what_is_no_subscription_is_refused(broken: Any) -> None:
    """A point that is not on the curve, too."""
    with pytest.raises(operations.SubscriptionIsOfNoUse):
        operations.read(broken)


async def test_a_browser_proves_itself_by_its_secret(connection: Connection, service: Service) -> None:
    """Whoever knows only the address neither sees nor ends nor moves anything, and takes nothing over."""
    endpoint = service.endpoint("own")
    await _waiting(connection, Browser(endpoint))
    thief = operations.read(Browser(endpoint, auth=b"another secret!!").subscription)
    with pytest.raises(operations.BrowserIsUnknown):
        await operations.leave(connection, subscription=thief, id=None)
    with pytest.raises(operations.BrowserIsUnknown):
        await operations.move(connection, subscription=thief, to=thief)
    with pytest.raises(operations.SubscriptionIsOfNoUse):
        await operations.follow(
            connection, subscription=thief, language="de", kind="dataset", target=2, bound=None, above=True,
            met=False,
        )  # fmt: skip
    assert await _count(connection, "follow") == 1


async def test_fifty_are_enough(connection: Connection, service: Service) -> None:
    """And each only once."""
    browser = operations.read(Browser(service.endpoint("many")).subscription)

    async def follow(target: int) -> None:
        await operations.follow(
            connection, subscription=browser, language="de", kind="thing", target=target, bound=None,
            above=True, met=False,
        )  # fmt: skip

    for target in [1, 1, *range(2, operations.MOST_FOLLOWS + 1)]:
        await follow(target)
    assert await _count(connection, "follow") == operations.MOST_FOLLOWS
    with pytest.raises(operations.FollowsTooMuch):
        await follow(1_000)
