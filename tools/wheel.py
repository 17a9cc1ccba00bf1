# SPDX-License-Identifier: EUPL-1.2
"""Puts the browser's files and the compiled catalogues into the wheel; editable installs have their own."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Wheel(BuildHookInterface):  # type: ignore[type-arg]
    """Builds what is not committed."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Run before the wheel is packed."""
        if version != "editable":
            subprocess.run([sys.executable, "-m", "tools.assets"], cwd=self.root, check=True)
