# SPDX-License-Identifier: EUPL-1.2
"""What the templates of the sign-in know of this installation."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def ways_in(request: HttpRequest) -> dict[str, Any]:  # noqa: ARG001
    """Which ways in there are."""
    return {
        "mail_works": settings.MAIL_WORKS,
        "signup_open": settings.SIGNUP_OPEN,
        "sign_in_with": settings.SIGN_IN_WITH,
    }
