"""A member, and all that a member can do in a Discord client."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tests.wirecord.commands import Typed, check_visible
from tests.wirecord.forms import Form, find_component, find_select, pick
from tests.wirecord.message import sent
from tests.wirecord.protocol import ALL, SELECTS, Interaction, Json, Permission, snowflake
from tests.wirecord.resolved import Resolvable, Resolved

if TYPE_CHECKING:
    from tests.wirecord.shown import Shown
    from tests.wirecord.world import Channel, Guild, Role


class Member(Resolvable):
    """A member of one guild. `locale` and `dms_closed` may be set."""

    def __init__(
        self,
        guild: Guild,
        name: str,
        roles: tuple[Role, ...],
        *,
        user_id: str | None = None,
        bot: bool = False,
    ) -> None:
        self.guild = guild
        self.name = name
        self.roles = list(roles)
        self.id = user_id or snowflake()
        self.bot = bot
        self.locale = "en-US"
        self.dms_closed = False
        self.joined_at = datetime(2024, 1, 1, tzinfo=UTC)
        self.sees_everything = False
        """An admin opened every command to them in Server Settings → Integrations."""

    def user(self) -> Json:
        return {
            "id": self.id,
            "username": self.name,
            "discriminator": "0",
            "global_name": self.name.title(),
            "avatar": None,
            "bot": self.bot,
            "public_flags": 0,
            "flags": 0,
        }

    def permissions(self) -> int:
        """What the roles give, as bits; overwrites of channels exist for the bot alone."""
        if self.guild.owner is self:
            return ALL
        held = self.guild.everyone.permissions
        for role in self.roles:
            held |= role.permissions
        return ALL if held & Permission.ADMINISTRATOR else held

    def json(self, *, with_user: bool = True) -> Json:
        data: Json = {
            "roles": [role.id for role in self.roles],
            "nick": None,
            "avatar": None,
            "joined_at": self.joined_at.isoformat(),
            "premium_since": None,
            "deaf": False,
            "mute": False,
            "pending": False,
            "flags": 0,
            "communication_disabled_until": None,
        }
        return data | {"user": self.user()} if with_user else data

    def resolve(self, into: Resolved) -> str:
        return into.member(self)

    # what happens to a member

    async def give(self, role: Role, *, by: Member | None = None) -> None:
        self.roles.append(role)
        await self._roles_changed("$add", role, by)

    async def take(self, role: Role, *, by: Member | None = None) -> None:
        self.roles.remove(role)
        await self._roles_changed("$remove", role, by)

    async def _roles_changed(self, key: str, role: Role, by: Member | None) -> None:
        entry = {
            "id": snowflake(),
            "action_type": 25,
            "user_id": by.id if by else self.guild.owner_id(),
            "target_id": self.id,
            "changes": [{"key": key, "new_value": [{"id": role.id, "name": role.name}]}],
            "reason": None,
            "options": None,
        }
        self.guild.audit.append(entry)
        changed = self.json() | {"guild_id": self.guild.id}
        await self.guild.wire.dispatch("GUILD_MEMBER_UPDATE", changed, self.guild)

    async def leave(self) -> None:
        self.guild.members.pop(self.id)
        self.guild.voices.pop(self.id, None)
        gone = {"guild_id": self.guild.id, "user": self.user()}
        await self.guild.wire.dispatch("GUILD_MEMBER_REMOVE", gone, self.guild)

    async def voice(self, channel: Channel | None) -> None:
        """Go to a voice channel; None leaves it."""
        state = {
            "guild_id": self.guild.id,
            "channel_id": channel.id if channel else None,
            "user_id": self.id,
            "member": self.json(),
            "session_id": "s",
            "deaf": False,
            "mute": False,
            "self_deaf": False,
            "self_mute": False,
            "self_video": False,
            "suppress": False,
            "request_to_speak_timestamp": None,
        }
        if channel:
            self.guild.voices[self.id] = state
        else:
            self.guild.voices.pop(self.id, None)
        await self.guild.wire.dispatch("VOICE_STATE_UPDATE", state, self.guild)

    # what a member does

    async def slash(self, channel: Channel, name: str, /, **options: Any) -> Shown:
        """Type a slash command; returns once it is acknowledged.

        `name` has groups by spaces. Options are text, numbers, members, roles, channels or
        `(file name, content)`; a dash in an option's name is written as two underscores.

        Raises:
            TimeoutError: The bot did not acknowledge within 3 s.
            PermissionError: Discord doesn't show the command to this member.
            ValueError: A client would not send it.
        """
        data = Typed(self, name).run(options)
        return await self.guild.wire.interact(self, channel, Interaction.COMMAND, data)

    async def autocomplete(
        self, channel: Channel, name: str, option: str, typed: str, /, **filled: Any
    ) -> list[Json]:
        """Type in an option and see the choices: `name` and `value` of each."""
        data = Typed(self, name).complete(option, typed, filled)
        shown = await self.guild.wire.interact(self, channel, Interaction.AUTOCOMPLETE, data)
        return shown.choices

    async def menu(self, channel: Channel, name: str, target: Member | Json) -> Shown:
        """Use a context menu command on a member or on a message."""
        wire = self.guild.wire
        command = wire.command(self.guild, name, kind=2 if isinstance(target, Member) else 3)
        check_visible(command, self)
        data: Json = {"id": command["id"], "name": name, "type": command["type"]}
        if isinstance(target, Member):
            resolved = Resolved()
            data |= {"target_id": resolved.member(target), "resolved": resolved.json}
        else:
            data |= {
                "target_id": target["id"],
                "resolved": {"messages": {target["id"]: sent(target)}},
            }
        return await wire.interact(self, channel, Interaction.COMMAND, data)

    async def click(
        self,
        message: Json,
        custom_id: str | None = None,
        label: str | None = None,
        values: list[str] | None = None,
    ) -> Shown:
        """Press a button, found by id or label (or choose `values` in a select).

        Raises:
            LookupError: There is no such component, it is disabled, or the message is private
                to somebody else.
        """
        component = find_component(message, custom_id, label)
        if message.get("_seen_by") not in (None, self.id):
            raise LookupError(f"{self.name} does not see this message")
        data: Json = {
            "custom_id": component["custom_id"],
            "component_type": component["type"],
            "id": component.get("id", 0),
        }
        if component["type"] in SELECTS:
            resolved = Resolved()
            data["values"] = pick(component, values or [], self.guild, resolved)
            if resolved.json:
                data["resolved"] = resolved.json
        wire = self.guild.wire
        channel = wire.channel(message["channel_id"])
        return await wire.interact(self, channel, Interaction.COMPONENT, data, message)

    async def select(self, message: Json, values: list[str], custom_id: str | None = None) -> Shown:
        """Choose `values` in a select; the first one of the message if no id is given."""
        chosen = custom_id or find_select(message)["custom_id"]
        return await self.click(message, custom_id=chosen, values=values)

    async def submit(self, shown: Shown, *values: Any, **by_label: Any) -> Shown:
        """Fill in the modal that `shown` opened (see `Form`) and send it."""
        if shown.modal is None:
            raise LookupError(f"no modal was opened; shown: {shown.text!r}")
        data = Form(shown.modal, self.guild).fill(values, by_label)
        wire = self.guild.wire
        return await wire.interact(self, shown.channel, Interaction.MODAL, data, shown.source)

    async def say(self, channel: Channel, content: str) -> Json:
        """Write a message."""
        return await self.guild.wire.messages.post(channel, {"content": content}, author=self)
