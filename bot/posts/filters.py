"""What of a console goes into a mirror: a preset, a level, and a guild's own patterns.

A guild's pattern is somebody else's program. It runs in the `regex` library with a limit on each
search and on all together, and one that goes over is switched off.
"""

import re
from enum import IntEnum
from typing import Final

import regex  # type: ignore[import-untyped]  # it ships none, and a pattern is used in two lines

from bot.clock import Clock
from bot.posts.games import Game, Preset, wanted

PATTERN_CHARACTERS: Final = 300
SEARCH_SECONDS: Final = 0.02
SEARCHED_CHARACTERS: Final = 1000
A_MINUTE_SECONDS: Final = 1.0
"""Of each minute that one pattern may use up."""
_HARD: Final = (
    "a" * 200 + "!",
    "a" * 200,
    "[12:00:00 INFO]: " + "ab " * 200,
    "1" * 200 + " ",
    "x=" * 150 + "\u2028",
    " " * 300 + ".",
    "aA0_-" * 60 + "\x00",
)
"""On such lines a pattern with nested repetitions shows itself."""


class Level(IntEnum):
    """How grave a line is."""

    ALL = 0
    WARN = 1
    ERROR = 2


_LEVELS: Final = (
    (
        re.compile(r"(?i)\b(?:ERROR|SEVERE|FATAL|CRITICAL|ERR)\b|[A-Z]\w+(?:Exception|Error)\b"),
        Level.ERROR,
    ),
    (re.compile(r"(?i)\bWARN(?:ING)?\b"), Level.WARN),
)
_GOES_ON: Final = re.compile(r"\s+at |\s*Caused by: |\t|\s+\.\.\. \d+ more")


class BadPattern(Exception):
    """The text is no pattern; `reason` is the library's word for it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SlowPattern(Exception):
    """The pattern takes too long on an ordinary line."""


class Pattern:
    """One of a guild's patterns, and what it has used up."""

    def __init__(self, text: str, clock: Clock) -> None:
        """Compile.

        Raises:
            BadPattern: It is none, or too long.
        """
        if len(text) > PATTERN_CHARACTERS:
            raise BadPattern(f"over {PATTERN_CHARACTERS}")
        try:
            self._compiled = regex.compile(text, regex.IGNORECASE)
        except (regex.error, RecursionError, OverflowError, ValueError) as error:
            raise BadPattern(str(error)) from error
        self._clock = clock
        self._minute = clock.monotonic()
        self._used = 0.0
        self.is_off = False
        """It took too long and finds nothing any more."""

    def finds(self, line: str) -> bool:
        """Whether it is found in the line; blocks for `SEARCH_SECONDS` at most.

        Raises:
            SlowPattern: It took too long, now or together; it is off from now on.
        """
        began = self._clock.monotonic()
        try:
            found = self._compiled.search(line, timeout=SEARCH_SECONDS)
        except TimeoutError:
            self.is_off = True
            raise SlowPattern from None
        now = self._clock.monotonic()
        if now - self._minute > 60:
            self._minute, self._used = now, 0.0
        self._used += now - began
        if self._used > A_MINUTE_SECONDS:
            self.is_off = True
            raise SlowPattern
        return found is not None


def checked_pattern(text: str, clock: Clock) -> Pattern:
    """A pattern as somebody typed it, tried on lines that are hard for bad ones.

    Raises:
        BadPattern: It is none, or too long.
        SlowPattern: It takes too long.
    """
    pattern = Pattern(text, clock)
    for line in _HARD:
        if all(_took(pattern, line, clock) > SEARCH_SECONDS / 4 for _ in range(3)):
            raise SlowPattern
    return pattern


def _took(pattern: Pattern, line: str, clock: Clock) -> float:
    began = clock.monotonic()
    pattern.finds(line)
    return clock.monotonic() - began


class LineFilter:
    """Decides line by line; keeps the level of what a stack trace belongs to."""

    def __init__(
        self,
        *,
        preset: Preset,
        game: Game,
        level: Level = Level.ALL,
        include: Pattern | None = None,
        exclude: Pattern | None = None,
    ) -> None:
        self._preset = preset
        self._game = game
        self._level = level
        self._include = include
        self._exclude = exclude
        self._last = Level.ALL
        self.switched_off: list[str] = []
        """`include` or `exclude`, once it was switched off; taken by who tells of it."""

    def passes(self, line: str) -> bool:
        """Whether a line (without colours) is wanted."""
        if self._level and self._level_of(line) < self._level:
            return False
        if self._preset is not Preset.EVERYTHING and not wanted(self._preset, self._game, line):
            return False
        if self._include is not None and not self._finds("include", line):
            return False
        return self._exclude is None or not self._finds("exclude", line)

    def _finds(self, which: str, line: str) -> bool:
        """A pattern that is off neither holds back nor lets go: all lines pass it."""
        pattern = self._include if which == "include" else self._exclude
        if pattern is None or pattern.is_off:
            return which == "include"
        try:
            return pattern.finds(line[:SEARCHED_CHARACTERS])
        except SlowPattern:
            self.switched_off.append(which)
            return which == "include"

    def _level_of(self, line: str) -> Level:
        if _GOES_ON.match(line):
            return self._last
        self._last = next((lv for form, lv in _LEVELS if form.search(line)), Level.ALL)
        return self._last
