"""Lines on their way into a channel: repeats counted, bounded, and put into messages or a file."""

import re
from collections import deque
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from msgspec import Struct

from bot.posts.lines import console_text, lost_words
from bot.pterodactyl.console_events import Lost
from bot.texts import _n

MESSAGE_CHARACTERS: Final = 1900
"""Of Discord's 2,000; the rest is the block around the lines."""
EXCERPT_CHARACTERS: Final = 900
PENDING_CHARACTERS: Final = 200_000
_TIME: Final = re.compile(
    r"\d{1,2}:\d{2}:\d{2}(?:[.,:]\d{1,6})?|\d{4}-\d\d-\d\d|\d\d/\d\d/\d{4}|^\s*\d+\.\d{3} "
)
_HEAD: Final = 32
"""Characters within which a line says when it was said."""


class Payload(Struct, frozen=True):
    """What one message says; `file` is text, with its name."""

    content: str
    file: tuple[str, str] | None = None
    lines: int = 0


class _Entry:
    """What is more than a line that was said once; those are kept as they are."""

    __slots__ = ("count", "is_note", "lost", "text")

    def __init__(self, text: str, *, is_note: bool = False, lost: int = 0) -> None:
        self.text = text
        self.count = 1
        self.is_note = is_note
        self.lost = lost
        """Lines that are missing here, where it is a place of such."""

    @property
    def is_line(self) -> bool:
        """Whether the console said it, rather than we."""
        return not self.is_note and not self.lost

    def shown(self) -> str:
        if self.lost:
            return lost_words(Lost(cause="queue", lines=self.lost))
        return self.text if self.count == 1 else f"{self.text} (×{self.count})"


class _Gone:
    """What had to go and is still told: how many lines, and each note of ours once."""

    __slots__ = ("lines", "notes")

    def __init__(self) -> None:
        self.lines = 0
        self.notes: dict[str, None] = {}

    def __bool__(self) -> bool:
        return bool(self.lines or self.notes)

    def take(self, entry: "str | _Entry") -> None:
        self.lines += _lines(entry) + (0 if isinstance(entry, str) else entry.lost)
        if isinstance(entry, _Entry) and entry.is_note:
            self.notes[entry.text] = None

    def add(self, other: "_Gone") -> None:
        self.lines += other.lines
        self.notes |= other.notes

    def shown(self) -> list[str]:
        lines = [lost_words(Lost(cause="queue", lines=self.lines))] if self.lines else []
        return [*lines, *self.notes]


class Batch:
    """Takes lines as they come and gives them away in messages. Drops the oldest and says so."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._entries: deque[str | _Entry] = deque()
        self._characters = 0
        self._gone = _Gone()
        self._flying: list[str | _Entry] = []
        self._flying_gone = _Gone()
        self._preface = ""

    @property
    def characters(self) -> int:
        """How much waits; never more than `PENDING_CHARACTERS`."""
        return self._characters

    def rename(self, name: str) -> None:
        """How files are called from now on."""
        self._name = name

    def preface(self, text: str) -> None:
        """Say this before the next line, but not without one."""
        self._preface = text

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to say."""
        return not self._entries and not self._gone

    def add(self, lines: Iterable[str]) -> int:
        """Take lines; how many older ones had to go."""
        entries = self._entries
        last = entries[-1] if entries else ""
        before = last if isinstance(last, str) else last.text if last.is_line else ""
        tail = before[_HEAD:]
        characters = 0
        for line in lines:
            rest = line[_HEAD:]
            if rest == tail and _says_the_same(line[:_HEAD], before[:_HEAD]):
                self._again(before)
                continue
            if self._preface:
                self.note(self._preface)
                self._preface = ""
            entries.append(line)
            characters += len(line)
            before, tail = line, rest
        self._characters += characters
        return self._trim() if self._characters > PENDING_CHARACTERS else 0

    def note(self, text: str) -> int:
        """Take a line of our own, the same one again only once; how many lines had to go for it."""
        last = self._entries[-1] if self._entries else ""
        if isinstance(last, _Entry) and last.is_note and last.text == text:
            return 0
        return self._put(_Entry(text, is_note=True))

    def lost(self, event: Lost) -> int:
        """Take that lines are missing here; how many others had to go for it."""
        last = self._entries[-1] if self._entries else ""
        if event.cause != "queue":
            return self.note(lost_words(event))
        if not event.lines:
            return 0  # figures and states were lost, of which a channel shows none
        if isinstance(last, _Entry) and last.lost:
            last.lost += event.lines
            return 0
        return self._put(_Entry("", lost=event.lines))

    def compose(self, *, colours: bool, at: datetime) -> Payload:
        """What is to be sent now; the same lines come again until `sent` or `failed`."""
        self._flying += self._entries
        self._flying_gone.add(self._gone)
        self._entries.clear()
        self._characters = 0
        self._gone = _Gone()
        shown = self._flying_gone.shown()
        shown += [one if isinstance(one, str) else one.shown() for one in self._flying]
        count = sum(_lines(one) for one in self._flying)
        if sum(map(len, shown)) + len(shown) <= MESSAGE_CHARACTERS:
            return Payload(_block("\n".join(shown), colours=colours), lines=count)
        excerpt: list[str] = []
        left = EXCERPT_CHARACTERS
        for line in reversed(shown):
            left -= len(line) + 1
            if left < 0 and excerpt:
                break
            excerpt.insert(0, line)
        head = _n("{count} line, in the file:", "{count} lines, all in the file:", count)
        text = "\n".join(shown) + "\n"
        if "\x1b" in text:
            text = "\n".join(map(console_text, shown)) + "\n"
        name = f"{self._name}-{at:%Y%m%d-%H%M%S}.txt"
        content = f"{head}\n{_block(chr(10).join(excerpt), colours=colours)}"
        return Payload(content, (name, text), lines=count)

    def sent(self) -> None:
        """What `compose` gave has arrived."""
        self._flying = []
        self._flying_gone = _Gone()

    def failed(self) -> None:
        """What `compose` gave has not arrived; it comes first the next time."""
        self._entries.extendleft(reversed(self._flying))
        self._characters += sum(map(_length, self._flying))
        self._gone.add(self._flying_gone)
        self.sent()
        self._trim()

    def _again(self, line: str) -> None:
        """The last line was said once more."""
        last = self._entries[-1]
        if isinstance(last, str):
            self._entries[-1] = last = _Entry(line)
        last.count += 1

    def _put(self, entry: _Entry) -> int:
        self._entries.append(entry)
        self._characters += len(entry.text)
        return self._trim()

    def _trim(self) -> int:
        """Let the oldest go; how many lines those were that nobody missed so far."""
        dropped = 0
        while self._characters > PENDING_CHARACTERS and len(self._entries) > 1:
            entry = self._entries.popleft()
            self._characters -= _length(entry)
            dropped += _lines(entry)
            self._gone.take(entry)
        return dropped


def _lines(entry: str | _Entry) -> int:
    """How many lines of the console it stands for."""
    if isinstance(entry, str):
        return 1
    return entry.count if entry.is_line else 0


def _length(entry: str | _Entry) -> int:
    return len(entry if isinstance(entry, str) else entry.text)


def _says_the_same(line: str, other: str) -> bool:
    """Whether the beginnings of two lines differ in the time of day alone."""
    return line == other or _TIME.sub("", line) == _TIME.sub("", other)


def _block(text: str, *, colours: bool) -> str:
    """Lines as a code block, which they cannot end."""
    text = text.replace("```", "ˋˋˋ")
    return f"```{'ansi' if colours else ''}\n{text}\n```"
