# SPDX-License-Identifier: EUPL-1.2
"""Parameters of actions, read as CKAN reads them: from the address as text, from the body as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from django.http import HttpRequest

from stadtkern.catalogue.ckan.problems import BodyRefused, ParametersRefused
from stadtkern.core import jsons

_YES = frozenset(("true", "yes", "t", "y", "1", "on"))
_LARGEST = 2**31 - 1


def given(request: HttpRequest) -> Mapping[str, Any]:
    """All parameters of a request. Raises BodyRefused."""
    if request.method != "POST":
        return {
            key: values if len(values) > 1 else values[0] for key, values in request.GET.lists() if values
        }
    if request.content_type in ("application/x-www-form-urlencoded", "multipart/form-data") and request.POST:
        return {
            key: values if len(values) > 1 else values[0] for key, values in request.POST.lists() if values
        }
    if not request.body:
        return {}
    try:
        found = msgspec.json.decode(request.body)
    except jsons.UNREADABLE as error:
        raise BodyRefused("Error decoding JSON data.") from error
    if not isinstance(found, dict):
        raise BodyRefused("Request data JSON decoded to something that is no dictionary.")
    return found


class Parameters:
    """Reads parameters by name; `None` and empty texts count as not given."""

    def __init__(self, found: Mapping[str, Any]):
        self._found = {key: value for key, value in found.items() if value is not None and value != ""}

    def text(self, *names: str) -> str:
        """The first of these parameters as text, or nothing."""
        for name in names:
            if name in self._found:
                value = self._found[name]
                if isinstance(value, list):
                    value = value[-1] if value else ""
                if "\0" in str(value):
                    raise ParametersRefused({name: ["Invalid value"]})
                return str(value)
        return ""

    def must(self, *names: str) -> str:
        """As `text`, but it has to be there. Raises ParametersRefused."""
        found = self.text(*names)
        if not found:
            raise ParametersRefused({names[0]: ["Missing value"]})
        return found

    def number(self, name: str, otherwise: int, *, most: int = _LARGEST) -> int:
        """A natural number, at most `most`. Raises ParametersRefused."""
        text = self.text(name)
        if not text:
            return otherwise
        try:
            found = int(text)
        except ValueError:
            raise ParametersRefused({name: ["Invalid integer"]}) from None
        if found < 0:
            raise ParametersRefused({name: ["Must be a natural number"]})
        return min(found, most)

    def flag(self, name: str, *, otherwise: bool = False) -> bool:
        """Yes or no."""
        text = self.text(name)
        return text.lower() in _YES if text else otherwise

    def listed(self, name: str) -> list[str]:
        """A list: as such, as JSON, or with commas. Raises ParametersRefused."""
        value = self.json(name) if str(self._found.get(name, "")).startswith("[") else self._found.get(name)
        if value is None:
            return []
        if isinstance(value, str):
            return [part.strip() for part in value.split(",") if part.strip()]
        if isinstance(value, list) and all(isinstance(part, str) for part in value):
            return value
        raise ParametersRefused({name: ["Not a list of strings"]})

    def json(self, name: str) -> Any:
        """A value that may also come as the text of JSON. Raises ParametersRefused."""
        value = self._found.get(name)
        if not isinstance(value, str):
            return value
        try:
            return msgspec.json.decode(value)
        except jsons.UNREADABLE:
            raise ParametersRefused({name: ["Cannot parse JSON"]}) from None

    def raw(self, name: str) -> Any:
        """A value as it came."""
        return self._found.get(name)
