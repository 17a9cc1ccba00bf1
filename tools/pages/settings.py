# SPDX-License-Identifier: EUPL-1.2
"""`docs/settings.md` from the settings struct."""

from __future__ import annotations

from stadtkern.core import settings_page


def page() -> str:
    """The whole page."""
    return settings_page.describe()
