"""Every sentence a person reads goes through `_()`, in the language of whoever reads it."""

import gettext
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Final

SOURCE_LANGUAGE: Final = "en"
_FOLDER: Final = Path(__file__).parent / "locales"
_language: ContextVar[str] = ContextVar("language", default=SOURCE_LANGUAGE)


def _(text: str, /, **values: object) -> str:
    """The text in the current language, with `{placeholders}` filled in."""
    return _catalogue(_language.get()).gettext(text).format(**values)


def _n(one: str, many: str, count: int, /, **values: object) -> str:
    """Like `_` for a counted thing; `{count}` is filled in too."""
    return _catalogue(_language.get()).ngettext(one, many, count).format(count=count, **values)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak `language` (Discord's code, such as "de" or "en-US") inside the block."""
    token = _language.set(language.split("-", 1)[0].lower())
    try:
        yield
    finally:
        _language.reset(token)


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation("roost", _FOLDER, languages=[language], fallback=True)
