# SPDX-License-Identifier: EUPL-1.2
"""What waits on the page of mails, told where people work."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext, ngettext

from stadtkern.core.database import Connection
from stadtkern.identity.mail import queries
from stadtkern.identity.permissions import Person
from stadtkern.ui import formats
from stadtkern.ui.places import Waiting


async def waiting(connection: Connection, person: Person) -> Sequence[Waiting] | None:
    """Mails that were given up, for the city's administrators."""
    if not person.administrator:
        return None
    dead = (await queries.sums(connection)).dead
    if not dead:
        return []
    says = ngettext("%(n)s E-Mail wurde nicht zugestellt", "%(n)s E-Mails wurden nicht zugestellt", dead)
    return [Waiting(says=says % {"n": formats.number(dead)}, url=reverse("mail"), does=gettext("Nachsehen"))]
