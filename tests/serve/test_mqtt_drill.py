# SPDX-License-Identifier: EUPL-1.2
"""The drill for MQTT: database away, kill -9 of ours and of the broker; nothing lost, nothing doubled."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from stadtkern import dataplane
from stadtkern.core import access, database, datasets, migrations, postgres, tokens
from stadtkern.core import settings as core_settings
from tests import places
from tests.ingest import mosquitto, mqtt_clients
from tests.running import free_port

_START = datetime(2026, 3, 1, tzinfo=UTC)


class Site:
    """A database that the test starts and stops, and a work process beside it."""

    def __init__(self, folder: Path):
        (folder / "database").mkdir(mode=0o755)
        self.folder = folder
        self.database = postgres.Embedded(core_settings.load(environment={}, data=str(folder / "database")))
        self.database.start()
        self.url = self.database.url
        self.settings = core_settings.load(environment={}, data=str(folder / "work"), database_url=self.url)
        self._process: subprocess.Popen[bytes] | None = None
        self.datastream = asyncio.run(self._prepare())

    async def _prepare(self) -> int:
        await migrations.migrate(url=self.url)
        async with await database.connect(url=self.url, autocommit=True) as connection:
            about = {"title": {"de": "Probe"}}
            self.dataset = await datasets.save(connection, key="drill", room="public", about=about)
            scopes = {self.dataset: access.VERBS}
            made = await tokens.create(
                connection, name="setup", scopes=scopes, default_dataset_id=self.dataset
            )
        app = dataplane.create_app(settings=self.settings, url=self.url)
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
                return (await mqtt_clients.make_things(client, made.secret))["one"]

    def token(self) -> tuple[str, str]:
        """User name and password, made while everything runs."""

        async def make() -> tuple[str, str]:
            async with await database.connect(url=self.url, autocommit=True) as connection:
                made = await tokens.create(connection, name="device", scopes={self.dataset: ["create"]})
                return f"token-{made.id}", made.secret

        return asyncio.run(make())

    def work(self, **environment: str) -> None:
        """Start `stadtkern work`."""
        with (self.folder / "work.log").open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-W", "ignore", "-m", "stadtkern", "work"],
                stdout=output, stderr=output, start_new_session=True,
                env={**os.environ, "STADTKERN_DATA": str(self.folder / "work"),
                     "STADTKERN_DATABASE_URL": self.url, **environment},
            )  # fmt: skip

    def kill_work(self) -> None:
        """kill -9 of the work process; its supervisor starts it again."""
        assert self._process is not None
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        _until(lambda: children.read_text(), "a work process")  # one that fell is begun again after a pause
        for child in children.read_text().split():
            os.kill(int(child), signal.SIGKILL)

    def stored(self) -> list[int]:
        """What the store holds, in the order of time."""
        with psycopg.connect(self.url) as connection:
            rows = connection.execute(
                "SELECT result::bigint FROM things.observation WHERE datastream_id = %s ORDER BY 1",
                (self.datastream,),
            ).fetchall()
            return [int(row[0]) for row in rows]

    def close(self) -> None:
        """Stop everything."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
        self.database.stop()


class Sender(threading.Thread):
    """A careful device: numbers each reading and counts what was acknowledged."""

    def __init__(self, client: mqtt_clients.Client, topic: str):
        super().__init__(daemon=True)
        self._client, self._topic = client, topic
        self._sent: dict[int, int] = {}
        self._halt = threading.Event()

    def run(self) -> None:
        """Send, never more than a hundred ahead of the acknowledgements."""
        number = 0
        while not self._halt.is_set():
            if len(self._sent) - len(self.acknowledged) < 100:
                moment = (_START + timedelta(seconds=number)).strftime("%Y-%m-%dT%H:%M:%SZ")
                self._sent[
                    self._client.publish(self._topic, {"phenomenonTime": moment, "result": number})
                ] = number
                number += 1
            self._halt.wait(0.002)

    @property
    def acknowledged(self) -> set[int]:
        """What the broker has promised to keep, or we to have stored."""
        return {self._sent[mid] for mid in list(self._client.acknowledged) if mid in self._sent}

    def more(self, count: int) -> None:
        """Wait until so many more are acknowledged."""
        wanted = len(self.acknowledged) + count
        self._client.until(lambda: len(self.acknowledged) >= wanted, what=f"{wanted} in all", patience=120)

    def halt(self) -> set[int]:
        """Send no more; wait for what is under way."""
        self._halt.set()
        self.join()
        self._client.until(lambda: len(self.acknowledged) == len(self._sent), what="the last", patience=120)
        return self.acknowledged


@pytest.fixture
def site() -> Iterator[Site]:
    """A site of its own, removed afterwards."""
    folder = places.folder("stadtkern-drill-")
    made = Site(folder)
    try:
        yield made
    finally:
        made.close()
        shutil.rmtree(folder)


@contextlib.contextmanager
def _follower(port: int, topic: str, *, name: str, secret: str) -> Iterator[mqtt_clients.Client]:
    """Somebody who follows a topic in a session that lasts."""
    client = mqtt_clients.Client(port, name=name, clean=False, secret=secret)
    client.paho.reconnect_delay_set(1, 1)
    client.paho.connect_async("127.0.0.1", port)
    client.paho.loop_start()
    client.until(lambda: client.connected is not None and not client.connected.is_failure, patience=120)
    if not client.present:
        client.subscribe(topic)
    try:
        yield client
    finally:
        client.close()


def _told(client: mqtt_clients.Client, topic: str) -> set[int]:
    return {document["result"] for document in client.of(topic)}


def _enter(port: int, **more: Any) -> mqtt_clients.Client:
    """A client that comes in as soon as it may; it comes back by itself."""
    client = mqtt_clients.Client(port, name="device", clean=False, **more)
    client.paho.reconnect_delay_set(1, 1)
    client.paho.max_inflight_messages = 100
    client.paho.connect_async("127.0.0.1", port)
    client.paho.loop_start()
    client.until(lambda: client.connected is not None and not client.connected.is_failure, patience=120)
    return client


def _away(site: Site, sender: Sender, *, meanwhile: Any) -> None:
    """Stop the database for a while and start it again."""
    site.database.stop()
    meanwhile()
    site.database.start()
    sender.more(100)


def test_our_own_door_acknowledges_only_what_is_stored(site: Site) -> None:
    """The database is away, then the work process is killed: each acknowledged reading is there, once.

    Who follows with QoS 1 is told of it, the one who stayed and the one who was away all the time.
    """
    port = free_port()
    topic = f"v1.1/Datastreams({site.datastream})/Observations"
    site.work(STADTKERN_MQTT_PORT=str(port))
    user, secret = site.token()
    with _follower(port, topic, name="away", secret=secret):
        pass
    client = _enter(port, username=user, secret=secret)
    sender = Sender(client, topic)
    sender.start()
    sender.more(200)

    def nothing_is_promised() -> None:
        for _ in range(5):  # what was stored before may still be on its way
            held = len(sender.acknowledged)
            with contextlib.suppress(AssertionError):
                client.until(lambda held=held: len(sender.acknowledged) > held, patience=2)
            if len(sender.acknowledged) == held:
                return
        raise AssertionError(f"{held} acknowledged, and more and more without a database")

    with _follower(port, topic, name="there", secret=secret) as there:
        begun = max(sender.acknowledged)
        _away(site, sender, meanwhile=nothing_is_promised)
        site.kill_work()
        sender.more(200)
        acknowledged = sender.halt()
        followed = {number for number in acknowledged if number > begun + 100}
        there.until(lambda: followed <= _told(there, topic), what="all at who stayed", patience=120)
    client.close()
    stored = site.stored()
    assert len(stored) == len(set(stored))
    assert set(stored) == acknowledged
    site.kill_work()
    with _follower(port, topic, name="away", secret=secret) as back:
        newest = set(sorted(acknowledged)[-800:])
        back.until(lambda: newest <= _told(back, topic), what="what waited", patience=120)


def test_mosquitto_holds_what_we_cannot_take(site: Site) -> None:
    """Database away, we are killed, the broker is killed after its save: all that it holds arrives, once."""
    mosquitto.required()
    broker_folder = site.folder / "mosquitto"
    broker_folder.mkdir()
    with mosquitto.running(folder=broker_folder, settings=site.settings) as broker:
        site.work(STADTKERN_MQTT_URL=broker.url)
        with psycopg.connect(site.url, autocommit=True) as watcher:
            _until(lambda: _heard(watcher), "our listener for new tokens")
        user, secret = site.token()
        client = _enter(broker.devices, username=user, secret=secret)
        sender = Sender(client, f"v1.1/Datastreams({site.datastream})/Observations")
        sender.start()
        sender.more(200)
        site.kill_work()
        sender.more(200)
        _away(site, sender, meanwhile=lambda: sender.more(300))
        site.database.stop()
        acknowledged = sender.halt()
        sent = time.time_ns()
        client.until(lambda: broker.saved() > sent, what="the broker's own saving")
        broker.kill()
        site.kill_work()
        broker.start()
        site.database.start()
        client.close()
        _until(lambda: set(site.stored()) >= acknowledged, "all that was held")
        stored = site.stored()
    assert len(stored) == len(set(stored))
    assert set(stored) == acknowledged


def _heard(connection: Any) -> bool:
    """Whether the work process listens; its sessions end in the statement that began to."""
    found = connection.execute(
        "SELECT FROM pg_stat_activity WHERE query LIKE 'LISTEN%stadtkern_token%' AND pid <> pg_backend_pid()"
    ).fetchall()
    return bool(found)


def _until(condition: Any, what: str) -> None:
    deadline = time.monotonic() + 60
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        pause.wait(0.05)
