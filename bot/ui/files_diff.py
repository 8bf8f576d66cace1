"""What an edit changes, line by line, for a block in Discord's `diff` colours. Pure."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Final

from msgspec import Struct

CONTEXT_LINES: Final = 3
MATCHED_LINES: Final = 3000
"""Past that many differing lines the search for what stayed takes too long; all count as new."""

Opcode = tuple[str, int, int, int, int]


class Diff(Struct, frozen=True):
    """The changed lines with those around them, marked as `diff` marks them."""

    lines: tuple[str, ...]
    added: int
    removed: int


def opcodes(old: Sequence[str], new: Sequence[str]) -> list[Opcode]:
    """How `old` becomes `new`, in the form of difflib, within a bounded time."""
    most = min(len(old), len(new))
    head = 0
    while head < most and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < most - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    old_to, new_to = len(old) - tail, len(new) - tail
    found: list[Opcode] = [("equal", 0, head, 0, head)] if head else []
    if old_to - head > MATCHED_LINES or new_to - head > MATCHED_LINES:
        found.append(("replace", head, old_to, head, new_to))
    else:
        matcher = SequenceMatcher(None, old[head:old_to], new[head:new_to])
        found += [
            (tag, a + head, b + head, c + head, d + head)
            for tag, a, b, c, d in matcher.get_opcodes()
        ]
    if tail:
        found.append(("equal", old_to, len(old), new_to, len(new)))
    return found


def diff(old: str, new: str) -> Diff:
    """The difference of two texts whose lines end in "\\n"."""
    before, after = _lines(old), _lines(new)
    made: list[str] = []
    added = removed = 0
    steps = opcodes(before, after)
    for at, (tag, old_from, old_to, new_from, new_to) in enumerate(steps):
        if tag == "equal":
            is_last = at == len(steps) - 1
            made += _around(before[old_from:old_to], is_first=at == 0, is_last=is_last)
            continue
        removed += old_to - old_from
        added += new_to - new_from
        made += [f"-{line}" for line in before[old_from:old_to]]
        made += [f"+{line}" for line in after[new_from:new_to]]
    return Diff(tuple(made), added, removed)


def _around(same: Sequence[str], *, is_first: bool, is_last: bool) -> Iterator[str]:
    """Of lines that stayed, those beside a change."""
    tail = 0 if is_last else CONTEXT_LINES
    head = 0 if is_first else CONTEXT_LINES
    if len(same) <= head + tail + 1 and not (is_first and is_last):
        yield from (f" {line}" for line in same)
        return
    yield from (f" {line}" for line in same[:head])
    yield "@@ … @@"
    if tail:
        yield from (f" {line}" for line in same[-tail:])


def _lines(text: str) -> list[str]:
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    return lines
