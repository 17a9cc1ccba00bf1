# SPDX-License-Identifier: EUPL-1.2
"""Addresses of the bundled assets, from the manifest that the build leaves beside them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from django.conf import settings


class AssetsAreMissing(Exception):
    """The browser's assets have not been built.

    Run `make assets`.
    """


def address(name: str) -> str:
    """`app.css` → `/assets/app-1A2B3C4D.css`."""
    manifest = _manifest(Path(settings.ASSETS_FOLDER))
    return f"{settings.STATIC_URL}{manifest[name]}"


@cache
def _manifest(folder: Path) -> dict[str, str]:
    try:
        found: dict[str, str] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise AssetsAreMissing("Run `make assets`.") from error
    return found
