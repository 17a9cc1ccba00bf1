# SPDX-License-Identifier: EUPL-1.2
"""Tells Django of the catalogue, and other packages what it offers them."""

from __future__ import annotations

from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    """The app `catalogue`."""

    name = "stadtkern.catalogue"
    label = "catalogue"

    def ready(self) -> None:
        """Register what stands elsewhere."""
        from stadtkern.catalogue import hooks

        hooks.register()
