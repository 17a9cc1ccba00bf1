# SPDX-License-Identifier: EUPL-1.2
"""Somebody who is signed in, at work on rooms and agreements."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime, time, timedelta

import msgspec
from django.http import HttpRequest

from stadtkern.core.database import Connection
from stadtkern.identity import permissions
from stadtkern.identity.permissions import Person
from stadtkern.ui import visit as visits
from stadtkern.ui.visit import Visit

_DAY = timedelta(days=1)


class Desk(msgspec.Struct, frozen=True):
    """The visit and the person."""

    visit: Visit
    person: Person

    @property
    def connection(self) -> Connection:
        """The visit's connection."""
        return self.visit.connection

    def begin_of(self, day: date) -> datetime:
        """The first instant of a day in the city; the calendar's first day has none in every zone."""
        day = max(day, date.min + _DAY)
        return datetime.combine(day, time(), tzinfo=self.visit.city.zone)

    def end_of(self, day: date) -> datetime:
        """The first instant after a day in the city; after the calendar's last day there is none."""
        return self.begin_of(min(day, date.max - _DAY) + _DAY)

    def last_day(self, end: datetime) -> date:
        """The day whose end this is."""
        return (end.astimezone(self.visit.city.zone) - timedelta(microseconds=1)).date()


@asynccontextmanager
async def open_desk(request: HttpRequest) -> AsyncIterator[Desk]:
    """Let somebody who is signed in to work. Raises SignInNeeded."""
    async with visits.open_visit(request) as visit:
        yield Desk(visit, await permissions.require_signed_in(request, visit.connection))
