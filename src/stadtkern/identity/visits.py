# SPDX-License-Identifier: EUPL-1.2
"""The visit of a page, which the floor above opens: a connection, what may be seen, the city and the time."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, Protocol, cast

from django.http import HttpRequest

from stadtkern.core import audit
from stadtkern.core.access import Scope
from stadtkern.core.database import Connection


class Visit(Protocol):
    """What `ui.visit` gives."""

    @property
    def connection(self) -> Connection:
        """To ask and write on."""

    @property
    def scope(self) -> Scope:
        """What may be seen."""

    @property
    def now(self) -> datetime:
        """The time of the request."""

    @property
    def city(self) -> Any:
        """Whose pages these are."""


def open_visit(request: HttpRequest, *, data: bool = False) -> AbstractAsyncContextManager[Visit]:
    """Open the visit of this request; it may be a reading only where it shows `data` of datasets."""
    if not data:
        audit.only()
    return cast("AbstractAsyncContextManager[Visit]", request.open_visit())  # type: ignore[attr-defined]
