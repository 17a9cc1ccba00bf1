# SPDX-License-Identifier: EUPL-1.2
"""Writes down what is doubtful about a value, as the result quality of its observation."""

from __future__ import annotations

from functools import lru_cache

import msgspec

Flags = frozenset[str]

FOLD_SUM = "dst_fold_sum"
FOLD_FIRST = "dst_fold_first"
FOLD_UNKNOWN = "dst_fold_unknown"
COUNTER_RESET = "counter_reset"


@lru_cache(maxsize=4096)
def document(*, flags: Flags, code: str = "", meaning: str = "") -> str | None:
    """The JSON text `{"status": "doubtful", "flags": […], "code": …}`; None when nothing is doubtful."""
    if not flags and not code:
        return None
    content: dict[str, object] = {"status": "doubtful"}
    if flags:
        content["flags"] = sorted(flags)
    if code:
        content["code"] = code
    if meaning:
        content["meaning"] = meaning
    return msgspec.json.encode(content).decode()
