"""Who and what there is on this Discord: guilds, their roles and channels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.wirecord.member import Member
from tests.wirecord.message import is_public, text_of
from tests.wirecord.protocol import (
    EVERYONE,
    THREADS,
    ChannelType,
    Json,
    Permission,
    snowflake,
    timestamp,
)
from tests.wirecord.resolved import Resolvable, Resolved

if TYPE_CHECKING:
    from tests.wirecord.wire import Wire


class Role(Resolvable):
    """A role; one made later stands higher."""

    def __init__(
        self, guild: Guild, name: str, permissions: int, *, role_id: str | None = None
    ) -> None:
        self.id = role_id or snowflake()
        self.guild = guild
        self.name = name
        self.permissions = permissions
        self.mentionable = False

    def resolve(self, into: Resolved) -> str:
        return into.role(self)

    async def permit(self, permissions: int, *, by: Member | None = None) -> None:
        """Change what the role permits, as somebody does in the guild's settings."""
        old, self.permissions = self.permissions, permissions
        entry = {
            "id": snowflake(),
            "action_type": 31,
            "user_id": by.id if by else self.guild.owner_id(),
            "target_id": self.id,
            "changes": [
                {"key": "permissions", "old_value": str(old), "new_value": str(permissions)}
            ],
            "reason": None,
            "options": None,
        }
        self.guild.audit.append(entry)
        changed = {"guild_id": self.guild.id, "role": self.json()}
        await self.guild.wire.dispatch("GUILD_ROLE_UPDATE", changed, self.guild)

    async def delete(self) -> None:
        guild = self.guild
        guild.roles.remove(self)
        for member in guild.members.values():
            member.roles = [role for role in member.roles if role is not self]
        gone = {"guild_id": guild.id, "role_id": self.id}
        await guild.wire.dispatch("GUILD_ROLE_DELETE", gone, guild)

    def json(self) -> Json:
        roles = self.guild.roles
        return {
            "id": self.id,
            "name": self.name,
            "permissions": str(self.permissions),
            "position": roles.index(self) if self in roles else 0,
            "color": 0,
            "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
            "hoist": False,
            "managed": False,
            "mentionable": self.mentionable,
            "flags": 0,
            "icon": None,
            "unicode_emoji": None,
        }


class Channel(Resolvable):
    """A channel, a thread (it has a parent) or a direct conversation (it has a recipient)."""

    def __init__(
        self,
        guild: Guild,
        name: str,
        kind: int = ChannelType.TEXT,
        *,
        parent: Channel | None = None,
        recipient: Member | None = None,
    ) -> None:
        self.id = snowflake()
        self.guild = guild
        self.name = name
        self.type = kind
        self.parent = parent
        self.recipient = recipient
        self.topic: str | None = None
        self.messages: dict[str, Json] = {}
        self.denied = 0  # permissions that the bot hasn't here
        self.is_archived = False
        self.is_locked = False
        self.renamed_at: list[float] = []  # monotonic seconds

    def resolve(self, into: Resolved) -> str:
        return into.channel(self)

    def texts(self) -> list[str]:
        """The text of each message, private ones too."""
        return [text_of(message) for message in self.messages.values()]

    def public(self) -> list[Json]:
        """The messages that everybody sees."""
        return [message for message in self.messages.values() if is_public(message)]

    def bot_may(self) -> int:
        """The bot's permissions here, as bits."""
        held = self.guild.members[self.guild.wire.bot_id].permissions()
        if held & Permission.ADMINISTRATOR:
            return held
        above = self.parent.denied if self.parent else 0
        return held & ~above & ~self.denied

    async def deny(self, permissions: int) -> None:
        """Take permissions from the bot in this channel; 0 gives them back."""
        self.denied = permissions
        await self.guild.wire.dispatch("CHANNEL_UPDATE", self.json(), self.guild)

    async def thread(self, name: str) -> Channel:
        """Open a thread in it, or write a post where it is a forum."""
        thread = Channel(self.guild, name, ChannelType.PUBLIC_THREAD, parent=self)
        self.guild.channels[thread.id] = thread
        made = thread.json() | {"newly_created": True}
        await self.guild.wire.dispatch("THREAD_CREATE", made, self.guild)
        return thread

    async def archive(self, *, locked: bool = False) -> None:
        """Close a thread, as Discord does by itself after some days without a message."""
        self.is_archived, self.is_locked = True, locked
        await self.guild.wire.dispatch("THREAD_UPDATE", self.json(), self.guild)

    async def reopen(self) -> None:
        """Somebody opens a thread again."""
        self.is_archived = self.is_locked = False
        await self.guild.wire.dispatch("THREAD_UPDATE", self.json(), self.guild)

    async def delete(self) -> None:
        """Remove the channel with its threads and webhooks."""
        guild = self.guild
        for channel in list(guild.channels.values()):
            if channel is self or channel.parent is self:
                guild.channels.pop(channel.id)
        hooks = guild.wire.webhooks
        for hook in [hook for hook in hooks.values() if hook["channel_id"] == self.id]:
            hooks.pop(hook["id"])  # those of a thread belong to the channel above and stay
        event = "THREAD_DELETE" if self.type in THREADS else "CHANNEL_DELETE"
        await guild.wire.dispatch(event, self.json(), guild)

    def json(self) -> Json:
        if self.recipient:
            return {
                "id": self.id,
                "type": int(ChannelType.DM),
                "recipients": [self.recipient.user()],
                "last_message_id": None,
                "flags": 0,
            }
        bot_id = self.guild.wire.bot_id
        overwrite = {"id": bot_id, "type": 1, "allow": "0", "deny": str(int(self.denied))}
        data: Json = {
            "id": self.id,
            "type": int(self.type),
            "guild_id": self.guild.id,
            "name": self.name,
            "position": 0,
            "permission_overwrites": [overwrite] if self.denied else [],
            "topic": self.topic,
            "nsfw": False,
            "last_message_id": None,
            "parent_id": self.parent.id if self.parent else None,
            "rate_limit_per_user": 0,
            "flags": 0,
        }
        if self.type == ChannelType.FORUM:
            data |= {"available_tags": [], "default_reaction_emoji": None, "default_sort_order": 0}
        if self.type in (ChannelType.VOICE, ChannelType.STAGE):
            data |= {"bitrate": 64000, "user_limit": 0, "rtc_region": None, "video_quality_mode": 1}
        if self.type in THREADS:
            data |= {
                "owner_id": bot_id,
                "message_count": 0,
                "member_count": 1,
                "thread_metadata": {
                    "archived": self.is_archived,
                    "auto_archive_duration": 1440,
                    "archive_timestamp": timestamp(),
                    "locked": self.is_locked,
                },
            }
        return data


class Guild:
    """A guild. Built while the bot is connected, it is shown to it by `announce`."""

    def __init__(self, wire: Wire, name: str) -> None:
        self.wire = wire
        self.name = name
        self.id = snowflake()
        self.roles: list[Role] = []
        self.channels: dict[str, Channel] = {}
        self.members: dict[str, Member] = {}
        self.owner: Member | None = None
        self.voices: dict[str, Json] = {}
        self.audit: list[Json] = []
        self.events: dict[str, Json] = {}
        self.command_permissions: list[Json] = []
        self.is_shown = False  # a bot was told of it
        self._nobody = snowflake()
        self.everyone = Role(self, "@everyone", EVERYONE, role_id=self.id)
        self.roles.append(self.everyone)
        own = self.role("Roost", wire.bot_permissions)
        self.members[wire.bot_id] = Member(self, "Roost", (own,), user_id=wire.bot_id, bot=True)

    def role(self, name: str, permissions: int = 0) -> Role:
        role = Role(self, name, int(permissions))
        self.roles.append(role)
        self._told("GUILD_ROLE_CREATE", {"guild_id": self.id, "role": role.json()})
        return role

    def channel(self, name: str, kind: int = ChannelType.TEXT) -> Channel:
        channel = Channel(self, name, kind)
        self.channels[channel.id] = channel
        self._told("CHANNEL_CREATE", channel.json())
        return channel

    def member(self, name: str, *roles: Role, owner: bool = False) -> Member:
        member = Member(self, name, roles)
        self.members[member.id] = member
        if owner:
            self.owner = member
        self._told("GUILD_MEMBER_ADD", member.json() | {"guild_id": self.id})
        return member

    def _told(self, event: str, data: Json) -> None:
        if self.is_shown:
            self.wire.queue(event, data, self)

    async def integrations(
        self, command: str | None, *entries: tuple[Role | Member | Channel | None, bool]
    ) -> None:
        """Set who is shown a top-level command (None: every command) in Server Settings.

        An entry about None is about every channel. The entries stand for those before; none takes
        the settings back.
        """
        target = self.wire.command(self, command)["id"] if command else self.wire.bot_id
        settings: Json = {
            "id": target,
            "application_id": self.wire.bot_id,
            "guild_id": self.id,
            "permissions": [
                {"id": _about(self, who), "type": _ENTRY_KINDS[type(who)], "permission": allows}
                for who, allows in entries
            ],
        }
        self.command_permissions[:] = [
            one for one in self.command_permissions if one["id"] != target
        ]
        if entries:
            self.command_permissions.append(settings)
        await self.wire.dispatch("APPLICATION_COMMAND_PERMISSIONS_UPDATE", settings, self)

    async def announce(self) -> None:
        """Show the guild to the connected bot: it was invited, or an outage is over."""
        self.wire.guilds[self.id] = self
        data = self.json()
        if not self.is_shown:
            del data["unavailable"]  # by this alone a bot tells an invitation from an outage's end
        self.is_shown = True
        await self.wire.dispatch("GUILD_CREATE", data, self)

    async def kick_bot(self, *, unavailable: bool = False) -> None:
        """Throw the bot out; `unavailable` is an outage, which ends with `announce`."""
        gone: Json = {"id": self.id}
        if unavailable:
            gone["unavailable"] = True
        await self.wire.dispatch("GUILD_DELETE", gone, self)
        if not unavailable:
            self.is_shown = False
            self.wire.guilds.pop(self.id)

    def owner_id(self) -> str:
        return self.owner.id if self.owner else self._nobody

    def known_members(self) -> list[Member]:
        """Whom a bot without the members intent is told of: itself, and who is in voice."""
        known = {self.wire.bot_id, *self.voices}
        return [member for member in self.members.values() if member.id in known]

    def json(self, *, all_members: bool = True) -> Json:
        """The guild as an event."""
        members = self.members.values() if all_members else self.known_members()
        channels = self.channels.values()
        return {
            "id": self.id,
            "name": self.name,
            "icon": None,
            "splash": None,
            "discovery_splash": None,
            "owner_id": self.owner_id(),
            "afk_channel_id": None,
            "afk_timeout": 300,
            "verification_level": 0,
            "default_message_notifications": 0,
            "explicit_content_filter": 0,
            "roles": [role.json() for role in self.roles],
            "emojis": [],
            "features": [],
            "mfa_level": 0,
            "system_channel_id": None,
            "system_channel_flags": 0,
            "rules_channel_id": None,
            "vanity_url_code": None,
            "description": None,
            "banner": None,
            "premium_tier": 0,
            "premium_subscription_count": 0,
            "preferred_locale": "en-US",
            "public_updates_channel_id": None,
            "nsfw_level": 0,
            "premium_progress_bar_enabled": False,
            "stickers": [],
            "joined_at": timestamp(),
            "large": False,
            "unavailable": False,
            "member_count": len(self.members),
            "voice_states": list(self.voices.values()),
            "members": [member.json() for member in members],
            "channels": [c.json() for c in channels if c.type not in THREADS],
            "threads": [c.json() for c in channels if c.type in THREADS and not c.is_archived],
            "presences": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
            "soundboard_sounds": [],
        }


_ENTRY_KINDS: dict[type, int] = {Role: 1, Member: 2, Channel: 3, type(None): 3}


def _about(guild: Guild, who: Role | Member | Channel | None) -> str:
    """The last one is Discord's name for every channel."""
    return who.id if who is not None else str(int(guild.id) - 1)
