# SPDX-License-Identifier: EUPL-1.2
"""One request as the routes see it: address, parameters, who asks, in which language and form."""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlencode
from zoneinfo import ZoneInfo

from starlette.datastructures import State
from starlette.types import Receive, Scope

from stadtkern.core import access, credentials, datasets, problems, reading
from stadtkern.core.database import Connection
from stadtkern.features.api import answers
from stadtkern.features.api.dress import Dress, Ground
from stadtkern.features.api.provider import Provider

PREFIX = "/ogc"
MOST_QUERY = 16_384
_LANGUAGES = ("de", "en")


class QueryTooExpensive(problems.Problem):
    """The request would take too long.

    Ask for a smaller area, for fewer features, or compare a property that has an index with `=`.
    """

    status = 422


class UnusableValue(problems.Problem):
    """The database cannot compute with a value of this request.

    Check the numbers and dates: they may be out of range.
    """


class UnusableQuery(problems.Problem):
    """The query string cannot be read.

    Give each parameter once, in UTF-8, and no more than 16 KiB of them together.
    """


class Seen(NamedTuple):
    """A view of the data as one principal has it."""

    connection: Connection
    scope: access.Scope


class Call:
    """A request: its parts below the service, its parameters, its headers on demand."""

    def __init__(self, scope: Scope, receive: Receive, providers: Sequence[Provider], ground: Ground):
        self.scope = scope
        self.method: str = scope["method"]
        self.state: State = scope["app"].state
        self.providers = providers
        self._receive = receive
        path: str = scope["path"]
        self.parts = [unquote(part) for part in path.removeprefix(PREFIX).strip("/").split("/") if part]
        self.parameters = _parameters(scope["query_string"])
        self.ground = ground
        self.dress = Dress()
        # Pages have a switch of languages; to programs `lang` is a property like any other.
        chosen = self.parameters.get("lang")
        asks = chosen in _LANGUAGES and self._asks_for_page
        self.spoken: dict[str, str] = {"lang": self.parameters.pop("lang")} if asks else {}

    @property
    def service(self) -> str:
        """The address of the service."""
        return str(self.state.settings.base_url) + PREFIX

    @property
    def address(self) -> str:
        """This resource without its parameters."""
        return "/".join([self.service, *self.parts])

    def header(self, name: bytes) -> str | None:
        """A header, by its name in lower case."""
        return next((str(v, "latin-1") for key, v in self.scope["headers"] if key == name), None)

    @property
    def wants_page(self) -> bool:
        """Whether a page is wanted rather than a document. Raises NoSuchForm."""
        return answers.wants_page(self.parameters.get("f"), self.header(b"accept"))

    @property
    def language(self) -> str:
        """German or English, whichever was chosen or the asker likes better."""
        if self.spoken:
            return self.spoken["lang"]
        wanted = (self.header(b"accept-language") or "").lower()
        places = {name: at for name in _LANGUAGES if (at := wanted.find(name)) >= 0}
        return min(places, key=places.__getitem__, default=_LANGUAGES[0])

    @property
    def other_language(self) -> str:
        """The one that the page is not in."""
        return "de" if self.language == "en" else "en"

    @property
    def in_other_language(self) -> str:
        """This very page in the other language."""
        asked = {**self.parameters, "f": "html", "lang": self.other_language}
        return f"{self.address}?{urlencode(asked)}"

    @property
    def _asks_for_page(self) -> bool:
        return self.parameters.get("f") == "html" or (
            "f" not in self.parameters and answers.wants_page(None, self.header(b"accept"))
        )

    def text(self, words: Mapping[str, str], otherwise: str = "") -> str:
        """Words in the asker's language, or in whichever there is."""
        return words.get(self.language) or words.get("de") or next(iter(words.values()), "") or otherwise

    async def principal(self) -> access.Principal:
        """Who asks. Raises Unauthorised."""
        authorization = self.header(b"authorization")
        cookie = credentials.session(self.scope["headers"]) if authorization is None else None
        found: access.Principal = await self.state.gate.principal(authorization=authorization, cookie=cookie)
        return found

    @asynccontextmanager
    async def reading(self, *, watched: bool = True) -> AsyncIterator[Seen]:
        """One consistent view, as the asker may have it. Raises QueryTooExpensive and others.

        `watched`: it ends when the asker hangs up; answers that have begun notice it by themselves.
        """
        principal = await self.principal()
        async with (
            self.state.pool.connection() as connection,
            reading.snapshot(
                connection,
                timeout=self.state.settings.statement_timeout,
                expensive=QueryTooExpensive,
                unusable=UnusableValue,
                gone=self.gone if watched else None,
            ),
        ):
            yield Seen(connection, await self.state.gate.scope(connection, principal))

    async def equipped(self) -> None:
        """Load what geometries in the parameters need in a thread: the first time it takes a while."""
        names = {"shapely": {"bbox", "filter"}, "pyproj": {"crs", "bbox-crs", "filter-crs"}}
        for library, parameters in names.items():
            if not parameters.isdisjoint(self.parameters) and library not in sys.modules:
                await asyncio.to_thread(importlib.import_module, library)

    async def dressed(self) -> None:
        """See to it that a page can bear the city's name and looks."""
        principal = await self.principal()
        async with self.state.pool.connection() as connection:
            city = await datasets.city(connection)
            signed_in = principal.kind == "person" and principal.id is not None
            self.dress = Dress(
                name=city.name,
                properties=city.properties,
                zone=ZoneInfo(city.time_zone),
                person=principal.name if signed_in else "",
                works=signed_in and await datasets.works(connection, person_id=principal.id),
                outlines=await self.ground.outlines(connection),
            )

    async def gone(self) -> None:
        """Return when the asker has hung up."""
        while (await self._receive())["type"] != "http.disconnect":
            continue


def _parameters(query: bytes) -> dict[str, str]:
    """The parameters of a request. Raises UnusableQuery."""
    if len(query) > MOST_QUERY:
        raise UnusableQuery(f"{len(query)} bytes")
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=200)
    except ValueError as error:
        raise UnusableQuery(str(error)) from error
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in found:
            raise UnusableQuery(f"{name[:80]!r} stands twice", where=name[:80])
        if "\0" in value:
            raise UnusableQuery(f"{name[:80]!r} holds the character 0", where=name[:80])
        found[name] = value
    return found
