# SPDX-License-Identifier: EUPL-1.2
"""Django for tests without a database."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator

import pytest

os.environ.setdefault("STADTKERN_DATA", tempfile.mkdtemp(prefix="stadtkern-pages-"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stadtkern.web.settings")


@pytest.fixture(autouse=True)
def german() -> Iterator[None]:
    """Pages speak German unless a test says otherwise."""
    import django
    from django.utils import translation

    django.setup(set_prefix=False)
    with translation.override("de"):
        yield
