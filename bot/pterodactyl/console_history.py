"""Joining the node's history to the lines already known: nothing twice, and gaps told.

Lines carry neither ids nor times. The history is the last 150 lines of the container's log, so it
holds empty lines, which are not sent live, and lacks the node's own lines (contract: console.md).
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from bot.pterodactyl.console_events import DAEMON_LINE

COMPARED_LINES: Final = 200
"""How far back known lines are compared; the node keeps 150."""

SURE_LINES: Final = 3
"""This many lines alike in a row are no coincidence."""


class Joined(NamedTuple):
    """Lines not known before, and whether some between the known ones and them are missing."""

    new: list[str]
    has_gap: bool


def join(known: Iterable[str], batch: Sequence[str]) -> Joined:
    """Return what of `batch` is new.

    Args:
        known: Lines received before, oldest first.
        batch: Lines received since the history was asked for: a few live ones, then the history,
            then live ones again; there is no end mark and no promise of order.
    """
    old = [line for line in known if _is_comparable(line)][-COMPARED_LINES:]
    if not old:
        return Joined(list(batch[_repeated_head(batch) :]), has_gap=False)
    kept = [(index, line) for index, line in enumerate(batch) if _is_comparable(line)]
    if not kept:
        return Joined(list(batch), has_gap=False)
    lines = [line for _, line in kept]
    end = _overlap(old, lines)
    if end is None:
        end = _anchor(old, lines)
    if end is None:
        return Joined(list(batch[_repeated_head(batch) :]), has_gap=True)
    return Joined(list(batch[kept[end - 1][0] + 1 :]), has_gap=False)


def _is_comparable(line: str) -> bool:
    return bool(line) and not line.startswith(DAEMON_LINE)


def _overlap(old: list[str], lines: list[str]) -> int | None:
    """How many lines at the head of `lines` are the tail of `old`; None when none are.

    Exact, and right as well where one line repeats itself over and over.
    """
    for size in range(min(len(old), len(lines)), 0, -1):
        if old[-size:] == lines[:size]:
            return size
    return None


def _anchor(old: list[str], lines: list[str]) -> int | None:
    """Where in `lines` the latest stretch of `old` ends, if one is long enough to be sure."""
    sure = min(SURE_LINES, len(old), len(lines))
    best: tuple[int, int, int] | None = None  # (place in old, length, -place in lines)
    above: dict[int, int] = {}
    for at, line in enumerate(lines):
        runs: dict[int, int] = {}
        for place, known in enumerate(old):
            if known == line:
                length = above.get(place - 1, 0) + 1
                runs[place] = length
                if length >= sure:
                    found = (place, length, -at)
                    best = found if best is None or found > best else best
        above = runs
    return None if best is None else 1 - best[2]


def _repeated_head(batch: Sequence[str]) -> int:
    """How many lines at the head came live and again at the end of the history behind them."""
    most = min(20, len(batch) // 2)
    tail = batch[-(most + 10) :]
    for size in range(most, 0, -1):
        head = list(batch[:size])
        for start in range(len(tail) - size + 1):
            if len(batch) - len(tail) + start >= size and list(tail[start : start + size]) == head:
                return size
    return 0
