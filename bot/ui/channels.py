"""Channels that stand for a server: which do, and the card on which one is told what it is for."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import discord
from discord import ui

from bot.fleet.directory import Directory, Server
from bot.posts.messages import Message
from bot.texts import _, _n
from bot.ui.parts import Control, button, card, choice
from bot.ui.settings.kinds import NONE
from bot.ui.text import bold

OFFERED: Final = 24
"""Servers offered at once; beside them stands "no server"."""
LISTED_AT_MOST: Final = 20


def channels_text(directory: Directory, guild_id: int, bindings: Mapping[int, str]) -> str:
    """Which channels stand for which servers."""
    found = []
    for channel_id, server_id in bindings.items():
        server = directory.get(guild_id, server_id)
        if server is not None:
            found.append(f"<#{channel_id}> → {bold(server.name)}")
    lines = [
        "**" + _("Channels of a server") + "**",
        _("Where a channel stands for a server, nobody need name it there."),
        *found[:LISTED_AT_MOST],
    ]
    if len(found) > LISTED_AT_MOST:
        more = len(found) - LISTED_AT_MOST
        lines.append(_n("and {count} more", "and {count} more", more))
    return "\n".join(lines)


def channel_card(
    channel_id: int,
    servers: Sequence[Server],
    bound_id: str | None,
    page: int,
    *,
    bind: str,
    leaf: str,
    back: "ui.Button[Any]",
    test: "ui.Button[Any] | None" = None,
    writes: bool = True,
) -> Message:
    """What a channel stands for, with a select of servers.

    Args:
        channel_id: The channel.
        servers: The guild's, of which a page is offered.
        bound_id: The row id of the one it stands for now.
        page: Which part of `servers` is offered.
        bind: The door that takes the choice; its argument is the channel.
        leaf: The door that shows another page; its arguments are the channel and the page.
        back: Where one came from.
        test: Posts a test message there.
        writes: Whether the bot may write there.
    """
    bound = next((one for one in servers if one.id == bound_id), None)
    where = f"<#{channel_id}>"
    said = (
        _("{channel} stands for {server}.", channel=where, server=bold(bound.name))
        if bound
        else _("{channel} stands for no server.", channel=where)
    )
    if not writes:
        said += "\n" + _(
            "I can't write there: what is done in it would stay private. Give me *View Channel* "
            "and *Send Messages*."
        )
    options = [(NONE, _("No server"), "")]
    options += [(one.id, one.name, one.identifier) for one in part(servers, page)]
    rows: list[list[Control]] = [
        [
            choice(
                bind,
                str(channel_id),
                options=options,
                placeholder=_("It stands for …"),
                chosen=[bound_id or NONE],
            )
        ],
        [back, *([test] if test else []), *leaves(leaf, str(channel_id), len(servers), page)],
    ]
    return card("## " + _("A channel of a server") + f"\n{said}", rows=rows)


def part(servers: Sequence[Server], page: int) -> Sequence[Server]:
    """The servers of a page."""
    return servers[page * OFFERED : (page + 1) * OFFERED]


def leaves(verb: str, first: str, count: int, page: int) -> list[Control]:
    """Buttons between the parts of a long list of servers; none where it fits."""
    last = (count - 1) // OFFERED
    if last < 1:
        return []
    before, behind = str(max(page - 1, 0)), str(min(page + 1, last))
    return [
        button(verb, first, before, "back", label="◀", is_disabled=page <= 0),
        button(verb, first, behind, "next", label="▶", is_disabled=page >= last),
    ]


def may_write_in(rights: discord.Permissions, channel: object) -> bool:
    """Whether the bot may write in a channel or thread with these permissions."""
    if isinstance(channel, discord.Thread):
        return rights.view_channel and rights.send_messages_in_threads
    return rights.view_channel and rights.send_messages
