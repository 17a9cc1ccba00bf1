# SPDX-License-Identifier: EUPL-1.2
"""What waits for the city's editors and stewards: words that somebody misses, barriers that somebody met."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext, ngettext

from stadtkern.city.messages import queries
from stadtkern.core.database import Connection
from stadtkern.identity.permissions import Person
from stadtkern.ui.places import Waiting
from stadtkern.web.words import work


async def words(connection: Connection, person: Person) -> Sequence[Waiting] | None:  # noqa: ARG001
    """The glossary is the city's: partners have no place there."""
    return [] if person.serves(role="editor") else None


async def messages(connection: Connection, person: Person) -> Sequence[Waiting] | None:
    """Messages that nobody has seen to; None for partners of the city."""
    if not person.serves(role="editor"):
        return None
    n = await queries.waiting(connection, kinds=work.kinds_of(person))
    says = ngettext("%(n)s Rückmeldung ist zu lesen", "%(n)s Rückmeldungen sind zu lesen", n)
    return [Waiting(says=says % {"n": n}, url=reverse("messages"), does=gettext("Lesen"))] if n else []
