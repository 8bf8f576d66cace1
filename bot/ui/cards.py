"""How a server looks: its dot, its card and its line in a list."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import discord

from bot.access.gate import KILL
from bot.fleet.directory import Server
from bot.fleet.known import Known, State
from bot.fleet.players import PlayerCount
from bot.posts.messages import Message
from bot.texts import _
from bot.ui.parts import Colour, button, card
from bot.ui.players import players_line, players_short
from bot.ui.text import APART, bold, code, duration, moment, name, size

DOTS = {
    State.RUNNING: "🟢",
    State.STARTING: "🟡",
    State.STOPPING: "🟡",
    State.OFFLINE: "⚫",
    State.INSTALLING: "🔵",
    State.RESTORING: "🔵",
    State.TRANSFERRING: "🔵",
    State.SUSPENDED: "🔴",
    State.NODE_DOWN: "🔴",
    State.PANEL_DOWN: "🔴",
    State.KEY_REFUSED: "🔴",
    State.GONE: "🔴",
    State.UNKNOWN: "⚪",
}
CRASHED = "🔴"
COLOURS = {
    "🟢": Colour.GREEN,
    "🟡": Colour.YELLOW,
    "⚫": Colour.GREY,
    "🔵": Colour.BLUE,
    "🔴": Colour.RED,
    "⚪": Colour.NONE,
}


def state_name(state: State) -> str:
    """A state in a word or two."""
    return {
        State.RUNNING: _("running"),
        State.STARTING: _("starting"),
        State.STOPPING: _("stopping"),
        State.OFFLINE: _("offline"),
        State.INSTALLING: _("installing"),
        State.RESTORING: _("restoring a backup"),
        State.TRANSFERRING: _("moving to another node"),
        State.SUSPENDED: _("suspended"),
        State.NODE_DOWN: _("the node doesn't answer"),
        State.PANEL_DOWN: _("the panel doesn't answer"),
        State.KEY_REFUSED: _("the panel refuses our key"),
        State.GONE: _("no longer on the panel"),
        State.UNKNOWN: _("unknown"),
    }[state]


def state_line(known: Known) -> str:
    """The one line that matters most: what is, since when, and what was where it is no more."""
    if known.state is State.RUNNING and known.numbers is not None:
        up = duration(known.numbers.uptime_seconds)
        return _("Running for {time}.", time=up)
    if known.has_crashed:
        if known.since_at is None:
            return _("Offline after a crash.")
        return _("Crashed {time}.", time=moment(known.since_at))
    if known.state.is_power_state:
        return f"{state_name(known.state).capitalize()}."
    if known.last_power is not None and known.last_power_at is not None:
        return _(
            "Unknown, last seen {state} {age}: {why}.",
            state=state_name(known.last_power),
            age=moment(known.last_power_at),
            why=state_name(known.state),
        )
    return f"{state_name(known.state).capitalize()}."


def dot(known: Known) -> str:
    """The state's dot; what is no longer sure is white."""
    if known.state in (State.NODE_DOWN, State.PANEL_DOWN) and known.last_power is not None:
        return DOTS[State.UNKNOWN]
    if known.has_crashed:
        return CRASHED
    return DOTS[known.state]


def list_line(server: Server, label: str, known: Known, count: PlayerCount) -> str:
    """Name first, the deciding fact second, its age last."""
    said = [state_name(known.state)]
    if known.state is State.RUNNING and (players := players_short(count)):
        said.append(players)
    if known.seen_at and not known.is_live:
        said.append(moment(known.seen_at))
    return f"{dot(known)} {bold(label)}: {APART.join((*said, code(server.identifier)))}"


def server_card(
    server: Server,
    label: str,
    known: Known,
    count: PlayerCount,
    *,
    may: Callable[[str], bool],
    now: datetime,
    policies: Sequence[str] = (),
) -> Message:
    """The card of a server: buttons only for what is possible now and what this member may do."""
    texts = [f"## {dot(known)} {name(label)}", state_line(known)]
    if known.state is State.RUNNING and (players := players_line(count)):
        texts.append(players)
    if server.description:
        texts.append(name(server.description, 200))
    if server.address:
        texts.append(_("Join: {address}", address=code(server.address, 120)))
    numbers = numbers_line(server, known)
    return card(
        "\n".join(texts),
        f"-# {numbers}" if numbers else "",
        "\n".join(f"-# {one}" for one in policies),
        colour=COLOURS[dot(known)],
        rows=[_power_row(server, known, may), _more_row(server, may)],
        footer=_("updated {time}", time=moment(known.seen_at or now)),
    )


def numbers_line(server: Server, known: Known) -> str:
    """CPU, memory and disk with their limits, quiet and short."""
    numbers = known.numbers
    if numbers is None or known.state is State.OFFLINE:
        return ""
    cpu = _("CPU {percent} %", percent=round(numbers.cpu_percent))
    memory = _limited(_("Memory"), numbers.memory_bytes, server.memory_limit_bytes)
    disk = _limited(_("Disk"), numbers.disk_bytes, server.disk_limit_bytes)
    return APART.join((cpu, memory, disk))


def usage_card(
    server: Server,
    label: str,
    known: Known,
    now: datetime,
    *,
    rows: Sequence[Sequence["discord.ui.Button[Any]"]] = (),
    more: Sequence[str] = (),
    picture: discord.File | None = None,
) -> Message:
    """The numbers, one a line, with their limits; below, what was over time."""
    lines = [f"## {dot(known)} {name(label)}", state_line(known)]
    if known.numbers is not None and known.state is not State.OFFLINE:
        n = known.numbers
        allowed = (
            _("of {limit} %", limit=server.cpu_limit_percent)
            if server.cpu_limit_percent
            else _("no limit")
        )
        lines += [
            _("**CPU** {percent} % ({allowed})", percent=f"{n.cpu_percent:.1f}", allowed=allowed),
            _limited(_("**Memory**"), n.memory_bytes, server.memory_limit_bytes),
            _limited(_("**Disk**"), n.disk_bytes, server.disk_limit_bytes),
            _(
                "**Network** in {received}, out {sent} since the start",
                received=size(n.network_in_bytes),
                sent=size(n.network_out_bytes),
            ),
        ]
    return card(
        "\n".join(lines),
        "\n".join(more),
        colour=COLOURS[dot(known)],
        rows=rows,
        pictures=[picture] if picture else [],
        footer=_("updated {time}", time=moment(known.seen_at or now)),
    )


def _limited(label: str, used: int, limit: int) -> str:
    if limit:
        return _("{label} {used} of {limit}", label=label, used=size(used), limit=size(limit))
    return f"{label} {size(used)}"


def _power_row(
    server: Server, known: Known, may: Callable[[str], bool]
) -> list["discord.ui.Button[discord.ui.LayoutView]"]:
    state = known.state if known.state.is_power_state else (known.last_power or State.UNKNOWN)
    row = []
    if state in (State.OFFLINE, State.UNKNOWN) and may("control.start"):
        row.append(button("start", server.id, label=_("Start"), style=discord.ButtonStyle.success))
    if state in (State.RUNNING, State.STARTING, State.UNKNOWN) and may("control.restart"):
        row.append(
            button("restart", server.id, label=_("Restart"), style=discord.ButtonStyle.primary)
        )
    if state in (State.RUNNING, State.STARTING, State.UNKNOWN) and may("control.stop"):
        row.append(button("stop", server.id, label=_("Stop")))
    if state is State.STOPPING and may(KILL):
        row.append(button("kill", server.id, label=_("Kill …"), style=discord.ButtonStyle.danger))
    return row


def _more_row(
    server: Server, may: Callable[[str], bool]
) -> list["discord.ui.Button[discord.ui.LayoutView]"]:
    row = [button("refresh", server.id, label=_("Refresh"), emoji="🔄")]
    if may("control.console"):
        row.append(button("console", server.id, label=_("Console")))
        row.append(button("command", server.id, label=_("Command …")))
    return row
