"""Discord's own settings of commands: who sees which, before any rule of ours.

Server Settings → Integrations has them for the whole application and for each top-level command.
What stands at a command goes before what stands for all; a channel that is shut is shut to
everybody, then a member's own setting goes before their roles', and these before everyone's.
Administrators see everything. Where nothing is set, the command's own default decides.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum

from msgspec import Struct

from bot.access.facts import CommandPermission

ADMINISTRATOR = 1 << 3


class Kind(Enum):
    """Whom an entry is about, as Discord numbers them."""

    ROLE = 1
    MEMBER = 2
    CHANNEL = 3


class Entry(Struct, frozen=True):
    """One line of the settings."""

    kind: Kind
    target_id: int
    """A role, member or channel; the guild's id is everyone, the one before it every channel."""
    allows: bool


class Settings(Struct, frozen=True):
    """What a guild set, as Discord told it."""

    guild_id: int
    for_all: tuple[Entry, ...] = ()
    by_command: Mapping[int, tuple[Entry, ...]] = {}


class Viewer(Struct, frozen=True):
    """A member in a channel, as Discord looks at them."""

    member_id: int
    role_ids: frozenset[int]
    permissions: int
    """What they may there, as Discord's bits."""
    channel_id: int
    owns_guild: bool = False


def permission(
    settings: Settings, command_id: int | None, default: int | None, viewer: Viewer
) -> CommandPermission:
    """Whether Discord shows a command to a member.

    Args:
        default: The permissions that the command asks for, as bits; None shows it to everybody, 0
            to administrators only.
    """
    if viewer.owns_guild or viewer.permissions & ADMINISTRATOR:
        return CommandPermission(True, "administrator")
    own = settings.by_command.get(command_id or 0, ())
    for entries in (own, settings.for_all):
        shut = _channel(entries, settings.guild_id, viewer.channel_id)
        if shut is not None:
            if not shut.allows:
                return CommandPermission(False, "channel", viewer.channel_id)
            break
    found = _person(own, settings.guild_id, viewer)
    if found is not None:
        return found
    found = _person(settings.for_all, settings.guild_id, viewer)
    if found is not None and not found.allowed:
        return found
    if default is not None and (not default or viewer.permissions & default != default):
        return CommandPermission(False, "default")
    return found or CommandPermission(True, "default")


def _channel(entries: Iterable[Entry], guild_id: int, channel_id: int) -> Entry | None:
    shut = [one for one in entries if one.kind is Kind.CHANNEL]
    here = next((one for one in shut if one.target_id == channel_id), None)
    return here or next((one for one in shut if one.target_id == guild_id - 1), None)


def _person(entries: Sequence[Entry], guild_id: int, viewer: Viewer) -> CommandPermission | None:
    for one in entries:
        if one.kind is Kind.MEMBER and one.target_id == viewer.member_id:
            return CommandPermission(one.allows, "member", one.target_id)
    roles = [one for one in entries if one.kind is Kind.ROLE and one.target_id in viewer.role_ids]
    roles = [one for one in roles if one.target_id != guild_id]
    for one in sorted(roles, key=lambda one: not one.allows):  # one role that allows is enough
        return CommandPermission(one.allows, "role", one.target_id)
    for one in entries:
        if one.kind is Kind.ROLE and one.target_id == guild_id:
            return CommandPermission(one.allows, "everyone")
    return None
