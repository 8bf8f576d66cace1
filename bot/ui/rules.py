"""The rules of a guild as lines: what belongs together stands together, presets by their name."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Final

from bot.access.gate import Gate
from bot.access.rights import PRESETS
from bot.access.rules import Rule
from bot.fleet.directory import Directory
from bot.texts import _
from bot.ui.explain import subject_name
from bot.ui.text import bold, code, moment

RIGHTS_A_LINE: Final = 6
_Together = tuple[str, int, str | None, bool, datetime | None]


def rule_lines(rules: Iterable[Rule], where: Callable[[Rule], str]) -> list[str]:
    """A line for whom, what and where; what a preset holds is that preset.

    Args:
        rules: In any order.
        where: Says on which servers a rule holds.
    """
    together: dict[_Together, list[Rule]] = {}
    for rule in rules:
        key = (rule.kind, rule.subject_id, rule.scope_id, rule.denies, rule.expires_at)
        together.setdefault(key, []).append(rule)
    return [line for found in together.values() for line in _lines(found, where)]


def scope_words(gate: Gate, directory: Directory, guild_id: int, rule: Rule) -> str:
    """On which servers a rule holds."""
    if rule.scope_id is None:
        return _("all servers")
    group = gate.book(guild_id).settings.groups.get(rule.scope_id)
    if group is not None:
        return _("the group {name}", name=bold(group.name))
    server = directory.get(guild_id, rule.scope_id)
    return bold(server.name) if server else _("a server that is gone")


def in_presets(rights: Iterable[str]) -> tuple[str | None, list[str]]:
    """The largest preset that is wholly among `rights`, and what stands beside it."""
    held = set(rights)
    whole = [preset for preset, holds in PRESETS.items() if holds <= held]
    largest = max(whole, key=list(PRESETS).index, default=None)
    rest = held - PRESETS[largest] if largest else held
    return largest, sorted(rest)


def _lines(found: Sequence[Rule], where: Callable[[Rule], str]) -> list[str]:
    first = found[0]
    preset, rest = in_presets(rule.right for rule in found)
    named = ([bold(preset)] if preset else []) + [code(right) for right in rest]
    mark = "⛔" if first.denies else "✅"
    until = _(" · until {time}", time=moment(first.expires_at, "f")) if first.expires_at else ""
    whom = subject_name(first.kind, first.subject_id)
    return [
        f"{mark} {whom}: {', '.join(named[at : at + RIGHTS_A_LINE])} · {where(first)}{until}"
        for at in range(0, len(named), RIGHTS_A_LINE)
    ]
