"""A console line, read as the game would: which commands it would run, however it is written.

Games differ in how one line runs several commands, or a command inside another. Where a reading is
open, the line is read as everything it may mean, so that a rule can't be got around by spelling.
"""

import unicodedata
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from bot.fleet.games import Game

_MINECRAFT: Final = frozenset({Game.MINECRAFT_JAVA, Game.MINECRAFT_BEDROCK})
_INVISIBLE: Final = frozenset({"Cf", "Cc", "Cn", "Co", "Cs", "Mn", "Me", "Zl", "Zp"})
_FORBIDDEN: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
_QUOTES: Final = "\"'`“”„‘’«»"
_HOME: Final = ("minecraft:", "global.")
"""Prefixes that name the game's own command, as it is without."""


class Command(Struct, frozen=True):
    """One command that a line would run."""

    words: tuple[str, ...]
    """Without slash, quotes and invisible characters, case-folded; never empty."""
    is_plain: bool
    """Whether the command's word was written as it stands here, so that a list may allow it."""
    is_readable: bool = True
    """Whether what it runs inside can be told: an `execute` without `run` can't."""


def has_control(text: str) -> bool:
    """Whether line breaks or control characters are in it, which a console may act upon."""
    return any(unicodedata.category(character) in _FORBIDDEN for character in text)


def commands_in(line: str, game: Game) -> tuple[Command, ...]:
    """Every command that the line may run, in order; empty when it runs none."""
    parts = [line] if game in _MINECRAFT else line.split(";")
    return tuple(found for part in parts for found in _commands(part.split()))


def words_of(text: str) -> tuple[str, ...]:
    """A pattern of a rule, or a command, as words that can be compared."""
    words = [_folded(word) for word in text.split()]
    while words:
        first = _bare(words.pop(0))
        if first:
            return (first, *words)
    return ()


def fits(pattern: tuple[str, ...], command: Command, *, strictly: bool) -> bool:
    """Whether a rule's pattern speaks of the command.

    Args:
        strictly: For what is allowed: only what is written plainly. For what is forbidden, a
            command of a plugin (`essentials:op`) is the command of that name too.
    """
    if pattern == ("*",):
        return True
    if strictly and not command.is_plain:
        return False
    first, *rest = command.words
    firsts = {first} if strictly else {first, first.rpartition(":")[2].lstrip("/")}
    if len(command.words) < len(pattern) or not any(_is(pattern[0], one) for one in firsts):
        return False
    return all(_is(want, word) for want, word in zip(pattern[1:], rest, strict=False))


def _is(want: str, word: str) -> bool:
    return word.startswith(want[:-1]) if want.endswith("*") else word == want


def _commands(tokens: list[str]) -> Iterator[Command]:
    """The command that begins with the first token, and those that it would run inside."""
    begins, seen = [0], set[int]()
    while begins:
        at = begins.pop(0)
        while at < len(tokens) and not words_of(tokens[at]):
            at += 1
        if at == len(tokens) or at in seen:
            continue
        seen.add(at)
        words = words_of(" ".join(tokens[at:]))
        inside = list(_inside(words[0].rpartition(":")[2], tokens, at))
        is_open = words[0].rpartition(":")[2] == "execute" and not inside
        written = tokens[at]
        is_plain = written.isascii() and not set(written) & set(_QUOTES)
        yield Command(words, is_plain, not is_open)
        begins += inside


def _inside(word: str, tokens: list[str], at: int) -> Iterator[int]:
    """Where commands inside a command may begin.

    `execute … run op Mia`, `return run op Mia`, and `sudo Mia op Mia` of Essentials. Every `run`
    may be the one: a name or a text before it can hold the word too.
    """
    if word in ("execute", "return"):
        yield from (
            number + 1
            for number in range(at + 1, len(tokens))
            if _folded(tokens[number]) == "run" and number + 1 < len(tokens)
        )
    elif word == "sudo":
        yield from range(at + 2, min(at + 3, len(tokens)))


def _bare(word: str) -> str:
    """A command's word without slashes and the name of the game, however often they stand there."""
    before = ""
    while word != before:
        before, word = word, word.lstrip("/")
        for home in _HOME:
            word = word.removeprefix(home)
    return word


def _folded(word: str) -> str:
    shown = unicodedata.normalize("NFKD", word)
    shown = "".join(c for c in shown if unicodedata.category(c) not in _INVISIBLE)
    return shown.casefold().strip(_QUOTES)
