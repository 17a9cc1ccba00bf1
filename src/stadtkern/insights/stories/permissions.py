# SPDX-License-Identifier: EUPL-1.2
"""Who writes stories and who makes them public: people of the city, since everybody's pages show them."""

from __future__ import annotations

from django.http import HttpRequest

from stadtkern.identity.permissions import Person, Role

WRITES: Role = "editor"
PUBLISHES: Role = "publisher"


def writes(request: HttpRequest) -> bool:
    """Whether whoever looks at this page may write stories."""
    person: Person | None = getattr(request, "person", None)
    return person is not None and person.serves(role=WRITES)
