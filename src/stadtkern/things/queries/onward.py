# SPDX-License-Identifier: EUPL-1.2
"""Links to the next page: the same options, and the place reached."""

from __future__ import annotations

from urllib.parse import quote

from stadtkern.things.language.tree import Options

_SAFE = "$()/,;=':@-._~*"


def link(address: str, options: Options, token: str) -> str:
    """The address of the next page: the same options, the place reached, no $skip."""
    return f"{address}?{kept(options)}$skiptoken={token}"


def kept(options: Options) -> str:
    """The options of a link to the next page, without the place reached."""
    given = {name: text for name, text in options.given.items() if name not in ("$skip", "$skiptoken")}
    return "".join(f"{name}={quote(text, safe=_SAFE)}&" for name, text in given.items())
