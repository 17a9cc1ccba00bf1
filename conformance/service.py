# SPDX-License-Identifier: EUPL-1.2
"""A SensorThings service from outside: addresses, ids of any type, entities that are made and removed."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urljoin

import httpx

Entity = dict[str, Any]
TIMEOUT = 30.0
SETS = ("Things", "Locations", "HistoricalLocations", "Datastreams", "Sensors", "ObservedProperties",
        "Observations", "FeaturesOfInterest")  # fmt: skip
# A Thing takes its streams with it; what it only points to comes after.
_REMOVAL = ("Things", "MultiDatastreams", "Datastreams", "Sensors", "ObservedProperties", "Locations",
            "FeaturesOfInterest")  # fmt: skip
_SUCCESS = (200, 204)
# What each leads to (clause 8.2, figure 2), MultiDatastreams apart.
RELATIONS = {
    "Things": ("Locations", "HistoricalLocations", "Datastreams"),
    "Locations": ("Things", "HistoricalLocations"),
    "HistoricalLocations": ("Thing", "Locations"),
    "Datastreams": ("Thing", "Sensor", "ObservedProperty", "Observations"),
    "Sensors": ("Datastreams",),
    "ObservedProperties": ("Datastreams",),
    "Observations": ("Datastream", "FeatureOfInterest"),
    "FeaturesOfInterest": ("Observations",),
}


class Service:
    """One service root. Everything this object makes carries its `tag` in the name, and goes at the end."""

    def __init__(self, *, base: str):
        self.base = base.rstrip("/")
        self.version = self.base.rsplit("/", 1)[-1]
        self.tag = f"sta-conformance-{secrets.token_hex(4)}"
        self.credentials = _credentials()
        token = os.environ.get("STA_TOKEN")
        self.http = httpx.Client(
            timeout=TIMEOUT,
            auth=self.credentials if not token else None,
            headers={"Authorization": f"Bearer {token}"} if token else {},
        )

    def url(self, path: str, **options: str | int) -> str:
        """The address of a path below the root, or of a link; query options are named without their `$`."""
        address = path if path.startswith("http") else f"{self.base}/{path}" if path else self.base
        if not options:
            return address
        return address + "?" + "&".join(f"${k}={quote(str(v), safe='')}" for k, v in options.items())

    def ask(self, path: str, **options: str | int) -> httpx.Response:
        """GET, whatever the answer is."""
        return self.http.get(self.url(path, **options))

    def get(self, path: str, **options: str | int) -> Any:
        """GET that must answer 200 with JSON."""
        answer = self.ask(path, **options)
        assert answer.status_code == 200, f"GET {answer.url} answered {told(answer)}"
        return answer.json()

    def members(self, path: str, **options: str | int) -> list[Entity]:
        """All members of a collection, over all its pages; no page may repeat a member."""
        return [entity for page in self.pages(path, **options) for entity in page]

    def pages(self, path: str, **options: str | int) -> Iterator[list[Entity]]:
        """The pages of a collection as @iot.nextLink leads through them."""
        address, seen = self.url(path, **options), set()
        while address:
            assert address not in seen, f"@iot.nextLink leads in a circle: {address}"
            seen.add(address)
            page = self.get(address)
            yield page["value"]
            link = page.get("@iot.nextLink")
            address = urljoin(self.base + "/", link) if link else ""

    def post(self, path: str, body: object, **headers: str) -> httpx.Response:
        """POST of JSON."""
        return self.http.post(self.url(path), json=body, headers=headers)

    def create(self, path: str, body: object) -> Entity:
        """POST that must succeed; the entity as the Location header then shows it."""
        answer = self.post(path, body)
        assert answer.status_code == 201, f"POST {path} answered {told(answer)}; sent {body!r}"
        return self.made(answer)

    def made(self, answer: httpx.Response) -> Entity:
        """The entity a Location header leads to."""
        assert "Location" in answer.headers, "the answer has no Location header"
        return self.get(urljoin(str(answer.request.url), answer.headers["Location"]))  # type: ignore[no-any-return]

    def change(
        self, path: str, body: object, *, method: str = "PATCH", kind: str = "application/json"
    ) -> None:
        """PATCH or PUT that must succeed (clause 10.3.2: 200 or 204)."""
        answer = self.http.request(method, self.url(path), json=body, headers={"Content-Type": kind})
        assert answer.status_code in _SUCCESS, f"{method} {path} answered {told(answer)}; sent {body!r}"

    def delete(self, path: str) -> None:
        """DELETE that must succeed."""
        answer = self.http.delete(self.url(path))
        assert answer.status_code in _SUCCESS, f"DELETE {path} answered {told(answer)}"

    def refuses(self, answer: httpx.Response, *codes: int) -> None:
        """The answer is an error of the client: one of the codes, or any 4xx."""
        fits = answer.status_code in codes if codes else 400 <= answer.status_code < 500
        assert fits, f"{answer.request.method} {answer.url} answered {told(answer)}"

    def name(self, text: str) -> str:
        """A name that belongs to this run."""
        return f"{self.tag} {text}"

    def mine(self, more: str = "", *, name: str = "name") -> str:
        """A filter for what this run made, and something more."""
        own = f"startswith({name},'{self.tag}')"
        return f"{own} and ({more})" if more else own

    def clear(self) -> None:
        """Remove everything this run made, wherever a deep insert has put it."""
        for entities in _REMOVAL:
            answer = self.ask(entities, filter=self.mine(), top=100)
            while answer.status_code == 200 and answer.json()["value"]:
                for entity in answer.json()["value"]:
                    self.http.delete(urljoin(self.base + "/", entity["@iot.selfLink"]))
                again = self.ask(entities, filter=self.mine(), top=100)
                answer = again if again.text != answer.text else httpx.Response(404)
        self.http.close()


def _credentials() -> tuple[str, str] | None:
    user = os.environ.get("STA_USER")
    return (user, os.environ.get("STA_PASSWORD", "")) if user else None


def told(answer: httpx.Response) -> str:
    """Code and beginning of the body, for messages."""
    return f"{answer.status_code}: {answer.text[:300]}"


def literal(value: object) -> str:
    """An id (or a value) as it stands in an address or a filter."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)


def at(entities: str, entity: Entity) -> str:
    """The path of an entity, e.g. `Things(1)` or `Things('a')`."""
    return f"{entities}({quote(literal(entity['@iot.id']))})"


def ref(entity: Entity) -> Entity:
    """A reference to an existing entity in a body (clause 10.2.1.1)."""
    return {"@iot.id": entity["@iot.id"]}


def ids(entities: list[Entity]) -> list[Any]:
    """The ids, in the order of the answer."""
    return [entity["@iot.id"] for entity in entities]


def names(entities: list[Entity]) -> list[str]:
    """The last word of each name, in the order of the answer: what a test calls its entities."""
    return [entity["name"].rsplit(" ", 1)[-1] for entity in entities]


def instant(text: str) -> str:
    """An ISO 8601 instant in a form in which equal instants in UTC are equal texts."""
    found = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]00:?00)", text)
    assert found, f"{text!r} is not an instant in UTC"
    fraction = (found[2] or "").rstrip("0")
    return found[1] + (f".{fraction}" if fraction else "") + "Z"


def interval(text: str) -> tuple[str, str]:
    """Both ends of an ISO 8601 interval; an instant is an interval of no length."""
    start, _, end = text.partition("/")
    return instant(start), instant(end or start)
