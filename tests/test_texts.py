"""Every language is complete, and says the same things with the same placeholders."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from bot.texts import FOLDER, _, _n, languages, speaking
from docs.texts import Text, texts

DESCRIPTION = 100  # Discord's limit, in every language
PLACEHOLDER = re.compile(r"{(\w+)}")


@pytest.fixture(scope="module")
def wanted() -> set[Text]:
    return texts()


def _catalogue(language: str) -> Catalog:
    with (FOLDER / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


def _said(catalogue: Catalog) -> dict[Text, tuple[str, ...]]:
    found: dict[Text, tuple[str, ...]] = {}
    for message in catalogue:
        if message.id:
            key = message.id if isinstance(message.id, str) else tuple(message.id)
            said = message.string
            found[key] = (said,) if isinstance(said, str) else tuple(said or ())
    return found


def test_german_is_spoken() -> None:
    assert "de" in languages()


@pytest.mark.parametrize("language", languages())
def test_nothing_is_left_untranslated_and_nothing_is_there_in_vain(
    language: str, wanted: set[Text]
) -> None:
    said = _said(_catalogue(language))

    assert {text for text in wanted if not all(said.get(text, ("",)))} == set()
    assert set(said) - wanted == set()


@pytest.mark.parametrize("language", languages())
def test_every_placeholder_is_kept(language: str) -> None:
    for text, said in _said(_catalogue(language)).items():
        forms = (text,) if isinstance(text, str) else text
        meant = {name for form in forms for name in PLACEHOLDER.findall(form)}
        for one in said:
            assert set(PLACEHOLDER.findall(one)) <= meant, one
        assert set(PLACEHOLDER.findall(said[-1])) == set(PLACEHOLDER.findall(forms[-1])), text


def test_a_reader_is_spoken_to_in_their_language() -> None:
    with speaking("de"):
        assert _("running") == "läuft"
        assert _n("{count} server", "{count} servers", 1) == "1 Server"
    with speaking("fr"):
        assert _("running") == "running"


def test_the_sources_are_found() -> None:
    assert Path(FOLDER).is_dir()
