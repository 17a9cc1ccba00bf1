# SPDX-License-Identifier: EUPL-1.2
"""German words as they are compared: without case and accents, umlauts also written with an e."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_UMLAUT = {"ae": "ä", "oe": "ö", "ue": "ü"}
_WRITTEN_OUT = str.maketrans({umlaut: written for written, umlaut in _UMLAUT.items()})
# Behind a vowel or a q the e belongs to another sound: neue, Feuer, Quelle.
_WRITTEN = re.compile(r"(?<![aeiouäöüq])(?:ae|oe|ue)")


def plain(text: str) -> str:
    """Without case and accents, as catalogue.plain makes the words of the index."""
    spelled = unicodedata.normalize("NFKD", text.lower().replace("ß", "ss"))
    return "".join(sign for sign in spelled if not unicodedata.combining(sign))


def spellings(word: str) -> list[str]:
    """The word as it is asked, then with umlauts written out, or with umlauts where they are written out."""
    asked = unicodedata.normalize("NFC", word.lower())
    others = [
        asked.translate(_WRITTEN_OUT),
        _WRITTEN.sub(lambda found: _UMLAUT[found[0]], asked),
    ]
    return list(dict.fromkeys([asked, *others]))


def part(text: str) -> str:
    """The pattern of LIKE for a part of what the index holds."""
    escaped = plain(text).replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%"


def shortest(parts: Iterable[str]) -> list[str]:
    """These patterns without those that another one finds, too: each costs a search of its own."""
    found: list[str] = []
    for each in sorted(dict.fromkeys(parts), key=len):
        if not any(other.strip("%") in each for other in found):
            found.append(each)
    return found
