# SPDX-License-Identifier: EUPL-1.2
"""Errors that say what was wrong, where, and how to mend it (RFC 9457)."""

from __future__ import annotations

import inspect
from typing import Any, ClassVar


class Problem(Exception):
    """The request could not be carried out.

    Subclasses set `status`; their docstring says what happened (first line) and how to mend it (the rest).
    """

    status: ClassVar[int] = 400

    def __init__(
        self, detail: str = "", *, where: str = "", headers: dict[str, str] | None = None, **extra: Any
    ):
        super().__init__(detail or self.title)
        self.detail = detail
        self.where = where
        self.headers = headers or {}
        self.extra = extra

    @property
    def title(self) -> str:
        """What happened, from the docstring's first line."""
        return inspect.cleandoc(self.__doc__ or "Problem").partition("\n")[0].rstrip(".")

    @property
    def remedy(self) -> str:
        """How to mend it, from the rest of the docstring."""
        return " ".join(inspect.cleandoc(self.__doc__ or "").partition("\n")[2].split())

    def document(self) -> dict[str, Any]:
        """The members of the problem+json document."""
        document: dict[str, Any] = {
            "type": f"urn:stadtkern:problem:{type(self).__name__}",
            "title": self.title,
            "status": self.status,
        }
        optional = {"detail": self.detail, "where": self.where, "remedy": self.remedy}
        document.update({key: value for key, value in optional.items() if value})
        document.update(self.extra)
        return document


class NotFound(Problem):
    """There is nothing here.

    Check the address; what you may not see is also answered this way.
    """

    status = 404


class Unavailable(Problem):
    """The database does not answer at the moment.

    Nothing was stored. Please send the request again in a few seconds.
    """

    status = 503

    def __init__(self, detail: str = "", **extra: Any):
        super().__init__(detail, headers={"Retry-After": "5"}, **extra)
