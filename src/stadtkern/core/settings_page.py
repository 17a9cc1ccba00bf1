# SPDX-License-Identifier: EUPL-1.2
"""The settings as a page for people."""

from __future__ import annotations

from typing import get_args, get_type_hints

import msgspec

from stadtkern.core import settings


def describe() -> str:
    """The settings as a Markdown page, for `docs/settings.md`."""
    lines = [
        "<!-- SPDX-License-Identifier: CC-BY-4.0 -->",
        "<!-- Made from src/stadtkern/core/settings.py by `stadtkern settings --markdown`; do not edit. -->",
        "# Settings",
        "",
        "Every setting is an environment variable. Secrets have no default.",
        "",
        "| variable | default | meaning |",
        "|---|---|---|",
    ]
    defaults = settings.Settings()
    for field, hint in get_type_hints(settings.Settings, include_extras=True).items():
        meta = next(arg for arg in get_args(hint) if isinstance(arg, msgspec.Meta))
        value = getattr(defaults, field)
        shown = "–" if value in (None, ()) else f"`{value}`"
        lines.append(f"| `{settings.PREFIX}{field.upper()}` | {shown} | {meta.description} |")
    return "\n".join(lines) + "\n"
