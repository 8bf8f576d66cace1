"""How /setup looks: what is done, what is missing, and the next step in colour."""

from collections.abc import Mapping, Sequence
from typing import Final

import discord
from msgspec import Struct

from bot.access.rights import PRESETS
from bot.fleet.directory import Server
from bot.posts.messages import Message
from bot.texts import _, _n
from bot.ui.parts import Colour, Control, button, card, choice, role_choice
from bot.ui.text import bold, name

SHOWN_NAMES: Final = 6
OFFERED: Final = 25
SUGGESTED_AT_MOST: Final = 5


class Progress(Struct, frozen=True, kw_only=True):
    """How far a guild has come; all of it read anew each time."""

    panels: Sequence[str] = ()
    servers: Sequence[Server] = ()
    roles: Sequence[str] = ()
    """Mentions of who was given something."""
    writes: bool = False
    """Whether the bot may write in the channel where it is asked."""
    bound: int = 0
    """How many channels stand for a server."""
    shut_out: Sequence[int] = ()
    """Roles that hold rights for staff commands which Discord doesn't show them."""

    @property
    def is_ready(self) -> bool:
        """Whether members can do something."""
        return bool(self.panels and self.servers and self.roles and self.writes)


def overview(progress: Progress) -> Message:
    """The steps with their marks; the button of the first missing one is in colour."""
    steps = [
        (bool(progress.panels), _panel_words(progress)),
        (bool(progress.servers), _servers_words(progress)),
        (bool(progress.roles), _roles_words(progress)),
        (progress.writes, _channel_words(progress)),
        (not progress.shut_out, _staff_words(progress)),
    ]
    lines = [f"{'✅' if done else '▫️'} {text}" for done, text in steps]
    missing = sum(not done for done, _text in steps)
    if progress.is_ready:
        head, colour = _("Roost is ready"), Colour.GREEN
        closing = _("Try it: open a server and press *Restart*. `/config` holds the rest.")
    else:
        head, colour = _("Set Roost up"), Colour.YELLOW
        closing = _n(
            "{count} step is missing. You can stop at any time; `/setup` goes on from here.",
            "{count} steps are missing. You can stop at any time; `/setup` goes on from here.",
            missing,
        )
    return card(f"## {head}\n" + "\n".join(lines), closing, colour=colour, rows=_rows(progress))


def roles_card(held: Sequence[str], suggested: Mapping[str, Sequence[str]]) -> Message:
    """Who has what, what the presets are, and what the panel's own subusers suggest."""
    lines = ["## " + _("Who may do what"), *held[:SHOWN_NAMES]]
    presets = [f"**{preset}**: {preset_words(preset)}" for preset in PRESETS]
    return card(
        "\n".join(lines),
        "\n".join(presets),
        suggestion_words(suggested),
        rows=[
            [role_choice("setup-role", placeholder=_("Choose a role"))],
            [button("setup", label=_("Back"))],
        ],
    )


def preset_card(role: discord.Role, suggested: Mapping[str, Sequence[str]]) -> Message:
    """What a role is to hold; presets that subusers have are marked as suggested."""
    options = [(one, one, _offer_words(one, suggested.get(one, ()))) for one in PRESETS]
    warning = ""
    if role.is_default():
        warning = _("⚠️ That holds for everyone in this Discord server, new members too.")
    return card(
        "## " + _("What may {role} do?", role=_mention(role)),
        "\n".join(f"**{one}**: {preset_words(one)}" for one in PRESETS),
        warning,
        suggestion_words(suggested),
        rows=[
            [
                choice(
                    "setup-preset",
                    str(role.id),
                    options=options,
                    placeholder=_("Choose a preset"),
                )
            ],
            [button("setup-roles", label=_("Back"))],
        ],
    )


def where_card(role: discord.Role, preset: str, servers: Sequence[Server], page: int) -> Message:
    """On which servers a role gets its preset: all, or those that are picked."""
    offered = servers[page * OFFERED : (page + 1) * OFFERED]
    last = (len(servers) - 1) // OFFERED
    args = (str(role.id), preset)
    every = _n("On all {count} server", "On all {count} servers", len(servers))
    row: list[Control] = [
        button("setup-all", *args, label=every, style=discord.ButtonStyle.primary),
        button("setup-role", str(role.id), label=_("Back")),
    ]
    if page:
        row.append(button("setup-where", *args, str(page - 1), label="◀"))
    if page < last:
        row.append(button("setup-where", *args, str(page + 1), label="▶"))
    return card(
        "## " + _("{preset} for {role}", preset=preset, role=_mention(role)),
        _("On which servers? What the role had there before is taken back."),
        rows=[
            [
                choice(
                    "setup-some",
                    *args,
                    options=[(one.id, one.name, one.identifier) for one in offered],
                    placeholder=_("Only on …"),
                    most=len(offered),
                )
            ],
            row,
        ],
    )


def staff_card(staff: Sequence[str], shut_out: Sequence[int]) -> Message:
    """How staff and admin commands are opened to a role, and who is waiting for it."""
    lines = ["## " + _("Commands for staff")]
    if shut_out:
        roles = ", ".join(f"<@&{role_id}>" for role_id in shut_out)
        lines.append(
            _(
                "{roles} may use staff commands by your rules, but Discord doesn't show them: that "
                "takes *Manage Messages*, or a permission of its own.",
                roles=roles,
            )
        )
    groups = ", ".join(f"`/{one}`" for one in staff)
    lines.append(
        _(
            "Discord hides {groups} from whoever lacks *Manage Messages*, and admin commands from "
            "whoever lacks *Manage Server*.",
            groups=groups,
        )
    )
    lines.append(
        _(
            "To open one: **Server Settings → Integrations → Roost**, tap the command, **Add roles "
            "or members**, choose the role, save. On a phone it is the same, under your server's "
            "name."
        )
    )
    lines.append(_("What may really be done is decided by your rules here in any case."))
    return card("\n".join(lines), rows=[[button("setup", label=_("Back"))]])


def preset_words(preset: str) -> str:
    """What a preset holds, in a few words."""
    return {
        "viewer": _("see servers and their state"),
        "player": _("viewer, and start servers"),
        "moderator": _("player, and stop, restart, console, backups"),
        "operator": _("moderator, and read files and settings"),
        "manager": _("everything the panel key may do"),
    }.get(preset, preset)


def suggestion_words(suggested: Mapping[str, Sequence[str]]) -> str:
    """Which subusers of the panel have about the rights of which preset."""
    if not suggested:
        return ""
    said = [
        _("{names}: about *{preset}*", names=_names(users), preset=preset)
        for preset, users in suggested.items()
    ]
    return "-# " + _("On the panel itself:") + " " + " · ".join(said[:SUGGESTED_AT_MOST])


def _offer_words(preset: str, users: Sequence[str]) -> str:
    said = preset_words(preset)
    return _("like {names} on the panel: {what}", names=_names(users), what=said) if users else said


def _names(users: Sequence[str]) -> str:
    said = ", ".join(name(one, 20) for one in users[:3])
    more = len(users) - 3
    return said + " " + _n("and {count} more", "and {count} more", more) if more > 0 else said


def _rows(progress: Progress) -> list[list[Control]]:
    """The buttons of the steps, the first missing one in colour; what can't be done yet is off."""
    has_servers = bool(progress.servers)
    steps: list[tuple[bool, str, str]] = [
        (bool(progress.panels), "setup-panel", _("Panel …")),
        (bool(progress.roles), "setup-roles", _("Roles …")),
        (progress.writes and bool(progress.bound), "setup-channels", _("Channels …")),
        (not progress.shut_out, "setup-staff", _("Staff …")),
    ]
    due = next((verb for done, verb, _label in steps if not done), "")
    if progress.is_ready:
        due = ""
    row: list[Control] = []
    for _done, verb, label in steps:
        style = discord.ButtonStyle.primary if verb == due else discord.ButtonStyle.secondary
        off = verb in ("setup-roles", "setup-staff") and not has_servers
        row.append(button(verb, label=label, style=style, is_disabled=off))
    rows: list[list[Control]] = [row]
    last: list[Control] = []
    if has_servers:
        style = discord.ButtonStyle.success if progress.is_ready else discord.ButtonStyle.secondary
        last.append(button("info", progress.servers[0].id, label=_("Try a server"), style=style))
    last.append(button("setup-test", label=_("Test message")))
    last.append(button("setup", label=_("Look again"), emoji="🔄"))
    rows.append(last)
    return rows


def _panel_words(progress: Progress) -> str:
    if progress.panels:
        return _("**Panel**: {names}", names=", ".join(bold(one) for one in progress.panels))
    return _("**Panel**: connect one with the key of an account.")


def _servers_words(progress: Progress) -> str:
    servers = progress.servers
    if servers:
        shown = ", ".join(bold(one.name, 30) for one in servers[:SHOWN_NAMES])
        more = len(servers) - SHOWN_NAMES
        tail = " " + _n("and {count} more", "and {count} more", more) if more > 0 else ""
        return _("**Servers**: {names}", names=shown + tail)
    if progress.panels:
        return _("**Servers**: the account sees none; share some with it as a subuser.")
    return _("**Servers**: they appear with the panel.")


def _roles_words(progress: Progress) -> str:
    roles = progress.roles
    if not roles:
        return _("**Roles**: say what a role may do; until then only admins may.")
    more = len(roles) - SHOWN_NAMES
    tail = " " + _n("and {count} more", "and {count} more", more) if more > 0 else ""
    return _("**Roles**: {roles} may do something.", roles=", ".join(roles[:SHOWN_NAMES]) + tail)


def _channel_words(progress: Progress) -> str:
    if not progress.writes:
        return _(
            "**Channel**: I can't write here, so results would stay private. Give me *View "
            "Channel* and *Send Messages*."
        )
    if progress.bound:
        return _n(
            "**Channel**: I can write here; {count} channel stands for a server.",
            "**Channel**: I can write here; {count} channels stand for a server.",
            progress.bound,
        )
    return _("**Channel**: I can write here.")


def _staff_words(progress: Progress) -> str:
    if not progress.shut_out:
        return _("**Staff**: `/files`, `/database` … are shown to who has *Manage Messages*.")
    roles = ", ".join(f"<@&{role_id}>" for role_id in progress.shut_out[:SHOWN_NAMES])
    return _("**Staff**: {roles} can't see the staff commands yet.", roles=roles)


def _mention(role: discord.Role) -> str:
    return "@everyone" if role.is_default() else f"<@&{role.id}>"
