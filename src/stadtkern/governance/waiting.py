# SPDX-License-Identifier: EUPL-1.2
"""What waits for somebody in rooms and agreements: terms to accept, drafts to conclude, ends that near."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.urls import reverse
from django.utils.translation import gettext

from stadtkern.core import times
from stadtkern.core.database import Connection
from stadtkern.governance.agreements import operations, queries
from stadtkern.governance.rooms import queries as rooms_known
from stadtkern.governance.templatetags.governance import room_title
from stadtkern.identity.permissions import Person
from stadtkern.ui import formats
from stadtkern.ui.places import Waiting

_SOON = timedelta(days=14)
_MOST = 5


async def rooms(connection: Connection, person: Person) -> Sequence[Waiting]:
    """Rooms that are shut until their terms are accepted."""
    found = await rooms_known.rooms(connection, person=person)
    return [
        Waiting(
            says=gettext("„%(room)s“ öffnet sich, wenn Sie den Bedingungen zustimmen")
            % {"room": room_title(room.title, room.key)},
            url=reverse("room", args=[room.key]),
            does=gettext("Lesen und zustimmen"),
        )
        for room in found
        if room.to_accept and not rooms_known.looks_after(person, organisation_id=room.organisation_id)
    ][:_MOST]


async def agreements(connection: Connection, person: Person) -> Sequence[Waiting]:
    """Drafts that are one's own to conclude, and what ends within two weeks."""
    found: list[Waiting] = []
    soon = times.now() + _SOON
    for each in await queries.agreements(connection, person=person):
        url, title = reverse("agreement", args=[each.id]), each.title
        if each.standing == "draft" and operations.concludes(person, each):
            says = gettext("Vereinbarung „%(title)s“ ist noch ein Entwurf") % {"title": title}
            found.append(Waiting(says=says, url=url, does=gettext("Prüfen")))
        elif each.standing == "running" and each.ends_at < soon:
            day = formats.day(each.ends_at - timedelta(microseconds=1))
            says = gettext("Vereinbarung „%(title)s“ endet am %(day)s") % {"title": title, "day": day}
            found.append(Waiting(says=says, url=url, does=gettext("Ansehen")))
    return found[:_MOST]
