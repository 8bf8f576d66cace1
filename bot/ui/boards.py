"""How a board looks: as much of each server as fits into one message, and no more."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import discord
from discord import ui
from msgspec import Struct, structs

from bot.fleet.directory import Server
from bot.fleet.known import Known, Numbers, State
from bot.fleet.players import Counted
from bot.posts.messages import Message
from bot.store.boards import Style
from bot.texts import _, _n
from bot.ui.cards import COLOURS, DOTS, dot, state_name
from bot.ui.parts import Colour, button, choice, framed
from bot.ui.text import APART, bold, code, moment, name, size

SERVERS_AT_MOST: Final = 25
"""As many as one select holds."""
WITH_BUTTONS_AT_MOST: Final = 7
"""As many as go into the 40 components of a message with their buttons."""
CHARACTERS: Final = 3600
"""For the servers; the rest of Discord's 4,000 is the title's and the footer's."""
NAME_CHARACTERS: Final = 40
STALE_AFTER: Final = timedelta(seconds=150)
"""What was seen so long ago is no longer told as what is; asking instead takes 60 s."""
CHART_NAME: Final = "chart.png"
_PROBLEMS: Final = frozenset(
    {State.SUSPENDED, State.NODE_DOWN, State.PANEL_DOWN, State.KEY_REFUSED, State.GONE}
)


class Row(Struct, frozen=True):
    """A server on a board, as it is to be shown."""

    id: str
    label: str
    known: Known
    server: Server | None
    """None once the panel has it no more."""
    started_at: datetime | None = None
    count: Counted | None = None
    """How many play; None where that isn't known."""
    is_asked: bool = False
    """Whether the panel is asked from time to time because the node can't be heard."""


def is_stale(known: Known, now: datetime) -> bool:
    """Whether what was seen is too old to be told as what is."""
    if known.is_live or not known.state.is_power_state or known.seen_at is None:
        return False
    return now - known.seen_at > STALE_AFTER


def board_message(
    board_id: str,
    title: str,
    rows: Sequence[Row],
    style: Style,
    *,
    now: datetime,
    changed_at: datetime,
    chart: discord.File | None = None,
    has_chart: bool = False,
    chart_words: str = "",
) -> Message:
    """The board as it is to stand in its channel.

    Args:
        board_id: What its message is found by.
        title: An admin's.
        rows: The servers, in the order they were chosen.
        style: How much of each is shown.
        now: Against which age is told.
        changed_at: When something on it last changed.
        chart: A picture that is new; None keeps the one that is there.
        has_chart: Whether a picture stands on it at all.
        chart_words: What the picture shows, in words.
    """
    head = f"## {name(title, 80)}"
    items: list[ui.Item[Any]] = []
    if style is Style.BUTTONS:
        texts = told(rows, style, now)
        for number, (row, text) in enumerate(zip(rows, texts, strict=True)):
            items.append(ui.TextDisplay(text if number else f"{head}\n{text}"))
            buttons = _buttons(row, now)
            if buttons:
                items.append(ui.ActionRow(*buttons))
    else:
        gap = "\n\n" if style is Style.CARDS else "\n"
        items.append(ui.TextDisplay(head + "\n" + gap.join(told(rows, style, now))))
    if has_chart:
        gallery: ui.MediaGallery[Any] = ui.MediaGallery()
        gallery.add_item(media=f"attachment://{CHART_NAME}", description=chart_words[:1024] or None)
        items.append(gallery)
    there = [row for row in rows if row.server is not None]
    if there:
        items.append(ui.ActionRow(_opener(board_id, there, now)))
    items.append(ui.TextDisplay(_footer(rows, now, changed_at, chart_words)))
    return framed(items, colour=_colour(rows, now), files=[chart] if chart else ())


def facts(rows: Sequence[Row], now: datetime) -> str:
    """Everything on a board but the numbers: what deserves an edit as soon as it changes."""
    without = (structs.replace(row, known=structs.replace(row.known, numbers=None)) for row in rows)
    return "\n".join(f"{_told(row, 2, now)}{row.is_asked}" for row in without)


def has_moved(before: Row, after: Row) -> bool:
    """Whether a server's numbers differ so much that a reader would care."""
    old, new, server = before.known.numbers, after.known.numbers, after.server
    if old is None or new is None or server is None:
        return old is not new
    memory_step = max(server.memory_limit_bytes // 20, 64 << 20)
    disk_step = max(server.disk_limit_bytes // 50, 512 << 20)
    return (
        abs(new.cpu_percent - old.cpu_percent) >= max(10.0, server.cpu_limit_percent / 10)
        or abs(new.memory_bytes - old.memory_bytes) >= memory_step
        or abs(new.disk_bytes - old.disk_bytes) >= disk_step
    )


def told(rows: Sequence[Row], style: Style, now: datetime) -> list[str]:
    """Each server in words, all of them with the most detail that fits."""
    detail = {Style.LINES: 2, Style.CARDS: 3, Style.BUTTONS: 3}[style]
    while True:
        texts = [_told(row, detail, now) for row in rows]
        if detail == 0 or sum(len(text) + 2 for text in texts) <= CHARACTERS:
            return texts
        detail -= 1


def _told(row: Row, detail: int, now: datetime) -> str:
    shown_name = bold(row.label, NAME_CHARACTERS if detail else 28)
    head = APART.join([f"{_dot(row, now)} {shown_name}", *_state(row, now)])
    if detail == 0 or row.server is None:
        return head
    known = row.known
    is_sure = known.state.is_power_state and not is_stale(known, now)
    numbers = known.numbers if is_sure and known.state is not State.OFFLINE else None
    address = code(row.server.address, 60) if row.server.address else ""
    if detail == 3:
        lines = [head]
        if numbers is not None:
            # two lines that a phone need not wrap, rather than a full one and its rest
            *first, disk = _long(numbers, row.server)
            lines += [f"-# {APART.join(first)}", f"-# {disk}"]
        if address:
            lines.append(address)
        return "\n".join(lines)
    facts = _short(numbers, row.server, is_all=detail == 2) if numbers is not None else []
    if address and detail == 2:
        facts.append(address)
    return f"{head}\n-# {APART.join(facts)}" if facts else head


def _state(row: Row, now: datetime) -> list[str]:
    """The one fact that matters, and its age."""
    known = row.known
    if row.server is None:
        return [state_name(State.GONE)]
    if is_stale(known, now) and known.seen_at is not None:
        state = state_name(known.state)
        return [_("unknown, last seen {state} {age}", state=state, age=moment(known.seen_at))]
    if not known.state.is_power_state:
        said = [state_name(known.state)]
        if known.last_power is not None and known.last_power_at is not None:
            last, age = state_name(known.last_power), moment(known.last_power_at)
            said.append(_("last seen {state} {age}", state=last, age=age))
        return said
    if known.state is State.RUNNING:
        said = []
        if row.count is not None:
            said.append(_playing(row.count))
        if row.started_at is not None:
            said.append(_("started {time}", time=moment(row.started_at)))
        return said or [state_name(known.state)]
    word = _("crashed") if known.has_crashed else state_name(known.state)
    return [word, moment(known.since_at)] if known.since_at else [word]


def _playing(count: Counted) -> str:
    if count.most is None:
        return _n("{count} player", "{count} players", count.online)
    return _n(
        "{online} of {most} player",
        "{online} of {most} players",
        count.most,
        online=count.online,
        most=count.most,
    )


def _long(numbers: Numbers, server: Server) -> list[str]:
    limit = server.memory_limit_bytes
    memory = size(numbers.memory_bytes)
    room = server.disk_limit_bytes
    disk = size(numbers.disk_bytes)
    return [
        _("CPU {percent} %", percent=round(numbers.cpu_percent)),
        _("Memory {used} of {limit}", used=memory, limit=size(limit))
        if limit
        else _("Memory {used}", used=memory),
        _("Disk {used} of {limit}", used=disk, limit=size(room))
        if room
        else _("Disk {used}", used=disk),
    ]


def _short(numbers: Numbers, server: Server, *, is_all: bool) -> list[str]:
    memory, limit = numbers.memory_bytes, server.memory_limit_bytes
    said = [_("CPU {percent} %", percent=round(numbers.cpu_percent))]
    if limit:
        said.append(_("memory {percent} %", percent=round(100 * memory / limit)))
    else:
        said.append(size(memory))
    if is_all:
        said.append(_("disk {used}", used=size(numbers.disk_bytes)))
    return said


def _dot(row: Row, now: datetime) -> str:
    if row.server is None:
        return DOTS[State.GONE]
    return DOTS[State.UNKNOWN] if is_stale(row.known, now) else dot(row.known)


def _colour(rows: Sequence[Row], now: datetime) -> Colour:
    """The state of the worst; green only where all run."""
    dots = [_dot(row, now) for row in rows]
    for one in ("🔴", "⚪", "🟡", "🔵", "🟢", "⚫"):
        if one in dots:
            return COLOURS[one]
    return Colour.NONE


def _footer(rows: Sequence[Row], now: datetime, changed_at: datetime, chart_words: str) -> str:
    said = []
    if any(row.known.state in _PROBLEMS or is_stale(row.known, now) for row in rows):
        said.append(_("I keep looking; it changes here by itself."))
    elif any(row.is_asked for row in rows):
        said.append(_("The node lets nobody listen, so I ask the panel every minute."))
    changed = _("last change {time}", time=moment(changed_at))
    said.append(f"{chart_words}{APART}{changed}" if chart_words else changed)
    return "\n".join(f"-# {line}" for line in said)


def _opener(board_id: str, rows: Sequence[Row], now: datetime) -> "ui.Select[Any]":
    options = [
        (row.id, f"{_dot(row, now)} {row.label}", row.server.identifier if row.server else "")
        for row in rows
    ]
    return choice(
        "board-open", board_id, options=options, placeholder=_("Open one, for you alone …")
    )


def _buttons(row: Row, now: datetime) -> list["ui.Button[Any]"]:
    """What may be possible now; who presses is asked for their right then."""
    if row.server is None or row.known.state in (State.SUSPENDED, State.GONE):
        return []
    known = row.known
    state = State.UNKNOWN if is_stale(known, now) else known.state
    if not state.is_power_state:
        state = State.UNKNOWN
    made: list[ui.Button[Any]] = []
    if state in (State.OFFLINE, State.UNKNOWN):
        style = discord.ButtonStyle.success
        made.append(button("start", row.id, label=_("Start"), style=style))
    if state in (State.RUNNING, State.STARTING, State.UNKNOWN):
        style = discord.ButtonStyle.primary
        made.append(button("restart", row.id, label=_("Restart"), style=style))
        made.append(button("stop", row.id, label=_("Stop")))
    return made
