# SPDX-License-Identifier: EUPL-1.2
"""Pages come with headers that keep strangers out, and errors come as pages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import psycopg
import pytest
from django.conf import settings
from django.test import AsyncClient

from stadtkern.core.database import Connection
from stadtkern.ui import visit
from stadtkern.web import workbench
from tests import browsing

pytestmark = pytest.mark.anyio


@pytest.fixture
async def visitor(database: str) -> AsyncIterator[AsyncClient]:
    """Somebody who looks at an empty city."""
    async with browsing.pages(url=database) as client:
        yield client


async def test_the_policy_allows_only_ourselves(visitor: AsyncClient) -> None:
    """No inline script, no inline style, no third party."""
    policy = (await visitor.get("/"))["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


async def test_no_cookie_is_set(visitor: AsyncClient) -> None:
    """Reading needs no consent banner because there is nothing to consent to."""
    assert not (await visitor.get("/en/")).cookies


async def test_an_empty_city_says_what_will_be_here(visitor: AsyncClient) -> None:
    """No tiles yet: a sentence and a way to begin."""
    assert "Hier zeigt sich bald" in (await visitor.get("/")).content.decode()
    assert "Hier stehen bald alle Messorte" in (await visitor.get("/dinge")).content.decode()
    assert (await visitor.get("/karte")).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/quellen", "/schnittstellen", "/schnittstellen/daten-api", "/barrierefreiheit", "/en/schnittstellen"],
)
async def test_pages_about_the_site_are_there(visitor: AsyncClient, path: str) -> None:
    """Only what is real stands in the footer."""
    assert (await visitor.get(path)).status_code == 200


async def test_lines_for_mqtt_name_the_broker(visitor: AsyncClient) -> None:
    """The addresses that the API's root names, each for its purpose; nothing where MQTT is not spoken."""
    page = (await visitor.get("/schnittstellen")).content.decode()
    name, port = "localhost", urlsplit(settings.MQTT_ENDPOINTS[1]).port
    assert f"mosquitto_sub -h {name} -p {port} -t &#x27;v1.1/Datastreams(1)/Observations&#x27;" in page
    apart = workbench.mqtt_lines(("mqtts://in.example", "mqtt://out.example:1884"), prefix="v1.1")
    assert apart is not None
    assert "-h in.example -p 8883 --tls-use-os-certs -q 1" in apart["write"]
    assert apart["read"].startswith("mosquitto_sub -h out.example -p 1884 -t ")
    assert workbench.mqtt_lines(None, prefix="v1.1") is None
    for odd in ("mqtt://broker:many", "broker.example:1883", "wss://broker.example/mqtt", "mqtt://[broker"):
        assert workbench.mqtt_lines((odd, "mqtt://broker.example"), prefix="v1.1") is None


async def test_links_do_not_follow_the_host_header(visitor: AsyncClient) -> None:
    """The public address is a setting; what a stranger sends as Host appears nowhere."""
    answer = await visitor.get("/", headers={"host": "boese.example"})
    assert "boese.example" not in answer.content.decode()


async def test_an_address_of_any_length_leads_to_the_sign_in(visitor: AsyncClient) -> None:
    """One that is too long to come back to leads to the account."""
    for length, way in ((100, "%2Farbeit%3Fq"), (20_000, "%2Fkonto")):
        answer = await visitor.get(f"/arbeit?q={'x' * length}")
        assert (answer.status_code, f"next={way}" in answer["Location"]) == (302, True), length


async def test_a_database_that_is_away_is_said_to_be(
    visitor: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 with a time to come back, in plain German."""
    from stadtkern.ui import visit

    async def away(connection: object) -> None:
        raise psycopg.OperationalError("gone")

    monkeypatch.setattr(visit.DOOR, "city", away)
    answer = await visitor.get("/")
    assert answer.status_code == 503
    assert answer["Retry-After"] == "30"
    assert "Die Daten sind gerade nicht erreichbar" in answer.content.decode()


async def test_a_page_that_takes_too_long_is_given_up(
    visitor: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL ends the statement; the page says so, and what to do."""

    async def endless(connection: Connection, **_: object) -> None:
        await connection.execute("SET statement_timeout = '50ms'")
        await connection.execute("SELECT count(*) FROM generate_series(1, 1000000000)")

    await visitor.get("/")
    async with visit.DOOR.pool.connection() as connection:
        row = await (await connection.execute("SHOW statement_timeout")).fetchone()
        assert row == ("20s",)
    monkeypatch.setattr(visit.Door, "city", lambda _, connection: endless(connection))
    answer = await visitor.get("/")
    assert answer.status_code == 503
    assert "zu lange gedauert" in answer.content.decode()
