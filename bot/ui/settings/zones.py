"""Time zones as people type them: a city, a zone of the IANA list, or part of one."""

import functools
import re
import unicodedata
import zoneinfo
from collections.abc import Iterable
from typing import Final

from bot.texts import _
from bot.ui.errors import Unfit
from bot.ui.settings.kinds import Several
from bot.ui.text import code

DEFAULT: Final = "UTC"
OFFERED: Final = 25
_AREAS: Final = frozenset(
    (
        *("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe"),
        *("Indian", "Pacific"),
    )
)
"""What is offered in a search; the list has old names and offsets with signs turned round too."""


def zone(text: str) -> str:
    """The name of the zone that is meant; "UTC" for nothing.

    Raises:
        Unfit: There is none like it.
        Several: More than one fits.
    """
    wanted = _folded(text)
    if not wanted:
        return DEFAULT
    known = _known()
    if wanted in known:
        return known[wanted]
    modern = {key: name for key, name in known.items() if name.split("/")[0] in _AREAS}
    for fitting in (
        [name for key, name in modern.items() if key.rsplit("/", 1)[-1] == wanted],
        [name for key, name in modern.items() if key.rsplit("/", 1)[-1].startswith(wanted)],
        [name for key, name in modern.items() if wanted in key],
    ):
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            raise Several([(name, name, "") for name in _nearest(fitting)])
    raise Unfit(
        _(
            "I know no time zone {text}. Type the name of a large city in it, such as `Berlin`.",
            text=code(text, 60),
        )
    )


def zone_words(name: str) -> str:
    """A zone as it is shown: `Europe/Berlin`."""
    return code(name, 60)


@functools.cache
def _known() -> dict[str, str]:
    return {_folded(name): name for name in sorted(zoneinfo.available_timezones())}


def _folded(text: str) -> str:
    bare = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[\s_]+", "_", bare.strip()).casefold()


def _nearest(names: Iterable[str]) -> list[str]:
    return sorted(names, key=lambda name: (name.count("/"), name))[:OFFERED]
