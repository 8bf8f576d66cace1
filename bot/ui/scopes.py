"""Where a rule holds, as admins name it: a server, a group of servers, or all."""

from typing import Final

from bot.access.gate import Admitted, Gate, NoSuchServer, SeveralServers
from bot.access.reach import Group, Scope
from bot.fleet.directory import Directory, folded
from bot.texts import _
from bot.ui.errors import Unfit
from bot.ui.options import GROUP_PREFIX
from bot.ui.text import bold

ALL: Final = "all"
"""All servers, as an argument of a custom id."""


def scope_meant(gate: Gate, directory: Directory, admitted: Admitted, text: str | None) -> Scope:
    """The server or the group that is meant; a server of that name comes first.

    Raises:
        NoSuchServer: Neither is.
        SeveralServers: More than one is.
    """
    if not text:
        return None
    groups = gate.book(admitted.guild_id).settings.groups
    key = text.removeprefix(GROUP_PREFIX)
    if text.startswith(GROUP_PREFIX) and key in groups:
        return Group(key, groups[key].name)
    found = directory.find(admitted.guild_id, text)
    if len(found) == 1:
        return found[0]
    named = [key for key, one in groups.items() if folded(one.name) == folded(text)]
    if named:
        return Group(named[0], groups[named[0]].name)
    if not found:
        raise NoSuchServer(text)
    raise SeveralServers(found)


def scope_of(gate: Gate, directory: Directory, guild_id: int, token: str) -> Scope:
    """The scope of a `scope_token`.

    Raises:
        Unfit: The server or the group is gone.
    """
    if token == ALL:
        return None
    server = directory.get(guild_id, token)
    if server is not None:
        return server
    group = gate.book(guild_id).settings.groups.get(token)
    if group is None:
        raise Unfit(_("That server or group is gone. Run the command again."))
    return Group(token, group.name)


def scope_token(scope: Scope) -> str:
    """A scope as an argument of a custom id."""
    return scope.id if scope else ALL


def scope_words(scope: Scope) -> str:
    """A scope in a sentence."""
    match scope:
        case None:
            return _("all servers")
        case Group():
            return _("the group {name}", name=bold(scope.name))
    return bold(scope.name)
