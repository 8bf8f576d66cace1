"""Which console commands may be sent by whom: the guild's lists, and the judgement."""

from collections.abc import Iterable
from datetime import datetime
from enum import Enum

from msgspec import Struct

from bot.access.console_lines import Command, commands_in, fits, words_of
from bot.fleet.games import Game


class ConsoleRule(Struct, frozen=True):
    """A list of commands that are allowed, or forbidden, for a role or for everyone."""

    id: str
    scope_id: str | None
    """The server's row id or a group's id; None = all servers of the guild."""
    role_id: int | None
    """None = everyone with the right to the console."""
    denies: bool
    commands: tuple[str, ...]
    """As admins write them: `op`, `whitelist off`, `sm_*`, `*`."""
    made_by: int
    made_at: datetime


class Sender(Struct, frozen=True):
    """Who would send a line, as far as these rules look at it."""

    role_ids: frozenset[int]
    holds_everything: bool = False
    """The owner, and who has Manage Server: no list binds them."""


class Because(Enum):
    """What a judgement rests on."""

    NO_RULE = "no rule"
    HOLDS_EVERYTHING = "holds everything"
    LISTED = "listed"
    FORBIDDEN = "forbidden"
    NOT_LISTED = "not listed"
    UNREADABLE = "unreadable"


class Judgement(Struct, frozen=True):
    """Whether a line may be sent, and which command of it decided."""

    is_allowed: bool
    because: Because
    command: str = ""
    rule: ConsoleRule | None = None


def in_scope(
    rules: Iterable[ConsoleRule], server_id: str, group_ids: frozenset[str]
) -> tuple[ConsoleRule, ...]:
    """The rules that hold on a server."""
    return tuple(
        rule
        for rule in rules
        if rule.scope_id is None or rule.scope_id == server_id or rule.scope_id in group_ids
    )


def may_send(
    rules: Iterable[ConsoleRule],
    line: str,
    sender: Sender,
    game: Game,
    *,
    is_recipe: bool = False,
) -> Judgement:
    """Judge a line by the rules that hold on its server: what is forbidden first, then the lists.

    With no list of what is allowed, everything that isn't forbidden goes. With one, for whomever it
    is, every command of the line has to be on a list that is for the sender. An admin's recipe
    needs no such list, but nothing of it may be forbidden to the sender.
    """
    known = tuple(rules)
    if sender.holds_everything:
        return Judgement(True, Because.HOLDS_EVERYTHING)
    if not known:
        return Judgement(True, Because.NO_RULE)
    found = commands_in(line, game)
    denials = [rule for rule in known if rule.denies and _is_for(rule, sender)]
    for command in found:
        if not command.is_readable and not is_recipe:
            return Judgement(False, Because.UNREADABLE, command.words[0])
        for rule in denials:
            if _speaks_of(rule, command, strictly=False):
                return Judgement(False, Because.FORBIDDEN, _shown(command), rule)
    lists = [rule for rule in known if not rule.denies]
    if not lists or is_recipe:
        return Judgement(True, Because.NO_RULE)
    mine = [rule for rule in lists if _is_for(rule, sender)]
    decided: ConsoleRule | None = None
    for command in found:
        listing = next((one for one in mine if _speaks_of(one, command, strictly=True)), None)
        if listing is None:
            return Judgement(False, Because.NOT_LISTED, _shown(command), (mine or lists)[0])
        decided = decided or listing
    return Judgement(True, Because.LISTED, rule=decided)


def limiting(rules: Iterable[ConsoleRule], sender: Sender) -> ConsoleRule | None:
    """The rule that limits a member most: a list of what is allowed, theirs first."""
    if sender.holds_everything:
        return None
    known = [rule for rule in rules if not rule.denies or _is_for(rule, sender)]
    known.sort(key=lambda rule: (rule.denies, not _is_for(rule, sender)))
    return known[0] if known else None


def binds(rules: Iterable[ConsoleRule], sender: Sender) -> bool:
    """Whether a rule that holds there limits what this member may send."""
    return limiting(rules, sender) is not None


def _is_for(rule: ConsoleRule, sender: Sender) -> bool:
    return rule.role_id is None or rule.role_id in sender.role_ids


def _speaks_of(rule: ConsoleRule, command: Command, *, strictly: bool) -> bool:
    return any(
        fits(words_of(text), command, strictly=strictly) for text in rule.commands if text.strip()
    )


def _shown(command: Command) -> str:
    return " ".join(command.words[:2])
