# SPDX-License-Identifier: EUPL-1.2
"""Answers to the question whether a page helped."""

from __future__ import annotations

from datetime import date

import msgspec


class Page(msgspec.Struct, frozen=True):
    """A page with its answers of the last year, and the remarks that wait."""

    path: str
    yes: int
    no: int
    waiting: int

    @property
    def n(self) -> int:
        """All answers."""
        return self.yes + self.no


class Remark(msgspec.Struct, frozen=True):
    """What somebody had to say beside yes (`helped`) or no."""

    id: int
    path: str
    helped: bool
    text: str
    language: str
    given_on: date
    read: bool
