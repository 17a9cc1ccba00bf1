# SPDX-License-Identifier: EUPL-1.2
"""Server-drawn charts: the first picture of every series, on screens and paper, without JavaScript."""

from stadtkern.ui.charts.curve import Curve, Mark, draw
from stadtkern.ui.charts.spark import share, spark

__all__ = ["Curve", "Mark", "draw", "share", "spark"]
