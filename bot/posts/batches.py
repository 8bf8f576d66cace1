"""Lines on their way into a channel: repeats counted, bounded, and put into messages or a file."""

import asyncio
import re
from collections import deque
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
_TAIL: Final = 12


class Payload(Struct, frozen=True):
    """What one message says; `file` is text, with its name."""

    content: str
    file: tuple[str, str] | None = None
    lines: int = 0


class _Entry:
    __slots__ = ("count", "is_note", "text")

    def __init__(self, text: str, *, is_note: bool) -> None:
        self.text = text
        self.count = 1
        self.is_note = is_note

    def shown(self) -> str:
        return self.text if self.count == 1 else f"{self.text} (×{self.count})"


class Batch:
    """Takes lines as they come and gives them away in messages. Drops the oldest and says so."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._entries: deque[_Entry] = deque()
        self._characters = 0
        self._dropped = 0
        self._flying: list[_Entry] = []
        self._flying_dropped = 0
        self._preface = ""
        self._has_lines = asyncio.Event()

    @property
    def pending(self) -> int:
        """Entries that wait."""
        return len(self._entries)

    def rename(self, name: str) -> None:
        """How files are called from now on."""
        self._name = name

    def preface(self, text: str) -> None:
        """Say this before the next line, but not without one."""
        self._preface = text

    def add(self, line: str) -> int:
        """Take a line; how many older ones had to go."""
        last = self._entries[-1] if self._entries else None
        if last is not None and not last.is_note and _is_again(last.text, line):
            last.count += 1
            return 0
        if self._preface:
            self.note(self._preface)
            self._preface = ""
        return self._put(_Entry(line, is_note=False))

    def note(self, text: str) -> None:
        """Take a line of our own; the same one again is said once."""
        if self._entries and self._entries[-1].is_note and self._entries[-1].text == text:
            return
        self._put(_Entry(text, is_note=True))

    def lost(self, event: Lost) -> None:
        """Take that lines are missing here."""
        self.note(lost_words(event))

    async def wait(self) -> None:
        """Until there is something to say."""
        await self._has_lines.wait()

    def compose(self, *, colours: bool, at: datetime) -> Payload:
        """What is to be sent now; the same lines come again until `sent` or `failed`."""
        self._flying += self._entries
        self._flying_dropped += self._dropped
        self._entries.clear()
        self._characters = self._dropped = 0
        self._has_lines.clear()
        shown = [entry.shown() for entry in self._flying]
        if self._flying_dropped:
            shown.insert(0, lost_words(Lost(cause="queue", lines=self._flying_dropped)))
        count = sum(entry.count for entry in self._flying if not entry.is_note)
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
        text = "\n".join(map(console_text, shown)) + "\n"
        name = f"{self._name}-{at:%Y%m%d-%H%M%S}.txt"
        content = f"{head}\n{_block(chr(10).join(excerpt), colours=colours)}"
        return Payload(content, (name, text), lines=count)

    def sent(self) -> None:
        """What `compose` gave has arrived."""
        self._flying = []
        self._flying_dropped = 0

    def failed(self) -> None:
        """What `compose` gave has not arrived; it comes first the next time."""
        self._entries.extendleft(reversed(self._flying))
        self._characters += sum(len(entry.text) for entry in self._flying)
        self._dropped += self._flying_dropped
        self.sent()
        self._trim()
        if self._entries:
            self._has_lines.set()

    def _put(self, entry: _Entry) -> int:
        self._entries.append(entry)
        self._characters += len(entry.text)
        self._has_lines.set()
        return self._trim() if self._characters > PENDING_CHARACTERS else 0

    def _trim(self) -> int:
        dropped = 0
        while self._characters > PENDING_CHARACTERS and len(self._entries) > 1:
            entry = self._entries.popleft()
            self._characters -= len(entry.text)
            dropped += 0 if entry.is_note else entry.count
        self._dropped += dropped
        return dropped


def _is_again(last: str, line: str) -> bool:
    """Whether two lines say the same, the time of day aside."""
    if last == line:
        return True
    if len(last) != len(line) or last[-_TAIL:] != line[-_TAIL:]:
        return False
    return _TIME.sub("", last) == _TIME.sub("", line)


def _block(text: str, *, colours: bool) -> str:
    """Lines as a code block, which they cannot end."""
    text = text.replace("```", "ˋˋˋ")
    return f"```{'ansi' if colours else ''}\n{text}\n```"
