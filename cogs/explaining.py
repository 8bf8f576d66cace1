"""A decision explained, with the button that turns it for an hour."""

import discord

from bot.access.command_permissions import Viewer
from bot.access.conditions import Met
from bot.access.facts import Action
from bot.fleet.directory import Server
from bot.fleet.known import Known
from bot.posts.members import actor_of_member
from bot.posts.messages import Message
from bot.texts import _
from bot.ui.cards import state_name
from bot.ui.command_options import command_named
from bot.ui.doors import actor_of
from bot.ui.explain import why
from bot.ui.parts import button, plain
from bot.ui.text import bold, moment
from bot.work.explaining import Seen
from cogs.parts import Parts


async def explained(
    parts: Parts,
    interaction: discord.Interaction,
    command: str,
    action: Action,
    target: Server | None,
    *,
    about: discord.Member | None = None,
) -> Message:
    """The whole chain for who asks, or for another member, each link looked at now.

    Args:
        command: As it was typed; what Discord says of it is looked up by its top-level name.
    """
    made = command_named(interaction, command)
    top = made.root_parent or made
    default = top.default_permissions
    actor = actor_of_member(about) if about is not None else actor_of(interaction)
    seen = Seen(
        top.name, default.value if default is not None else None, _viewer(interaction, about)
    )
    guild_id = interaction.guild_id or 0
    found = await parts.explaining.explain(guild_id, actor, action, target, seen=seen)
    met: tuple[Met, ...] = ()
    if target is not None:
        met = await parts.consents.conditions(found.decision, target, actor.id)
    text = why(
        action,
        found.decision,
        target,
        actor.name if about is not None else None,
        beyond=found.beyond,
        state=_state(target, found.known),
        unread=not found.read_permissions,
        conditions=met,
        settings=parts.gate.book(guild_id).settings,
        days_too_new=parts.voters.days_too_new(guild_id, actor),
    )
    right = action.right or ""
    rows = []
    if found.may_be_granted and target is not None and not actor.is_bot:
        if parts.explaining.administers(guild_id, actor_of(interaction)):
            args = (target.id, f"{actor.id:x}", right)
            rows.append([button("hour", *args, label=_("Grant for 1 hour"))])
        elif about is None:
            rows.append([button("ask-admin", target.id, right, label=_("Ask an admin"))])
    return plain(text, rows=rows)


def _viewer(interaction: discord.Interaction, about: discord.Member | None) -> Viewer:
    guild_id, channel_id = interaction.guild_id or 0, interaction.channel_id or 0
    owner_id = interaction.guild.owner_id if interaction.guild else None
    if about is None:
        permissions, user = interaction.permissions, interaction.user
        roles = user.roles if isinstance(user, discord.Member) else []
    else:
        user, roles = about, about.roles
        channel = interaction.channel
        permissions = about.guild_permissions
        if isinstance(channel, discord.abc.GuildChannel):
            permissions = channel.permissions_for(about)
    held = frozenset({guild_id, *(role.id for role in roles)})
    return Viewer(user.id, held, permissions.value, channel_id, owner_id == user.id)


def _state(target: Server | None, known: Known | None) -> str:
    if target is None or known is None:
        return ""
    said = _(
        "{server} is just now: {state}", server=bold(target.name), state=state_name(known.state)
    )
    return f"{said} ({moment(known.seen_at)})" if known.seen_at else said
