# SPDX-License-Identifier: EUPL-1.2
"""What can go wrong, told in the words of a page: beside a field of a form, or as a page of its own."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from stadtkern.core.problems import Problem

View = Callable[..., Coroutine[Any, Any, HttpResponse]]


class Telling:
    """A room's problems, each with what happened and how to mend it, in words that are translated late.

    `back`: where the message about a problem leads, from the parts of the page's address; and its words.
    """

    def __init__(
        self,
        words: Mapping[type[Problem], tuple[Any, Any]],
        *,
        back: Callable[[Problem, Mapping[str, Any]], tuple[str, Any] | None] | None = None,
    ):
        self._words = words
        self._back = back

    def says(self, problem: Problem) -> str:
        """A problem in sentences, for a form."""
        title, remedy = self._words[type(problem)]
        return f"{title} {remedy}"

    def told(self, view: View) -> View:
        """Turn what can go wrong in a view into a page that says so in the page's language."""

        @wraps(view)
        async def answer(request: HttpRequest, *arguments: Any, **more: Any) -> HttpResponse:
            try:
                return await view(request, *arguments, **more)
            except tuple(self._words) as problem:
                title, remedy = self._words[type(problem)]
                about = {"title": title, "remedy": remedy, "back": self._back and self._back(problem, more)}
                return render(request, "ui/message.html", about, status=problem.status)

        return answer
