# SPDX-License-Identifier: EUPL-1.2
"""Musterstadt: a city to try things out in, made of real open data, a replay of it, and simulated probes."""

from stadtkern.city.demo.load import prepare

__all__ = ["prepare"]
