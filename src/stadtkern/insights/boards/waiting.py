# SPDX-License-Identifier: EUPL-1.2
"""What waits for those who release boards: changes that nobody has published yet."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import ngettext

from stadtkern.core.database import Connection
from stadtkern.identity.permissions import Person
from stadtkern.insights.boards import entities, queries
from stadtkern.ui.places import Waiting


async def boards(connection: Connection, person: Person) -> Sequence[Waiting] | None:
    """None for partners of the city, whose people have no boards here."""
    if not person.serves(role="editor"):
        return None
    if not person.serves(role="publisher"):
        return []
    n = await queries.waiting(connection, audiences=entities.audiences(person))
    says = ngettext(
        "%(n)s Tafel hat Änderungen, die noch niemand sieht",
        "%(n)s Tafeln haben Änderungen, die noch niemand sieht",
        n,
    )
    return [Waiting(says=says % {"n": n}, url=reverse("boards-work"))] if n else []
