"""The log of every test, searched for secrets and for errors that nobody expected."""

import io
import logging
import re
from collections.abc import Iterable
from pathlib import Path

from bot import logs

_SECRET_FORMS = (
    re.compile(r"\bpt(?:lc|la)_\w{16,}"),  # keys of a Pterodactyl panel
    re.compile(r"\bp(?:acc|app|eli)_\w{16,}"),  # of a Pelican panel
    re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}"),  # JSON web tokens: logins, signed links
)
_SHORTEST_SECRET = 6


class Secrets:
    """What must not appear anywhere: the values added here, and whatever looks like a key."""

    def __init__(self) -> None:
        self._values: set[str] = set()

    def add(self, *values: str) -> None:
        """Add values that were given out: keys, tokens, passwords, addresses of webhooks."""
        self._values.update(value for value in values if len(value) >= _SHORTEST_SECRET)

    def found_in(self, text: str) -> list[str]:
        """The secrets in a text, with a little of what stands around each."""
        spots = [text.find(value) for value in self._values if value in text]
        spots += [hit.start() for form in _SECRET_FORMS for hit in form.finditer(text)]
        return [text[max(0, spot - 60) : spot + 30] + "…" for spot in sorted(spots)]

    def kept_in(self, folder: Path) -> list[str]:
        """The secrets in the files of a folder, such as a database and its log of writes."""
        files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        return [
            f"{path.name}: {hit}"
            for path in files
            for hit in self.found_in(path.read_bytes().decode("latin-1"))
        ]


class LogWatch(logging.Handler):
    """Keeps every line of the log as the operator would get it, with its level."""

    def __init__(self, formatter: logging.Formatter) -> None:
        super().__init__(logging.DEBUG)
        self._as_written = formatter
        self._lines: list[tuple[int, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append((record.levelno, self._as_written.format(record)))

    def listen(self) -> None:
        """Hear everything from DEBUG on, also after a test that set the level."""
        root = logging.getLogger()
        root.setLevel(logging.DEBUG)
        if self not in root.handlers:
            root.addHandler(self)

    @property
    def text(self) -> str:
        """Everything since the last `take`."""
        return "\n".join(line for _, line in self._lines)

    def take(self) -> "LogOfATest":
        """What was logged since the last take."""
        lines, self._lines = self._lines, []
        return LogOfATest(lines)


class LogOfATest:
    """The lines of one test, with levels."""

    def __init__(self, lines: Iterable[tuple[int, str]]) -> None:
        self._lines = list(lines)

    def complaints(self, secrets: Secrets, expected_errors: Iterable[str]) -> list[str]:
        """What is wrong with this log, in words; `expected_errors` are regular expressions."""
        expected = [re.compile(pattern) for pattern in expected_errors]
        errors = [line for level, line in self._lines if level >= logging.ERROR]
        wrong = [
            f"logged as an error: {line}"
            for line in errors
            if not any(pattern.search(line) for pattern in expected)
        ]
        wrong += [
            f"expected in the log as an error, but not there: {pattern.pattern}"
            for pattern in expected
            if not any(pattern.search(line) for line in errors)
        ]
        text = "\n".join(line for _, line in self._lines)
        wrong += [f"a secret in the log: {spot}" for spot in secrets.found_in(text)]
        return wrong


def watch_logs() -> LogWatch:
    """Set the log up as the bot does, but into a LogWatch."""
    unread = io.StringIO()
    logs.setup(level="debug", form="json", stream=unread)
    root = logging.getLogger()
    for handler in root.handlers:
        if isinstance(handler, logging.StreamHandler) and handler.stream is unread:
            root.removeHandler(handler)
            watch = LogWatch(handler.formatter or logging.Formatter())
            watch.listen()
            return watch
    raise LookupError("the log has no handler of its own")
