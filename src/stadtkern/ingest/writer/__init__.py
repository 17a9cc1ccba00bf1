# SPDX-License-Identifier: EUPL-1.2
"""The way of readings from the doors into the store: collected, committed together, then acknowledged."""

from stadtkern.ingest.writer.writer import Writer

__all__ = ["Writer"]
