# SPDX-License-Identifier: EUPL-1.2
"""How long something lasts that a test sees begin and end: a moment where the machine is quick."""

from __future__ import annotations

# Seconds. Whoever finds it over before having looked tries the next.
WINDOWS = (1.0, 5.0, 25.0)
