# SPDX-License-Identifier: EUPL-1.2
"""What a page must not do, whoever asks for it: run what others bring, ask others, keep a cookie early."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

_OURS = {"'self'", "'none'", "data:", "blob:"}
_FREE = ("frame-ancestors", "sandbox", "report-uri", "upgrade-insecure-requests")
# Blocks of data are no scripts; links that people follow may lead anywhere.
_INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)(?![^>]*type=\"(?:application/(?:ld\+)?json|text/plain)\")[^>]*>|<style\b"
    r"|<[a-z][^<>]*\s(?:style|on[a-z]+)=[\"']|(?:href|src|action)=[\"']?javascript:",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(
    r"<(?:script|img|iframe|source|video|audio|embed|input)\b[^>]*\s(?:src|srcset|poster)=[\"'](?:https?:)?//"
    r"|<link\b(?=[^>]*rel=\"(?:stylesheet|preload|modulepreload|icon|manifest|apple-touch-icon))"
    r"[^>]*\shref=[\"'](?:https?:)?//",
    re.IGNORECASE,
)
_FORM = re.compile(r"<form\b[^>]*method=\"?post", re.IGNORECASE)


def wrong(headers: Mapping[str, str], text: str, *, cookies: Collection[str]) -> Iterator[str]:
    """What is wrong with an answer; of what is no page, only the cookies count."""
    page = headers.get("content-type", "").startswith("text/html")
    if early := set(cookies) - ({"csrftoken"} if page and _FORM.search(text) else set()):
        yield f"keeps {sorted(early)}"
    if not page:
        return
    policy = headers.get("content-security-policy", "")
    rules = {words[0]: set(words[1:]) for part in policy.split(";") if (words := part.split())}
    if rules.get("default-src") != {"'none'"}:
        yield f"is not closed: {policy!r}"
    yield from (
        f"lets in {sorted(named - _OURS)} as {name}"
        for name, named in rules.items()
        if name not in _FREE and named - _OURS
    )
    for pattern, what in ((_INLINE, "holds inline"), (_ELSEWHERE, "asks others by")):
        if found := pattern.search(text):
            yield f"{what} {found[0][:80]}"
