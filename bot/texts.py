"""Every sentence a person reads goes through `_()`, in the language of whoever reads it."""

import gettext
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

SOURCE_LANGUAGE: Final = "en"
FOLDER: Final = Path(__file__).parent / "locales"
"""One `<language>.po` a language; English is the source and needs none."""
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
    token = _language.set(code_of(language))
    try:
        yield
    finally:
        _language.reset(token)


def in_language(text: str, language: str) -> str | None:
    """A source text in a language; None where it has no translation (or needs none)."""
    said = _catalogue(code_of(language)).gettext(text)
    return None if said == text else said


def languages() -> list[str]:
    """The languages there are translations for."""
    return sorted(file.stem for file in FOLDER.glob("*.po"))


def code_of(language: str) -> str:
    """Discord's code of a language as ours."""
    return language.split("-", 1)[0].lower()


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    file = FOLDER / f"{language}.po"
    if not file.is_file():
        return gettext.NullTranslations()
    compiled = BytesIO()
    with file.open("rb") as source:
        write_mo(compiled, read_po(source))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
