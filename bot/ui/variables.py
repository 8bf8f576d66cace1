"""How startup variables look, and their rules in plain words (contract: startup.md)."""

import re
from collections.abc import Iterable
from typing import Final

from bot.fleet.directory import Server
from bot.fleet.shelf import Entry
from bot.pterodactyl import Client
from bot.pterodactyl.models import Variable
from bot.texts import _
from bot.ui.named import find_named
from bot.ui.text import bold, code, name, plain

_SECRET: Final = re.compile(r"PASS|SECRET|TOKEN|KEY|RCON_PW|GSLT", re.IGNORECASE)
_REGEX: Final = ("regex:", "not_regex:")
_ENDED: Final = re.compile(r"[^\\]([/#~%!@])[a-zA-Z]*$")
_YES: Final = frozenset({"1", "true", "yes", "on", "y"})
_NO: Final = frozenset({"0", "false", "no", "off", "n"})
VALUE_CHARACTERS: Final = 120


async def load_variables(client: Client, server: Server) -> list[Entry]:
    """The variables that can be set, for an option."""
    return entries(await client.servers.startup.list_variables(server.uuid))


def entries(variables: Iterable[Variable]) -> list[Entry]:
    """Variables as the shelf keeps them; the read-only ones can't be set and are left out."""
    return [
        Entry(one.env_variable, f"{plain(one.name, 50)} · {plain(one.env_variable, 45)}"[:100])
        for one in variables
        if one.is_editable and 0 < len(one.env_variable) <= 100
    ]


def find_variable(
    variables: Iterable[Variable], text: str, server: Server, *, whole: bool
) -> Variable:
    """The variable that an option means: by its environment name or its title.

    Raises:
        Unfit: None, or several.
    """
    return find_named(
        variables,
        text,
        ids=lambda one: (one.env_variable, one.env_variable.casefold()),
        name=lambda one: one.name,
        label=lambda one: code(one.env_variable, 60),
        none=_(
            "{server} has no such variable, or the panel hides it. `/startup list` shows them.",
            server=bold(server.name),
        ),
        whole=whole,
    )


def line(variable: Variable) -> str:
    """Title, environment name, value; what can't be set says so."""
    said = f"{bold(variable.name)} {code(variable.env_variable, 60)}: {value_words(variable)}"
    return said if variable.is_editable else f"{said} · " + _("read-only")


def value_words(variable: Variable) -> str:
    """The value that counts now; one that looks like a secret is covered."""
    if variable.server_value is None:
        value = covered(variable, variable.default_value)
        return _("{value} (default)", value=value) if variable.default_value else _("empty")
    return covered(variable, variable.server_value) if variable.server_value else _("empty")


def covered(variable: Variable, value: str) -> str:
    """A value as code; behind a spoiler where the variable's name speaks of a secret."""
    shown = code(value, VALUE_CHARACTERS)
    return f"||{shown}||" if _SECRET.search(variable.env_variable) else shown


def detail(variable: Variable) -> str:
    """Everything about one variable: value, default, rules, and what it is for."""
    lines = [f"## {name(variable.name, 100)}", code(variable.env_variable, 100)]
    lines.append(_("Now: {value}", value=value_words(variable)))
    if variable.default_value:
        lines.append(_("Default: {value}", value=covered(variable, variable.default_value)))
    if rules := rules_words(variable.rules):
        lines.append(_("It {rules}.", rules=rules))
    if not variable.is_editable:
        lines.append(_("Read-only: only who runs the panel can change it."))
    if variable.description.strip():
        lines.append(f"-# {name(variable.description, 500)}")
    return "\n".join(lines)


def rules_of(text: str) -> list[str]:
    """Laravel's rules, one by one; a pattern may hold the bar that parts them."""
    found: list[str] = []
    for part in text.split("|"):
        is_open = bool(found) and found[-1].startswith(_REGEX) and not _ENDED.search(found[-1])
        if is_open:
            found[-1] += f"|{part}"
        elif part.strip():
            found.append(part.strip())
    return found


def rules_words(text: str) -> str:
    """The rules as the end of a sentence that begins with "it"; empty where there are none."""
    rules = rules_of(text)
    is_number = any(rule in ("integer", "numeric", "int") for rule in rules)
    said = [words for rule in rules if (words := _rule_words(rule, is_number=is_number))]
    return ", ".join(said)


def is_switch(variable: Variable) -> bool:
    """Whether only on and off fit."""
    rules = rules_of(variable.rules)
    return "boolean" in rules or "bool" in rules or "in:0,1" in rules or "in:1,0" in rules


def as_sent(variable: Variable, typed: str) -> str:
    """What people type for a switch, as the panel wants it; everything else as it is."""
    word = typed.strip().casefold()
    if is_switch(variable) and word in _YES | _NO:
        return "1" if word in _YES else "0"
    return typed.strip()


def _rule_words(rule: str, *, is_number: bool) -> str:
    kind, _colon, argument = rule.partition(":")
    plainly = _plain_rule(kind)
    if plainly is None and argument:
        counted = _number_rule if is_number else _length_rule
        plainly = counted(kind, argument) or _list_rule(kind, argument)
    return _("obeys the panel's rule {rule}", rule=code(rule, 60)) if plainly is None else plainly


def _number_rule(kind: str, argument: str) -> str | None:
    first, last = _ends(argument)
    return {
        "max": _("is at most {most}", most=last),
        "min": _("is at least {least}", least=first),
        "between": _("lies between {least} and {most}", least=first, most=last),
        "digits": _("has {count} digits", count=first),
        "digits_between": _("has {least} to {most} digits", least=first, most=last),
    }.get(kind)


def _length_rule(kind: str, argument: str) -> str | None:
    first, last = _ends(argument)
    return {
        "max": _("has at most {most} characters", most=last),
        "min": _("has at least {least} characters", least=first),
        "between": _("has {least} to {most} characters", least=first, most=last),
        "size": _("has exactly {count} characters", count=first),
        "digits": _("has {count} digits", count=first),
        "digits_between": _("has {least} to {most} digits", least=first, most=last),
    }.get(kind)


def _list_rule(kind: str, argument: str) -> str | None:
    values = ", ".join(code(value, 40) for value in argument.split(",")[:15])
    pattern = code(argument, 120)
    return {
        "in": _("is one of {values}", values=values),
        "not_in": _("is none of {values}", values=values),
        "starts_with": _("begins with {values}", values=values),
        "ends_with": _("ends with {values}", values=values),
        "regex": _("fits the pattern {pattern}", pattern=pattern),
        "not_regex": _("doesn't fit the pattern {pattern}", pattern=pattern),
    }.get(kind)


def _ends(argument: str) -> tuple[str, str]:
    first, _comma, last = argument.partition(",")
    return name(first, 20), name(last or first, 20)


def _plain_rule(kind: str) -> str | None:
    """A rule without numbers; "" for one that says nothing to people."""
    return {
        "required": _("must not be empty"),
        "nullable": _("may be empty"),
        "sometimes": "",
        "string": _("is text"),
        "integer": _("is a whole number"),
        "int": _("is a whole number"),
        "numeric": _("is a number"),
        "boolean": _("is on or off (1 or 0)"),
        "bool": _("is on or off (1 or 0)"),
        "url": _("is a URL"),
        "active_url": _("is a URL that can be reached"),
        "ip": _("is an IP address"),
        "ipv4": _("is an IPv4 address"),
        "ipv6": _("is an IPv6 address"),
        "email": _("is an e-mail address"),
        "alpha": _("has letters only"),
        "alpha_num": _("has letters and digits only"),
        "alpha_dash": _("has letters, digits, `-` and `_` only"),
        "json": _("is JSON"),
        "timezone": _("is a time zone"),
        "uuid": _("is a UUID"),
    }.get(kind)
