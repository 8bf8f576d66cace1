"""What a panel's key may do, in words instead of the panel's thirty-odd rights."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from bot.access.rights import RIGHTS, any_covers
from bot.texts import _, _n
from bot.ui.text import bold

NAMED_AT_MOST: Final = 6

_AREAS: Final[dict[str, tuple[Callable[[], str], frozenset[str]]]] = {
    "power": (
        lambda: _("start and stop"),
        frozenset({"control.start", "control.stop", "control.restart"}),
    ),
    "console": (lambda: _("console"), frozenset({"control.console"})),
    "file": (lambda: _("files"), frozenset()),
    "backup": (lambda: _("backups"), frozenset()),
    "database": (lambda: _("databases"), frozenset()),
    "allocation": (lambda: _("addresses"), frozenset()),
    "startup": (lambda: _("startup"), frozenset()),
    "schedule": (lambda: _("schedules"), frozenset()),
    "user": (lambda: _("subusers"), frozenset()),
    "settings": (lambda: _("settings"), frozenset()),
}
"""What people call them; where no rights stand, it is all of the panel's group of that name."""
_NEVER_USED: Final = frozenset({"file.sftp"})


def rights_words(rights: Iterable[str]) -> str:
    """What a key may do on a server: all, a part, and what not."""
    held = frozenset(rights)
    if all(any_covers(held, right) for right in RIGHTS):
        return _("everything")
    wholly: list[str] = []
    partly: list[str] = []
    never: list[str] = []
    for area, (named, keys) in _AREAS.items():
        wanted = keys or frozenset(
            right for right in RIGHTS if right.startswith(f"{area}.") and right not in _NEVER_USED
        )
        count = sum(any_covers(held, right) for right in wanted)
        place = wholly if count == len(wanted) else partly if count else never
        place.append(named())
    said = [", ".join(wholly)] if wholly else []
    if partly:
        said.append(_("in part {areas}", areas=", ".join(partly)))
    if never:
        said.append(_("not {areas}", areas=", ".join(never)))
    return "; ".join(said) or _("nothing but look")


def key_lines(servers: Sequence[tuple[str, Iterable[str]]]) -> list[str]:
    """What a key may do on servers (name and rights): those with the same stand together."""
    alike: dict[frozenset[str], list[str]] = {}
    for name, rights in servers:
        alike.setdefault(frozenset(rights), []).append(name)
    found = sorted(alike.items(), key=lambda one: -len(one[1]))
    return [
        _("On {servers}: {rights}.", servers=_which(names, len(servers)), rights=rights_words(held))
        for held, names in found
    ]


def _which(names: Sequence[str], of: int) -> str:
    if len(names) == of and of > 1:
        return _n("all {count} server", "all {count} servers", of)
    more = len(names) - NAMED_AT_MOST
    said = ", ".join(bold(name, 30) for name in names[:NAMED_AT_MOST])
    return f"{said} " + _n("and {count} more", "and {count} more", more) if more > 0 else said
