"""Recipes: an admin's console line with places that a member fills in, and nothing gets out of one.

    whitelist add {player: name}
    ban {player: name} {days: number 1-30} {why: text 80}
    weather {sky: clear|rain|thunder}

Doubled braces stand for themselves. A place is read once, when the recipe is made; what a member
fills in is checked against its kind, so that a value can only ever be a value.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Final

from msgspec import Struct

from bot.access.console_lines import commands_in, has_control
from bot.fleet.games import Game

ARGUMENTS_AT_MOST: Final = 5
TEMPLATE_CHARACTERS: Final = 300
TEXT_CHARACTERS: Final = 100
"""Of a text whose length isn't given."""
TEXT_AT_MOST: Final = 500
NAME_CHARACTERS: Final = 32
CHOICES_AT_MOST: Final = 25
CHOICE_CHARACTERS: Final = 60
# a leading dot stands before players of Bedrock on servers of Java
_PLAYER: Final = re.compile(r"\.?[A-Za-z0-9_]{1,31}")
_NUMBER: Final = re.compile(r"-?\d{1,9}")
_LABEL: Final = re.compile(r"\w(?:[\w -]{0,28}\w)?")
_TEXT: Final = re.compile(r"text(?: (\d{1,4}))?")
_SNOWFLAKE: Final = re.compile(r"\d{15,20}")
_ACCOUNT: Final = re.compile(r"[a-z0-9_.]{2,32}")
# what ends a string, selects players, begins another command or holds a value of its own
_UNSAFE: Final = frozenset("\"'`\\@;*{}[]")
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Mn", "Me"})
_PROBE: Final = "xplacex"
"""Stands for what a member fills in, where only the rest of a template matters."""


class Kind(Enum):
    """What a place takes."""

    TEXT = "text"
    CHOICE = "choice"
    NUMBER = "number"
    NAME = "name"
    MEMBER = "member"
    MEMBER_NAME = "member name"


class Flaw(Enum):
    """Why a template can't be."""

    EMPTY = "empty"
    TOO_LONG = "too long"
    NOT_ONE_LINE = "not one line"
    OPEN_BRACE = "open brace"
    STRAY_BRACE = "stray brace"
    NO_LABEL = "no label"
    UNKNOWN_KIND = "unknown kind"
    BAD_LENGTH = "bad length"
    BAD_RANGE = "bad range"
    BAD_CHOICES = "bad choices"
    TWICE = "twice"
    TOO_MANY = "too many"
    CHOOSES_COMMAND = "chooses command"


class BrokenTemplate(Exception):
    """A template that can't be: why, and at which place of it."""

    def __init__(self, flaw: Flaw, where: str = "") -> None:
        super().__init__(f"{flaw.value}: {where}")
        self.flaw = flaw
        self.where = where


class Fault(Enum):
    """Why a value isn't taken."""

    EMPTY = "empty"
    TOO_LONG = "too long"
    UNSAFE = "unsafe"
    ONE_WORD = "one word"
    NOT_A_CHOICE = "not a choice"
    NOT_A_NUMBER = "not a number"
    OUT_OF_RANGE = "out of range"
    NOT_A_NAME = "not a name"
    NOT_A_MEMBER = "not a member"
    TOO_FEW = "too few"
    TOO_MANY = "too many"


class BadArgument(Exception):
    """A value that isn't taken: of which place, why, and what stands in the way."""

    def __init__(self, fault: Fault, place: "Place | None" = None, what: str = "") -> None:
        super().__init__(f"{fault.value}: {place.label if place else ''}")
        self.fault = fault
        self.place = place
        self.what = what


class Place(Struct, frozen=True):
    """A place of a template."""

    label: str
    kind: Kind
    most: int = TEXT_CHARACTERS
    """Characters of a text, or the largest number."""
    least: int = 0
    """The smallest number."""
    choices: tuple[str, ...] = ()
    may_have_blanks: bool = False
    """A text with blanks stands last or in quotes, or its words would be arguments of their own."""


class Recipe(Struct, frozen=True):
    """A recipe of a guild."""

    id: str
    name: str
    template: str
    scope_id: str | None
    """The server's row id or a group's id; None = all servers of the guild."""
    by_approval: bool
    """Whether who isn't granted it may ask for it."""
    shows_answer: bool
    """Whether who runs it sees what the console says then, without the right to the console."""
    is_public: bool
    """Whether the channel sees that it was run."""
    made_by: int
    made_at: datetime

    def is_on(self, server_id: str, group_ids: frozenset[str]) -> bool:
        """Whether it is there for a server."""
        return self.scope_id is None or self.scope_id == server_id or self.scope_id in group_ids


def places_of(template: str) -> tuple[Place, ...]:
    """The places of a template, in the order in which they are asked for.

    Raises:
        BrokenTemplate: It can't be.
    """
    if not template.strip():
        raise BrokenTemplate(Flaw.EMPTY)
    if len(template) > TEMPLATE_CHARACTERS:
        raise BrokenTemplate(Flaw.TOO_LONG)
    if has_control(template) or _PROBE in template:
        raise BrokenTemplate(Flaw.NOT_ONE_LINE)
    found: dict[str, Place] = {}
    pieces = _pieces(template)
    for number, (text, is_place) in enumerate(pieces):
        if not is_place:
            continue
        before = "".join(one for one, is_one in pieces[:number] if not is_one)
        is_last = not "".join(one for one, _is in pieces[number + 1 :]).strip()
        place = _place(text, may_have_blanks=is_last or before.count('"') % 2 == 1)
        known = found.get(place.label)
        if known is None:
            found[place.label] = place
        elif ":" in text:
            raise BrokenTemplate(Flaw.TWICE, text)
        elif not place.may_have_blanks:
            found[place.label] = _without_blanks(known)
    if len(found) > ARGUMENTS_AT_MOST:
        raise BrokenTemplate(Flaw.TOO_MANY)
    _check_commands(pieces)
    return tuple(found.values())


def filled(template: str, values: Mapping[str, str]) -> str:
    """The line to send.

    Args:
        values: What was given for each place, by its label; checked here.

    Raises:
        BadArgument: A value isn't taken.
        BrokenTemplate: The template can't be.
    """
    places = places_of(template)
    taken = {place.label: checked(place, values.get(place.label, "")) for place in places}
    return "".join(
        taken[_label(text)] if is_place else text for text, is_place in _pieces(template)
    ).strip()


def checked(place: Place, value: str) -> str:
    """A value as it goes into the line.

    Raises:
        BadArgument: It isn't taken.
    """
    text = value.strip(" ")
    if not text:
        raise BadArgument(Fault.EMPTY, place)
    if place.kind is Kind.TEXT:
        return _checked_text(place, text)
    if place.kind is Kind.NUMBER:
        _check_number(place, text)
    elif place.kind is Kind.CHOICE:
        if text not in place.choices:
            raise BadArgument(Fault.NOT_A_CHOICE, place)
    else:
        form, fault = _FORMS[place.kind]
        if not (text.isascii() and form.fullmatch(text)):
            raise BadArgument(fault, place)
    return text


def split(text: str, places: Sequence[Place]) -> dict[str, str]:
    """Values typed in one line, "Mia 30", by label: blanks part them, quotes hold them together.

    Raises:
        BadArgument: There are too few or too many, or a quote is left open.
    """
    words, rest = _words(text)
    if len(words) < len(places):
        raise BadArgument(Fault.TOO_FEW, places[len(words)])
    if len(words) > len(places):
        if not places or not places[-1].may_have_blanks or places[-1].kind is not Kind.TEXT:
            raise BadArgument(Fault.TOO_MANY)
        words = [*words[: len(places) - 1], text[rest[len(places) - 1] :].strip()]
    return {place.label: word for place, word in zip(places, words, strict=True)}


def _words(text: str) -> tuple[list[str], list[int]]:
    """The words of a text, and where each begins."""
    words: list[str] = []
    begins: list[int] = []
    at = 0
    while at < len(text):
        if text[at] == " ":
            at += 1
            continue
        begins.append(at)
        if text[at] == '"':
            end = text.find('"', at + 1)
            if end < 0:
                raise BadArgument(Fault.UNSAFE, what='"')
            words.append(text[at + 1 : end])
            at = end + 1
        else:
            end = text.find(" ", at)
            end = len(text) if end < 0 else end
            words.append(text[at:end])
            at = end
    return words, begins


def _check_number(place: Place, text: str) -> None:
    if not (text.isascii() and _NUMBER.fullmatch(text)):
        raise BadArgument(Fault.NOT_A_NUMBER, place)
    if not place.least <= int(text) <= place.most:
        raise BadArgument(Fault.OUT_OF_RANGE, place)


_FORMS: Final = {
    Kind.NAME: (_PLAYER, Fault.NOT_A_NAME),
    Kind.MEMBER: (_SNOWFLAKE, Fault.NOT_A_MEMBER),
    Kind.MEMBER_NAME: (_ACCOUNT, Fault.NOT_A_MEMBER),
}


def _checked_text(place: Place, text: str) -> str:
    # an apostrophe is a quote to some consoles; its typographic form is one to none
    text = text.replace("'", "’")
    if len(text) > place.most:
        raise BadArgument(Fault.TOO_LONG, place)
    for character in text:
        if character in _UNSAFE or unicodedata.category(character) in _INVISIBLE:
            shown = character if character in _UNSAFE else f"U+{ord(character):04X}"
            raise BadArgument(Fault.UNSAFE, place, shown)
        if character.isspace() and character != " ":
            raise BadArgument(Fault.UNSAFE, place, f"U+{ord(character):04X}")
    if text.startswith("/") or "//" in text:
        raise BadArgument(Fault.UNSAFE, place, "/")
    if " " in text and not place.may_have_blanks:
        raise BadArgument(Fault.ONE_WORD, place)
    return text


def _pieces(template: str) -> list[tuple[str, bool]]:
    """The template as literal texts and places."""
    pieces: list[tuple[str, bool]] = []
    literal, at = "", 0
    while at < len(template):
        pair, character = template[at : at + 2], template[at]
        if pair in ("{{", "}}"):
            literal += character
            at += 2
        elif character == "}":
            raise BrokenTemplate(Flaw.STRAY_BRACE, template[max(0, at - 20) : at + 1])
        elif character == "{":
            end = template.find("}", at)
            inside = template[at + 1 : end] if end >= 0 else ""
            if end < 0 or "{" in inside:
                raise BrokenTemplate(Flaw.OPEN_BRACE, template[at : at + 20])
            pieces += [(literal, False), (inside, True)]
            literal, at = "", end + 1
        else:
            literal += character
            at += 1
    return [*pieces, (literal, False)]


def _label(text: str) -> str:
    return " ".join(text.partition(":")[0].split())


def _place(text: str, *, may_have_blanks: bool) -> Place:
    label, said = _label(text), " ".join(text.partition(":")[2].split())
    if not _LABEL.fullmatch(label):
        raise BrokenTemplate(Flaw.NO_LABEL, text)
    if "|" in said:
        return Place(label, Kind.CHOICE, choices=_choices(said, text))
    if not said or said == "text" or said.startswith("text "):
        return _text_place(label, said or "text", text, may_have_blanks)
    if said == "number" or said.startswith("number "):
        return _number_place(label, said, text)
    for kind in (Kind.NAME, Kind.MEMBER, Kind.MEMBER_NAME):
        if said == kind.value:
            return Place(label, kind)
    if said in ("player name", "player"):
        return Place(label, Kind.NAME)
    raise BrokenTemplate(Flaw.UNKNOWN_KIND, text)


def _text_place(label: str, said: str, text: str, may_have_blanks: bool) -> Place:
    read = _TEXT.fullmatch(said)
    most = int(read[1] or TEXT_CHARACTERS) if read else 0
    if not 1 <= most <= TEXT_AT_MOST:
        raise BrokenTemplate(Flaw.BAD_LENGTH, text)
    return Place(label, Kind.TEXT, most=most, may_have_blanks=may_have_blanks)


def _number_place(label: str, said: str, text: str) -> Place:
    if said == "number":
        return Place(label, Kind.NUMBER, most=999_999_999, least=-999_999_999)
    read = re.fullmatch(r"number (-?\d{1,9}) ?(?:-|\.\.) ?(-?\d{1,9})", said)
    if read is None or not read[0].isascii() or int(read[1]) > int(read[2]):
        raise BrokenTemplate(Flaw.BAD_RANGE, text)
    return Place(label, Kind.NUMBER, most=int(read[2]), least=int(read[1]))


def _choices(said: str, text: str) -> tuple[str, ...]:
    choices = tuple(one.strip() for one in said.split("|"))
    probe = Place("", Kind.TEXT, most=CHOICE_CHARACTERS, may_have_blanks=True)
    try:
        is_fit = all(checked(probe, one) == one for one in choices)
    except BadArgument:
        is_fit = False
    if not is_fit or len(set(choices)) != len(choices) or len(choices) > CHOICES_AT_MOST:
        raise BrokenTemplate(Flaw.BAD_CHOICES, text)
    return choices


def _without_blanks(place: Place) -> Place:
    return Place(place.label, place.kind, place.most, place.least, place.choices)


def _check_commands(pieces: Sequence[tuple[str, bool]]) -> None:
    """A member fills in what a command is told, never which command it is."""
    line = "".join(_PROBE if is_place else text for text, is_place in pieces)
    for game in Game:
        if any(_PROBE in command.words[0] for command in commands_in(line, game)):
            raise BrokenTemplate(Flaw.CHOOSES_COMMAND)
