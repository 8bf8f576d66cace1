"""The texts that translations are held to: `python -m docs.texts FILE.po` completes a catalogue.

Sentences are collected from the code (`_()` and `_n()`), descriptions from the command tree. What
is no longer used leaves the catalogue, what is new comes in without a translation.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po
from discord import app_commands

from bot.client import bare_tree

ROOT: Final = Path(__file__).parent.parent
KEYWORDS: Final[dict[str, tuple[int, ...] | None]] = {"_": None, "_n": (1, 2)}
PLACES: Final = ("bot", "cogs")
Text = str | tuple[str, ...]


def texts() -> set[Text]:
    """Every text a person may read: one, or (one, many) for counted things."""
    found: set[Text] = set()
    for place in PLACES:
        for _file, _line, message, _comments, _context in extract_from_dir(
            ROOT / place, method_map=[("**.py", "python")], keywords=KEYWORDS
        ):
            found.add(message if isinstance(message, str) else tuple(message))
    return found | set(_descriptions())


def completed(catalogue: Catalog, wanted: set[Text]) -> Catalog:
    """The catalogue with exactly the texts that are wanted, sorted."""
    made = Catalog(locale=catalogue.locale, project="Roost", charset="utf-8")
    for text in sorted(wanted, key=lambda one: one if isinstance(one, str) else one[0]):
        known = catalogue.get(text if isinstance(text, str) else text[0])
        made.add(text, string=known.string if known else None)
    return made


def _descriptions() -> Iterator[str]:
    tree = bare_tree()
    for made in tree.walk_commands():
        yield made.description
        if isinstance(made, app_commands.Command):
            yield from _of_options(made)


def _of_options(made: app_commands.Command[Any, ..., Any]) -> Iterator[str]:
    for option in made.parameters:
        yield str(option.description)


def main() -> None:
    """Complete each catalogue that is named."""
    for name in sys.argv[1:]:
        file = Path(name)
        with file.open("rb") as source:
            catalogue = read_po(source, locale=file.stem)
        with file.open("wb") as target:
            write_po(target, completed(catalogue, texts()), width=100, omit_header=False)


if __name__ == "__main__":
    main()
