# SPDX-License-Identifier: EUPL-1.2
"""Writes of the catalogue; each runs in the caller's transaction, or in one of its own, as a whole."""

from stadtkern.catalogue.operations.adopt import adopt, adopt_all
from stadtkern.catalogue.operations.datasets import Who, change, create, publish, withdraw
from stadtkern.catalogue.operations.forms import (
    add_distribution,
    add_service,
    change_distribution,
    remove_distribution,
)
from stadtkern.catalogue.operations.problems import (
    DatasetNotReady,
    InvalidMetadata,
    NotInCatalogue,
)

__all__ = [
    "DatasetNotReady",
    "InvalidMetadata",
    "NotInCatalogue",
    "Who",
    "add_distribution",
    "add_service",
    "adopt",
    "adopt_all",
    "change",
    "change_distribution",
    "create",
    "publish",
    "remove_distribution",
    "withdraw",
]
