# SPDX-License-Identifier: EUPL-1.2
"""Those who watch over the service are told whether it lives, whether it is ready, and how it fares."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import psycopg
import pytest
from starlette.applications import Starlette

from stadtkern.core.settings import Settings
from stadtkern.serve import front, health, meter
from tests.things import factories

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def watched(
    app: Starlette, settings: Settings, *, client: str = "127.0.0.1", **changes: Any
) -> AsyncIterator[tuple[httpx.AsyncClient, front.Front]]:
    """Somebody before the front, whose own figures are told in a folder of their own."""
    with tempfile.TemporaryDirectory() as folder:
        watch = health.Health(
            plane=app, settings=msgspec.structs.replace(settings, **changes), folder=Path(folder)
        )
        made = front.Front(data=app, web=None, assets=Path(folder), watch=watch)
        transport = httpx.ASGITransport(app=made, client=(client, 1))
        async with (
            meter.told(folder=Path(folder), name="data"),
            httpx.AsyncClient(transport=transport, base_url="http://t") as asking,
        ):
            yield asking, made


def fill(app: Starlette, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the data plane believe for the time of a test that more must stay free than there is."""
    for name, value in (
        ("_folder", Path("/")),
        ("_reserve", 10**18),
        ("_asked", float("-inf")),
        ("_short", False),
    ):
        monkeypatch.setattr(app.state.room, name, value)


async def test_alive_and_ready(app: Starlette, settings: Settings) -> None:
    """Alive needs only the process; ready needs all checks."""
    async with watched(app, settings) as (client, _):
        assert (await client.get("/healthz")).json() == {"status": "pass"}
        ready = await client.get("/readyz")
        assert ready.status_code == 200
        assert set(ready.json()["checks"]) == {"serving", "database", "migrations", "clock", "disk", "writer"}
        assert (await client.post("/readyz")).status_code == 405


async def test_not_ready_says_why(
    app: Starlette, settings: Settings, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing migration, a full disk, a process that leaves: 503, a time to ask again, the reasons."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("UPDATE core.migration SET digest = digest || 'x' WHERE package = 'ingest'")
        try:
            async with watched(app, settings) as (client, made):
                fill(app, monkeypatch)
                made.drain()
                found = await client.get("/readyz")
            async with watched(app, settings, client="192.0.2.7") as (client, _):
                abroad = await client.get("/readyz")
        finally:
            connection.execute(
                "UPDATE core.migration SET digest = rtrim(digest, 'x') WHERE package = 'ingest'"
            )
    assert (found.status_code, found.headers["retry-after"]) == (503, "5")
    checks = found.json()["checks"]
    assert {name for name, check in checks.items() if check["status"] == "fail"} == {
        "serving",
        "migrations",
        "disk",
    }
    assert "ingest/0001" in checks["migrations"]["reason"]
    assert "MiB" in checks["disk"]["reason"]
    assert abroad.status_code == 503
    assert "reason" not in abroad.text


async def test_a_full_disk_is_told_to_who_writes(
    app: Starlette, settings: Settings, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Writing is refused with the reason, reading and deleting go on."""
    fill(app, monkeypatch)
    async with watched(app, settings) as (client, _):
        bearer = {"Authorization": f"Bearer {token}"}
        refused = await client.post("/sta/v1.1/Things", json=factories.thing(), headers=bearer)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "30")
        assert "room" in refused.json()["message"]
        assert (await client.get("/sta/v1.1/Things")).status_code == 200
        assert (await client.delete("/sta/v1.1/Things(987654)", headers=bearer)).status_code == 404


async def test_figures_are_told_without_names(app: Starlette, settings: Settings, token: str) -> None:
    """Rows by way and outcome, requests by surface and status; no name of anything in the city."""
    bearer = {"Authorization": f"Bearer {token}"}
    async with watched(app, settings) as (client, _):
        streams = [factories.datastream(name="Geheim")]
        thing = factories.thing(name="Geheimer Baum", Locations=[factories.location()], Datastreams=streams)
        made = await client.post("/sta/v1.1/Things", json=thing, headers=bearer)
        stream = (await client.get(f"/sta/v1.1/Things({made.json()['@iot.id']})/Datastreams")).json()[
            "value"
        ][0]
        reading = {
            "result": 1,
            "phenomenonTime": "2026-05-01T00:00:00Z",
            "Datastream": {"@iot.id": stream["@iot.id"]},
        }
        for _ in range(2):
            assert (
                await client.post("/sta/v1.1/Observations", json=reading, headers=bearer)
            ).status_code == 201
        found = await client.get("/metrics")
    assert found.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    lines = found.text.splitlines()
    assert lines[-1] == "# EOF"
    values = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    assert float(values['stadtkern_readings_total{process="data",way="http",outcome="stored"}']) >= 1
    assert float(values['stadtkern_readings_total{process="data",way="http",outcome="duplicate"}']) >= 1
    of_posts = '{process="data",surface="sta",method="POST",status="201"}'
    assert float(values[f"stadtkern_http_request_seconds_count{of_posts}"]) >= 3
    assert float(values["stadtkern_database_up"]) == 1
    assert float(values["stadtkern_database_size_bytes"]) > 0
    for name in ("fold_marks", "outbox_events", "watch_queue_rows", "writer_queue_readings", "live_streams",
                 "mail_waiting", "mail_given_up"):  # fmt: skip
        assert f"stadtkern_{name}" in values
    assert (values["stadtkern_mqtt_waiting"], values["stadtkern_mqtt_clients_awaited"]) == ("0", "0")
    assert "eheim" not in found.text
    families = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert len(families) == len(set(families))


async def test_figures_count_what_waits_for_absent_mqtt_clients(
    app: Starlette, settings: Settings, token: str
) -> None:
    """Messages of one who left, not those that are under way to one who is there."""
    assert token
    async with watched(app, settings) as (client, _):
        async with app.state.pool.connection() as connection:
            await connection.execute(
                "INSERT INTO things.follower (token_id, client_id, expiry, topics, left_at)"
                " SELECT max(id), each.name, 60, '{}', each.at FROM core.token,"
                " (VALUES ('away', now()), ('here', NULL)) AS each (name, at) GROUP BY each.name, each.at"
            )
            await connection.execute(
                "INSERT INTO ingest.parcel (token_id, client_id, messages, told)"
                " SELECT token_id, client_id, messages, '{}'"
                " FROM things.follower, unnest('{2,3}'::int[]) AS messages"
            )
        found = await client.get("/metrics")
        async with app.state.pool.connection() as connection:
            await connection.execute("DELETE FROM things.follower")
    assert "\nstadtkern_mqtt_waiting 5\n" in found.text
    assert "\nstadtkern_mqtt_clients_awaited 1\n" in found.text


async def test_figures_are_not_for_everybody(app: Starlette, settings: Settings) -> None:
    """Callers on this machine unless a proxy brings others; then, or if one is set, a token is needed."""
    cases: list[tuple[str, dict[str, Any], str, int]] = [
        ("127.0.0.1", {}, "", 200),
        ("192.0.2.7", {}, "", 404),
        ("127.0.0.1", {"public_url": "https://daten.example.de"}, "", 404),
        ("127.0.0.1", {"trusted_proxies": ("127.0.0.1",)}, "", 404),
        ("192.0.2.7", {"metrics_token": "m" * 20}, "Bearer " + "m" * 20, 200),
        ("127.0.0.1", {"metrics_token": "m" * 20}, "Bearer x", 404),
    ]
    for address, changes, authorization, status in cases:
        async with watched(app, settings, client=address, **changes) as (client, _):
            answer = await client.get("/metrics", headers={"Authorization": authorization})
            assert answer.status_code == status, (address, changes)
