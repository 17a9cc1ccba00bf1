# SPDX-License-Identifier: EUPL-1.2
"""Entities as somebody would send them, and a small client that sends them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import httpx

from stadtkern.core import access, database, datasets, tokens

STA = "/sta/v1.1"
MEASUREMENT = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement"
UNIT = {"name": "degree Celsius", "symbol": "°C", "definition": "http://unitsofmeasure.org/ucum.html#para-30"}


def location(*, name: str = "Domplatz", x: float = 7.6256, y: float = 51.9629) -> dict[str, Any]:
    """A Location with a point."""
    point = {"type": "Point", "coordinates": [x, y]}
    return {"name": name, "description": "-", "encodingType": "application/geo+json", "location": point}


def sensor(*, name: str = "probe") -> dict[str, Any]:
    """A Sensor."""
    return {
        "name": name,
        "description": "-",
        "encodingType": "text/html",
        "metadata": "https://example.org/s",
    }


def observed_property(*, name: str = "temperature") -> dict[str, Any]:
    """An ObservedProperty."""
    return {"name": name, "definition": "https://example.org/p", "description": "-"}


def datastream(
    *, name: str = "air", observations: list[dict[str, Any]] | None = None, **more: Any
) -> dict[str, Any]:
    """A Datastream with its Sensor and ObservedProperty."""
    made: dict[str, Any] = {
        "name": name,
        "description": "-",
        "unitOfMeasurement": UNIT,
        "observationType": MEASUREMENT,
        "Sensor": sensor(),
        "ObservedProperty": observed_property(),
    }
    if observations is not None:
        made["Observations"] = observations
    return made | more


def multi_datastream(**more: Any) -> dict[str, Any]:
    """A MultiDatastream of wind: direction and speed."""
    kind = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_ComplexObservation"
    made: dict[str, Any] = {
        "name": "wind",
        "description": "-",
        "observationType": kind,
        "multiObservationDataTypes": [MEASUREMENT, MEASUREMENT],
        "unitOfMeasurements": [UNIT, UNIT | {"symbol": "m/s"}],
        "ObservedProperties": [observed_property(name="direction"), observed_property(name="speed")],
        "Sensor": sensor(),
    }
    return made | more


def thing(*, name: str = "tree", **more: Any) -> dict[str, Any]:
    """A Thing."""
    return {"name": name, "description": "-", **more}


def hourly(*values: float, day: str = "2024-05-01") -> list[dict[str, Any]]:
    """Observations at the full hours of a day."""
    return [
        {"phenomenonTime": f"{day}T{hour:02}:00:00Z", "result": value} for hour, value in enumerate(values)
    ]


@dataclass(frozen=True)
class City:
    """The service as one principal sees it."""

    client: httpx.AsyncClient
    token: str = ""

    def anonymous(self) -> City:
        """The same service without a token."""
        return City(self.client)

    async def send(
        self, method: str, path: str, *, more: Mapping[str, str] = MappingProxyType({}), **body: Any
    ) -> httpx.Response:
        """One request, with `more` headers; links that the service made can be followed as they are."""
        address = path.removeprefix("http://localhost:8000").removeprefix(STA).lstrip("/")
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return await self.client.request(method, f"{STA}/{address}", headers={**headers, **more}, **body)

    async def get(self, path: str) -> Any:
        """The document at an address."""
        answer = await self.send("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def values(self, path: str) -> list[Any]:
        """The entities of a collection's first page."""
        found: list[Any] = (await self.get(path))["value"]
        return found

    async def names(self, path: str) -> list[str]:
        """The names of the entities of a collection's first page."""
        return [item["name"] for item in await self.values(path)]

    async def create(self, path: str, body: Any) -> int:
        """Create something; returns its id."""
        answer = await self.send("POST", path, json=body)
        assert answer.status_code == 201, answer.text
        number: int = answer.json()["@iot.id"]
        assert answer.headers["location"].endswith(f"({number})")
        return number

    async def refused(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        """The error document of a request that must be refused with 4xx."""
        answer = await self.send(method, path, **more)
        document: dict[str, Any] = answer.json()
        assert 400 <= answer.status_code < 500, answer.text
        assert document["code"] == document["status"] == answer.status_code
        assert document["type"] == "error"
        assert document["message"]
        assert document["remedy"]
        return document


async def restricted(
    url: str,
    *,
    key: str,
    verbs: tuple[access.Verb, ...] = access.VERBS,
    also: Mapping[int, tuple[access.Verb, ...]] = MappingProxyType({}),
) -> str:
    """A dataset in a restricted room of its own; returns a token for it, and for what is named beside it."""
    async with await database.connect(url=url, autocommit=True) as connection:
        await datasets.save_room(connection, key=key, kind="restricted", title={"de": key})
        dataset_id = await datasets.save(connection, key=key, room=key, about={"title": {"de": key}})
        made = await tokens.create(
            connection, name=key, scopes={dataset_id: verbs, **also}, default_dataset_id=dataset_id
        )
        return made.secret
