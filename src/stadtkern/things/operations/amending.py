# SPDX-License-Identifier: EUPL-1.2
"""Finds the store's functions that change and remove observations."""

from __future__ import annotations

import importlib.util
from typing import Any

amend: Any = (
    importlib.import_module("stadtkern.things.store.amend")
    if importlib.util.find_spec("stadtkern.things.store.amend")
    else None
)
