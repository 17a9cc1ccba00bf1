# SPDX-License-Identifier: EUPL-1.2
"""After a form: on to a page that says what was done, by a word in its address; the tag `done` shows it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

_DONE, _NUMBER = "getan", "nr"


def redirect(to: str, *, did: str, number: int | None = None, **parts: Any) -> HttpResponseRedirect:
    """To the page named `to`, where `did` was done, to the entry with this number where one is left."""
    said = {_DONE: did} | ({_NUMBER: str(number)} if number is not None else {})
    return HttpResponseRedirect(f"{reverse(to, kwargs=parts or None)}?{urlencode(said)}")


def before(request: HttpRequest) -> str:
    """What was done before this page; nothing on a page that answers a form itself."""
    return request.GET.get(_DONE, "") if request.method == "GET" else ""


def number(request: HttpRequest) -> int | None:
    """The entry that it was done to."""
    given = request.GET.get(_NUMBER, "")
    small = given.isascii() and given.isdecimal() and len(given) < 19
    return int(given) if small and before(request) else None
