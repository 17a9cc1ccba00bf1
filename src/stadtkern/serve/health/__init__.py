# SPDX-License-Identifier: EUPL-1.2
"""Whether the service lives and is ready, and its figures: `/healthz`, `/readyz` and `/metrics`."""

from stadtkern.serve.health.doors import PATHS, Health

__all__ = ["PATHS", "Health"]
