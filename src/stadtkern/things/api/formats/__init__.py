# SPDX-License-Identifier: EUPL-1.2
"""Answers other than plain JSON: data arrays, GeoJSON and CSV, sent while the rest is read."""

from stadtkern.things.api.formats.choice import Format, choose, said
from stadtkern.things.api.formats.render import answer

__all__ = ["Format", "answer", "choose", "said"]
