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
WHOLE_STEPS = 2
"""The first ways of fitting, which take the whole of an id or a name."""


def find_named(
    things: Iterable[T],
    text: str,
    *,
    ids: Callable[[T], Sequence[str]],
    name: Callable[[T], str],
    label: Callable[[T], str],
    none: str,
    whole: bool,
) -> T:
    """The one thing that `text` means: an id, a name, its start, an id's start, a part of the name.

    What is about to be changed has to be named whole: a part that fits today may fit another
    thing tomorrow, and nobody looks at a list before it is gone.

    Args:
        things: What there is.
        text: As picked (an id) or typed.
        ids: What names a thing for sure; case counts.
        name: What people call it.
        label: How it is shown, ready for a message.
        none: What to say where nothing fits: the sentence and the next step.
        whole: Only a whole id or name will do; a part is answered with what it may mean.

    Raises:
        Unfit: Nothing fits, or several things do, or a part where the whole is due; these are
            named.
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
    for number, fits in enumerate(steps if want else ()):
        found = [thing for thing in all_of if fits(thing)]
        is_part = number >= WHOLE_STEPS
        if len(found) == 1 and not (whole and is_part):
            return found[0]
        if len(found) == 1:
            raise Unfit(
                _(
                    "Do you mean {thing}? Nothing was changed: a change takes the whole name, or a "
                    "pick from the list.",
                    thing=label(found[0]),
                )
            )
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
