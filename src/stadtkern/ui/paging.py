# SPDX-License-Identifier: EUPL-1.2
"""Where a reader of a long list is, and how to go on."""

from __future__ import annotations

import msgspec
from django.utils.translation import gettext


class Paging(msgspec.Struct, frozen=True):
    """Addresses of the pages before and after, with their labels, and what is said between them."""

    before: str
    before_label: str
    after: str
    after_label: str
    says: str


def between(before: str, after: str, says: str = "") -> Paging:
    """With the usual labels."""
    return Paging(before, gettext("Zurück"), after, gettext("Weiter"), says)
