"""Writes access-matrix.md from the table by which the tests judge every command."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from tests.commands.matrix import ADMIN, ANYONE, BESIDES, RIGHTS, SEES_ONE, Situation, expected

_HEAD: Final = """\
# Who gets what answer

Written by `make docs` from the table that is kept by hand in `tests/commands/matrix.py`. The tests
type each command as each of these members and hold the bot to it.

A member who … and asks about a server. *–*: it makes no difference to this command. What is refused
is never sent to the panel. A member with a key of their own (`/link`) may besides do what the panel
lets that key do.
"""
_WORDS: Final = {ADMIN: "*admins*", ANYONE: "none", SEES_ONE: "any, on one server at least"}


def page() -> str:
    """One table, a line a command."""
    rows = [("Command", "Right", *(one.value for one in Situation))]
    rows += [tuple("---" for _ in rows[0]), *_rows()]
    return f"{_HEAD}\n{_numbers()}\n\n" + "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _numbers() -> str:
    """The table in numbers: how many commands, and how often which answer is held."""
    held = [expected(command, situation) for command in RIGHTS for situation in Situation]
    counted = Counter(answer for answer in held if answer is not None)
    said = ", ".join(f"{count} × *{answer.value}*" for answer, count in counted.most_common())
    total = counted.total()
    return f"{len(RIGHTS)} commands in {len(Situation)} situations, {total} answers held: {said}."


def _rows() -> Iterator[tuple[str, ...]]:
    for command, right in RIGHTS.items():
        needs = [right, *BESIDES.get(command, ())]
        words = " ".join(_WORDS.get(one, f"`{one}`") for one in needs)
        answers = (expected(command, situation) for situation in Situation)
        yield f"`/{command}`", words, *(one.value if one else "–" for one in answers)
