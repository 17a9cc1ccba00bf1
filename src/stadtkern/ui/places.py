# SPDX-License-Identifier: EUPL-1.2
"""The places where people work: packages register theirs, `/arbeit` shows those that one may enter."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import msgspec
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from stadtkern.core.database import Connection
from stadtkern.identity import permissions
from stadtkern.identity.permissions import Person

# What the places are for, in the order of the page; a place without such a group stands with the last.
GROUPS = {
    "data": _("Daten"),
    "pages": _("Zeigen und erklären"),
    "people": _("Antworten"),
    "rights": _("Teilen und Zugang"),
    "city": _("Einrichten"),
}


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """Something that waits for somebody, in words, and where to do it; `does`: the verb on its button."""

    says: str
    url: str
    does: str = ""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the work page. Words may be lazy (`gettext_lazy`); `role` None: everybody signed in;
    `city`: only for the city's own administrators.

    `waiting` is asked what waits there for a person; it answers None to whom the place is not open after all.
    """

    title: object
    url_name: str
    role: str | None
    about: object = ""
    position: int = 100
    group: str = "city"
    city: bool = False
    waiting: Callable[[Connection, Person], Awaitable[Sequence[Waiting] | None]] | None = None

    @property
    def url(self) -> str:
        """Where it is, in the language of the moment."""
        return reverse(self.url_name)


_places: dict[str, Place] = {}


def register(
    title: object,
    url_name: str,
    role: str | None,
    *,
    about: object = "",
    position: int = 100,
    group: str = "city",
    city: bool = False,
    waiting: Callable[[Connection, Person], Awaitable[Sequence[Waiting] | None]] | None = None,
) -> None:
    """Make a place known; called in `AppConfig.ready`. A second call for an address replaces."""
    if role is not None and role not in permissions.ROLES:
        raise ValueError(f"there is no role {role}")
    if group not in GROUPS:
        raise ValueError(f"there is no group {group}")
    _places[url_name] = Place(
        title=title,
        url_name=url_name,
        role=role,
        about=about,
        position=position,
        group=group,
        city=city,
        waiting=waiting,
    )


def forget(url_name: str) -> None:
    """Take a place away again; for what is switched off."""
    _places.pop(url_name, None)


def of(person: Person) -> list[Place]:
    """The places that somebody may enter, by position, then in the order of registration."""
    found = [
        place
        for place in _places.values()
        if (place.role is None or person.may(role=place.role)) and (person.administrator or not place.city)
    ]
    return sorted(found, key=lambda place: place.position)


async def open_to(connection: Connection, person: Person) -> tuple[list[Place], list[Waiting]]:
    """The places that somebody may enter, and what waits for them there."""
    found: list[Place] = []
    waiting: list[Waiting] = []
    for place in of(person):
        here = () if place.waiting is None else await place.waiting(connection, person)
        if here is not None:
            found.append(place)
            waiting += here
    return found, waiting


def grouped(found: Sequence[Place]) -> list[tuple[object, list[Place]]]:
    """Places by what they are for, without groups in which there is none."""
    parts = [(title, [each for each in found if each.group == group]) for group, title in GROUPS.items()]
    return [(title, part) for title, part in parts if part]
