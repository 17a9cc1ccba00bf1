# SPDX-License-Identifier: EUPL-1.2
"""Tells Django of accounts, and what happens when one changes."""

from __future__ import annotations

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    """The app `identity`."""

    name = "stadtkern.identity"
    label = "identity"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to what allauth says of accounts."""
        from stadtkern.identity import hooks

        hooks.listen()
