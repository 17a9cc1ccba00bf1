# SPDX-License-Identifier: EUPL-1.2
"""Saves what a form says of a board; whoever was overtaken reads so above what they wrote."""

from __future__ import annotations

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.forms import BaseForm
from django.utils.translation import gettext

from stadtkern.core.database import Connection
from stadtkern.identity.permissions import Person
from stadtkern.insights.boards import operations
from stadtkern.insights.cockpit.definitions import Content

_OVERTAKEN = "overtaken"


async def kept(
    connection: Connection,
    *,
    by: Person,
    key: str,
    version: int,
    content: Content,
    step: str,
    form: BaseForm,
) -> bool:
    """Whether it is saved; else somebody changed the board since, and the form says so.

    `content`: the newest one with what the form says, so that saving again keeps what others did.
    Raises as `operations.save`, but for BoardHasChanged.
    """
    try:
        await operations.save(
            connection, by=by.principal_id, key=key, version=version, content=content, step=step
        )
    except operations.BoardHasChanged:
        said = gettext(
            "Jemand hat diese Tafel inzwischen geändert. Was Sie geschrieben haben, steht noch hier, ist"
            " aber nicht gespeichert. Speichern Sie noch einmal, so gilt es; alles andere bleibt, wie es ist."
        )
        form.add_error(None, ValidationError(said, code=_OVERTAKEN))
        return False
    return True


def status(form: BaseForm) -> int:
    """Of the page with the form: whether somebody was overtaken."""
    return 409 if form.has_error(NON_FIELD_ERRORS, _OVERTAKEN) else 200
