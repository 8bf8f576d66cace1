"""What a line says to who reads it, whatever its characters are: for finding what hides in it.

An address with other full stops, in digits of full width, encoded for a URL, or with a joiner
between two digits reads as an address, though it looks like none to a pattern.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

_ENCODED: Final = re.compile(r"%[0-9A-Fa-f]{2}")
_OTHER: Final = re.compile(r"[^\x00-\x7f]")
_QUOTE: Final = '\\"'
_STOPS: Final = {"\u3002": ".", "\uff61": ".", "\u00b7": ".", "\u2024": "."}
TIMES: Final = 3
"""So often what was encoded twice is decoded."""


def is_plainly_read(text: str) -> bool:
    """Whether a text reads as it is written; fast."""
    return text.isascii() and "%" not in text and _QUOTE not in text


def reading(text: str) -> str:
    """The text in the letters and digits of ASCII where they mean the same, decoded."""
    for _ in range(TIMES):
        read = _once(text)
        if read == text:
            break
        text = read
    return text


def _once(text: str) -> str:
    if "%" in text and _ENCODED.search(text):
        text = unquote(text, errors="replace")
    text = text.replace(_QUOTE, '"')
    if text.isascii():
        return text
    return _OTHER.sub(_read, unicodedata.normalize("NFKD", text))


def _read(found: re.Match[str]) -> str:
    return _plain(found[0])


@lru_cache(maxsize=4096)
def _plain(character: str) -> str:
    stop = _STOPS.get(character)
    if stop is not None:
        return stop
    category = unicodedata.category(character)
    if category in ("Mn", "Me", "Cf"):
        return ""
    digit = unicodedata.decimal(character, None)
    return character if digit is None else str(digit)
