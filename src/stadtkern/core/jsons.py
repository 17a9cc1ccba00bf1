# SPDX-License-Identifier: EUPL-1.2
"""What reading JSON from outside may end with: it is not only wrong signs."""

from __future__ import annotations

import msgspec

UNREADABLE = (msgspec.DecodeError, UnicodeError, RecursionError)


def why(error: BaseException) -> str:
    """What is wrong with it, for people."""
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
