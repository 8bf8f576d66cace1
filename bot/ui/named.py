"""Finds the thing that a typed or picked option means, among those a panel has just listed."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from bot.fleet.directory import folded
from bot.texts import _
from bot.ui.errors import Unfit
from bot.ui.text import code

T = TypeVar("T")

BEGINS_AT_LEAST = 4
"""Fewer characters of an id are a guess."""
NAMED_AT_MOST = 8


def find_named(
    things: Iterable[T],
    text: str,
    *,
    ids: Callable[[T], Sequence[str]],
    name: Callable[[T], str],
    label: Callable[[T], str],
    none: str,
) -> T:
    """The one thing that `text` means: an id, a name, its start, an id's start, a part of the name.

    Args:
        things: What there is.
        text: As picked (an id) or typed.
        ids: What names a thing for sure; case counts.
        name: What people call it.
        label: How it is shown, ready for a message.
        none: What to say where nothing fits: the sentence and the next step.

    Raises:
        Unfit: Nothing fits, or several things do; these are named.
    """
    typed, want, all_of = text.strip(), folded(text), list(things)
    steps: tuple[Callable[[T], bool], ...] = (
        lambda thing: typed in ids(thing),
        lambda thing: folded(name(thing)) == want,
        lambda thing: folded(name(thing)).startswith(want),
        lambda thing: (
            len(typed) >= BEGINS_AT_LEAST and any(one.startswith(typed) for one in ids(thing))
        ),
        lambda thing: want in folded(name(thing)),
    )
    for fits in steps if want else ():
        found = [thing for thing in all_of if fits(thing)]
        if len(found) == 1:
            return found[0]
        if found:
            shown = ", ".join(label(thing) for thing in found[:NAMED_AT_MOST])
            more = " …" if len(found) > NAMED_AT_MOST else ""
            raise Unfit(
                _(
                    "Which one do you mean: {things}{more}? Pick it from the list.",
                    things=shown,
                    more=more,
                )
            )
    raise Unfit(f"{code(typed, 60)}: {none}")
