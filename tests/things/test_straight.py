# SPDX-License-Identifier: EUPL-1.2
"""The straight way says what the usual way says, and takes nothing that is not as simple as that."""

from __future__ import annotations

import asyncio
import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from starlette.applications import Starlette

from stadtkern.core import database as core_database
from stadtkern.core import tokens
from stadtkern.core.settings import Settings
from stadtkern.things.api.straight import Head, Headers, Straight
from tests.things.factories import City, datastream, location, multi_datastream, restricted, thing

pytestmark = pytest.mark.anyio
ALL = b"/sta/v1.1/Observations"
_START = datetime(2024, 1, 1, tzinfo=UTC)
_numbers = itertools.count(1)


class Way:
    """Somebody who writes to one datastream, on both ways."""

    def __init__(self, app: Starlette, settings: Settings, city: City, stream: int):
        self.closed = False
        self._straight = Straight(app.state, settings=settings, closed=lambda: self.closed)
        self.city, self.stream = city, stream
        self._heads: dict[Any, Head | None] = {}

    async def straight(
        self, body: Any, *, target: bytes = ALL, headers: Headers | None = None, token: str | None = None
    ) -> tuple[int, dict[str, str], Any] | None:
        """The answer of the straight way; None where it does not take the request."""
        sent = body if isinstance(body, bytes) else msgspec.json.encode(body)
        secret = self.city.token if token is None else token
        given = [(b"authorization", f"Bearer {secret}".encode()), (b"content-type", b"application/json")]
        heard: asyncio.Future[tuple[int, Headers, bytes]] = asyncio.get_running_loop().create_future()
        said = (target, tuple(given if headers is None else headers))
        if said not in self._heads:  # as a connection that stays open remembers them
            self._heads[said] = self._straight.head(b"POST", *said)
        head = self._heads[said]
        if head is None or not self._straight.take(head, sent, lambda *said: heard.set_result(said)):
            return None
        status, names, content = await asyncio.wait_for(heard, 60)
        shown = {name.decode(): value.decode() for name, value in names}
        assert shown.pop("content-length") == str(len(content))
        return status, shown, msgspec.json.decode(content)

    async def surely(self, body: Any, **more: Any) -> tuple[int, dict[str, str], Any]:
        """The same as soon as all is known: late news of other changes empty what is remembered."""
        sender = City(self.city.client, more.get("token", self.city.token))
        async with asyncio.timeout(60):
            while (said := await self.straight(body, **more)) is None:
                assert (await sender.send("POST", ALL.decode(), json=self.body())).status_code == 201
        return said

    async def usual(self, body: Any, *, target: bytes = ALL) -> tuple[int, dict[str, str], Any]:
        """The answer of the usual way."""
        sent = body if isinstance(body, bytes) else msgspec.json.encode(body)
        answer = await self.city.send(
            "POST", target.decode(), content=sent, more={"Content-Type": "application/json"}
        )
        shown = dict(answer.headers)
        shown.pop("content-length")
        return answer.status_code, shown, answer.json()

    def body(self, **more: Any) -> dict[str, Any]:
        """An observation of a time of its own."""
        time = _START + timedelta(hours=next(_numbers))
        return {
            "phenomenonTime": f"{time:%Y-%m-%dT%H:%M:%SZ}",
            "result": 1.5,
            "Datastream": {"@iot.id": self.stream},
        } | more


@pytest.fixture
async def way(app: Starlette, settings: Settings, city: City) -> Way:
    """A writer of whom, and of whose datastream, everything is known."""
    made = thing(Locations=[location()], Datastreams=[datastream()])
    number = await city.create("Things", made)
    stream = (await city.values(f"Things({number})/Datastreams"))[0]["@iot.id"]
    found = Way(app, settings, city, stream)
    await found.surely(found.body())
    return found


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"result": 3},
        {"result": None},
        {"result": -1e-300},
        {"phenomenonTime": "2023-02-26T14:58:00.5+01:00"},
        {"phenomenonTime": "2023-03-01T00:00:00Z/2023-03-01T01:00:00Z"},
        {"resultTime": "2024-03-01T01:00:00Z", "validTime": "2024-03-01T00:00:00Z/2024-03-02T00:00:00Z"},
        {"resultQuality": "good", "parameters": {"ä": [1, {"b": None}]}},
    ],
)
async def test_what_is_simple_is_stored_and_answered_alike(way: Way, more: dict[str, Any]) -> None:
    """Sent again the usual way it is the same observation, and the answer says the same."""
    body = way.body(**more)
    said = await way.surely(body)
    assert said[0] == 201
    assert await way.usual(body) == said
    assert await way.surely(body) == said
    shown = await way.city.get(f"Observations({said[2]['@iot.id']})?$expand=Datastream,FeatureOfInterest")
    assert shown["result"] == body["result"]
    assert shown["Datastream"]["@iot.id"] == way.stream
    assert shown["FeatureOfInterest"]["feature"] == location()["location"]


async def test_one_of_a_datastream_needs_no_reference(way: Way) -> None:
    target = b"/sta/v1.1/Datastreams(%d)/Observations" % way.stream
    body = {"phenomenonTime": "2022-01-01T00:00:00Z", "result": 7}
    said = await way.surely(body, target=target)
    assert await way.usual(body, target=target) == said


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"result": 1, "result": 2}',
        b'{"phenomenonTime": "2024-01-01T00:00:00Z", "result": 1}',
        {"unknown": 1},
        {"result": "text"},
        {"result": [1]},
        {"result": 10**400},
        {"phenomenonTime": "yesterday"},
        {"phenomenonTime": "1800-01-01T00:00:00Z"},
        {"Datastream": {"@iot.id": 10**12}},
        {"Datastream": {"@iot.id": "1"}},
        {"Datastream": datastream()},
        {"parameters": 3},
        {"FeatureOfInterest": {"@iot.id": 10**12}},
        {"MultiDatastream": {"@iot.id": 1}},
    ],
    ids=str,
)
async def test_what_is_wrong_or_not_simple_goes_the_usual_way(way: Way, body: Any) -> None:
    """Nothing of it is done on the straight one."""
    before = await way.city.get(f"Datastreams({way.stream})/Observations?$count=true&$top=0")
    sent = way.body(**body) if isinstance(body, dict) else body
    assert await way.straight(sent) is None
    assert await way.city.get(f"Datastreams({way.stream})/Observations?$count=true&$top=0") == before


@pytest.mark.parametrize(
    "more",
    [
        (b"prefer", b"return=representation"),
        (b"content-type", b"text/plain"),
        (b"content-type", b"application/json; charset=latin-1"),
        (b"content-encoding", b"gzip"),
        (b"cookie", b"sessionid=1"),
        (b"authorization", b"Bearer other"),
    ],
)
async def test_headers_that_ask_for_more_take_the_usual_way(way: Way, more: tuple[bytes, bytes]) -> None:
    authorization = (b"authorization", f"Bearer {way.city.token}".encode())
    assert await way.straight(way.body(), headers=[authorization, more]) is None
    assert await way.surely(way.body(), headers=[authorization])


@pytest.mark.parametrize("target", [b"Datastreams(x)", b"Datastreams(1", b"Datastreams(%s)" % (b"9" * 40)])
async def test_addresses_that_name_no_datastream_take_the_usual_way(way: Way, target: bytes) -> None:
    address = b"/sta/v1.1/" + target + (b"" if target.endswith(b")") else b")") + b"/Observations"
    assert await way.straight({"result": 1}, target=address) is None


async def test_only_who_may_write_and_is_known_goes_straight(way: Way, database: str, dataset: int) -> None:
    """Not a stranger, not somebody else's token, not one that has ended, not while we stop."""
    assert await way.straight(way.body(), headers=[]) is None
    assert await way.straight(way.body(), token="nobody") is None
    async with await core_database.connect(url=database, autocommit=True) as connection:
        made = await tokens.create(connection, name="reads", scopes={dataset: ("read",)})
        other = City(way.city.client, made.secret)
        assert (await other.send("POST", ALL.decode(), json=way.body())).status_code in (403, 404)
        assert await way.straight(way.body(), token=made.secret) is None
    way.closed = True
    assert await way.straight(way.body()) is None


async def test_a_token_that_has_ended_ends_on_this_way_too(
    way: Way, app: Starlette, database: str, dataset: int
) -> None:
    async with await core_database.connect(url=database, autocommit=True) as connection:
        made = await tokens.create(connection, name="ends", scopes={dataset: ("create",)})
        assert (await way.surely(way.body(), token=made.secret))[0] == 201
        epoch = app.state.gate.epoch
        await tokens.revoke(connection, token_id=made.id)
        async with asyncio.timeout(60):
            while app.state.gate.epoch == epoch:  # noqa: ASYNC110  (the news of it tells nobody else)
                await asyncio.sleep(0)
    assert await way.straight(way.body(), token=made.secret) is None


async def test_what_is_not_public_goes_the_usual_way_where_it_is_noted(
    way: Way, app: Starlette, settings: Settings, database: str, dataset: int
) -> None:
    """The same token goes straight to what is public."""
    secret = await restricted(database, key="straight-closed", also={dataset: ("create",)})
    owner = City(way.city.client, secret)
    number = await owner.create("Things", thing(Locations=[location()], Datastreams=[datastream()]))
    stream = (await owner.values(f"Things({number})/Datastreams"))[0]["@iot.id"]
    closed = Way(app, settings, owner, stream)
    assert (await closed.usual(closed.body()))[0] == 201
    assert (await way.surely(way.body(), token=secret))[0] == 201
    assert await closed.straight(closed.body()) is None


async def test_several_values_at_once_take_the_usual_way(way: Way) -> None:
    made = thing(Locations=[location()], MultiDatastreams=[multi_datastream()])
    number = await way.city.create("Things", made)
    stream = (await way.city.values(f"Things({number})/MultiDatastreams"))[0]["@iot.id"]
    body = way.body(result=[1, 2], Datastream={"@iot.id": stream})
    assert await way.straight(body) is None
