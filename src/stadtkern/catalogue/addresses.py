# SPDX-License-Identifier: EUPL-1.2
"""Our own addresses: stored without the city's name, complete in everything that leaves the house."""

from __future__ import annotations

from functools import cache

import msgspec

from stadtkern.catalogue.entities import Dataset, Distribution, Service
from stadtkern.core import settings


@cache
def base() -> str:
    """Where all own links begin, without a slash at the end."""
    return settings.load().base_url


def absolute(address: str) -> str:
    """`/daten/x` with the city's own address in front; others stay."""
    return base() + address if address.startswith("/") else address


def completed(dataset: Dataset) -> Dataset:
    """The dataset with complete addresses of its forms and interfaces."""
    return msgspec.structs.replace(
        dataset,
        distributions=tuple(_form(each) for each in dataset.distributions),
        services=tuple(_service(each) for each in dataset.services),
    )


def _form(given: Distribution) -> Distribution:
    if not (given.access_url.startswith("/") or given.download_url.startswith("/")):
        return given
    return msgspec.structs.replace(
        given, access_url=absolute(given.access_url), download_url=absolute(given.download_url)
    )


def _service(given: Service) -> Service:
    return msgspec.structs.replace(
        given,
        endpoint_url=absolute(given.endpoint_url),
        endpoint_description=absolute(given.endpoint_description),
        documentation=tuple(absolute(address) for address in given.documentation),
    )
