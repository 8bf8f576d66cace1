"""How backups look: lines, cards, and what a server has room for."""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

import discord
from msgspec import Struct

from bot.fleet.directory import Server
from bot.fleet.shelf import Entry
from bot.posts.messages import Message
from bot.pterodactyl import Client
from bot.pterodactyl.models import Backup
from bot.texts import _
from bot.ui.errors import Unfit
from bot.ui.named import find_named
from bot.ui.pages import PAGE_LINES, page_of
from bot.ui.parts import Colour, button, card, choice, danger
from bot.ui.text import bold, code, duration, moment, name, plain, size

THROTTLE_COUNT: Final = 2
THROTTLE_PERIOD: Final = timedelta(seconds=600)
"""The panel's default for one server; its operator may change it (contract: README.md, budgets)."""
IGNORED_SHOWN: Final = 5

Backups: TypeAlias = Sequence[Backup]


class Room(Struct, frozen=True):
    """What stands against one more backup, as far as it can be told beforehand."""

    used: int
    """Running and successful ones: what counts."""
    limit: int
    """0: the server may have none."""
    free_at: datetime | None
    """When the panel's default throttle lets the next one pass; None: now."""

    @property
    def is_full(self) -> bool:
        return self.used >= self.limit


def room_for(backups: Sequence[Backup], *, used: int, limit: int | None, now: datetime) -> Room:
    """Pure: counts against limit and throttle; failed ones count for neither."""
    counted = [b.created_at for b in backups if not b.has_failed]
    begun = sorted((at for at in counted if now - at < THROTTLE_PERIOD), reverse=True)
    free_at = begun[THROTTLE_COUNT - 1] + THROTTLE_PERIOD if len(begun) >= THROTTLE_COUNT else None
    return Room(used, limit or 0, free_at)


def newest_first(backups: Iterable[Backup]) -> list[Backup]:
    """The panel promises no order."""
    return sorted(backups, key=lambda b: b.created_at, reverse=True)


async def load_backups(client: Client, server: Server) -> list[Entry]:
    """All backups for an option."""
    return entries(await client.servers.backups.list_backups(server.uuid))


async def load_good_backups(client: Client, server: Server) -> list[Entry]:
    """Those that can be restored or downloaded, for an option."""
    return entries(b for b in await client.servers.backups.list_backups(server.uuid) if is_good(b))


def entries(backups: Iterable[Backup]) -> list[Entry]:
    """Backups as the shelf keeps them: the uuid, and a label without Discord's timestamps."""
    return [Entry(b.uuid, _option_label(b)) for b in newest_first(backups)]


def is_good(backup: Backup) -> bool:
    """Whether it is done and whole."""
    return backup.is_successful and not backup.is_running


def find_backup(backups: Iterable[Backup], text: str, server: Server, *, whole: bool) -> Backup:
    """The backup that an option means.

    Raises:
        Unfit: None, or several.
    """
    return find_named(
        newest_first(backups),
        text,
        ids=lambda b: (b.uuid,),
        name=lambda b: b.name,
        label=lambda b: f"{bold(b.name)} ({code(b.uuid[:8])})",
        none=_("{server} has no such backup. `/backup list` shows them.", server=bold(server.name)),
        whole=whole,
    )


def check_good(backup: Backup) -> None:
    """Let only a whole backup be restored or downloaded.

    Raises:
        Unfit: It is running, or failed.
    """
    if backup.is_running:
        raise Unfit(
            _(
                "{backup} is still being made: what there is of it is a piece. Wait for its end; "
                "`/backup list` shows it.",
                backup=bold(backup.name),
            )
        )
    if backup.has_failed:
        raise Unfit(
            _(
                "{backup} failed, so there is nothing in it. Pick another one with `/backup list`.",
                backup=bold(backup.name),
            )
        )


def list_page(
    server: Server, label: str, backups: Sequence[Backup], page: int, room: Room | None
) -> Message:
    """Newest first, with a select that opens one."""
    found = newest_first(backups)
    first = min(page, max(0, len(found) - 1) // PAGE_LINES) * PAGE_LINES
    shown = found[first : first + PAGE_LINES]
    lines = [_line(backup) for backup in found]
    rows = []
    if shown:
        options = [(b.uuid, plain(b.name, 90) or b.uuid[:8], _option_detail(b)) for b in shown]
        placeholder = _("Open one …")
        rows.append([choice("backup-open", server.id, options=options, placeholder=placeholder)])
    head = _("Backups of {server}", server=name(label))
    note = room_words(room) if room is not None else ""
    return page_of(
        f"{head}\n-# {note}" if note else head,
        lines,
        page,
        verb="backup-page",
        server_id=server.id,
        empty=_("None yet. `/backup create` makes the first one."),
        rows=rows,
    )


def room_words(room: Room) -> str:
    """Limit and throttle, before they are met."""
    if not room.limit:
        return _("The panel gives this server no room for backups.")
    said = _("{used} of {limit} used.", used=room.used, limit=room.limit)
    if room.is_full:
        said += " " + _("Full: delete one to make another.")
    elif room.free_at is not None:
        said += " " + _(
            "The panel takes the next one {time}: by default {count} in {period}.",
            time=moment(room.free_at),
            count=THROTTLE_COUNT,
            period=duration(THROTTLE_PERIOD.total_seconds()),
        )
    return said


def backup_card(
    server: Server, label: str, backup: Backup, *, may: Callable[[str], bool]
) -> Message:
    """One backup: buttons only for what is possible with it and what this member may do."""
    facts = [_state_words(backup)]
    if is_good(backup):
        facts.append(_("Size: {size}", size=size(backup.size_bytes)))
    facts.append(_("Begun: {time}", time=moment(backup.created_at, "f")))
    if backup.completed_at is not None:
        taken = (backup.completed_at - backup.created_at).total_seconds()
        facts.append(_("Took: {time}", time=duration(taken)))
    if backup.is_locked:
        facts.append(_("Locked: neither rotation nor `/backup delete` takes it."))
    if backup.ignored_files:
        some = ", ".join(code(p, 60) for p in backup.ignored_files[:IGNORED_SHOWN])
        more = " …" if len(backup.ignored_files) > IGNORED_SHOWN else ""
        facts.append(_("Left out: {patterns}{more}", patterns=some, more=more))
    if backup.checksum:
        facts.append(_("Checksum: {sum}", sum=code(backup.checksum, 90)))
    return card(
        f"## {_dot(backup)} {name(backup.name, 100)}\n" + "\n".join(facts),
        colour=_colour(backup),
        rows=[_buttons(server, backup, may)],
        footer=f"{name(label)} · {code(backup.uuid)}",
    )


def _buttons(
    server: Server, backup: Backup, may: Callable[[str], bool]
) -> "list[discord.ui.Button[discord.ui.LayoutView]]":
    where, row = (server.id, backup.uuid), []
    if is_good(backup) and may("backup.download"):
        row.append(button("backup-link", *where, label=_("Download link")))
    if may("backup.delete"):
        if backup.is_locked:
            row.append(button("backup-unlock", *where, label=_("Unlock …")))
        else:
            row.append(button("backup-lock", *where, label=_("Lock")))
    if is_good(backup) and may("backup.restore"):
        row.append(danger("backup-restore", *where, label=_("Restore …")))
    if may("backup.delete") and can_be_deleted(backup):
        row.append(danger("backup-delete", *where, label=_("Delete …")))
    return row


def link_text(backup: Backup) -> str:
    """A name fit for the text of a link: Discord shows no link whose text looks like one."""
    return name(backup.name.replace("://", " "), 60)


def can_be_deleted(backup: Backup) -> bool:
    """The panel spares locked ones, but not those that failed (contract: backups.md, delete)."""
    return not backup.is_locked or backup.has_failed


def _line(backup: Backup) -> str:
    parts = [f"{_dot(backup)} {bold(backup.name)}", _state_words(backup)]
    if is_good(backup):
        parts = [parts[0], size(backup.size_bytes), moment(backup.created_at)]
    if backup.is_locked:
        parts.append(_("locked"))
    return " · ".join(parts)


def _state_words(backup: Backup) -> str:
    if backup.is_running:
        return _("running, begun {time}", time=moment(backup.created_at))
    if backup.has_failed:
        return _("failed {time}", time=moment(backup.completed_at or backup.created_at))
    return _("done {time}", time=moment(backup.completed_at or backup.created_at))


def _option_label(backup: Backup) -> str:
    return f"{plain(backup.name, 50) or backup.uuid[:8]} · {_option_detail(backup)}"


def _option_detail(backup: Backup) -> str:
    at = backup.created_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
    if backup.is_running:
        return _("running, begun {at} UTC", at=at)
    if backup.has_failed:
        return _("failed, {at} UTC", at=at)
    return f"{size(backup.size_bytes)} · {at} UTC"


def _dot(backup: Backup) -> str:
    if backup.is_running:
        return "🟡"
    return "🔴" if backup.has_failed else "🟢"


def _colour(backup: Backup) -> Colour:
    if backup.is_running:
        return Colour.YELLOW
    return Colour.RED if backup.has_failed else Colour.GREEN
