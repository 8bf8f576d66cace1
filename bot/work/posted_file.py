"""What is posted by itself, as a guild's file has it: alerts, boards and mirrors. Pure.

No message and no address of a webhook is in it: where it is taken over, boards are posted and
webhooks made anew.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

from msgspec import Meta, Struct

from bot.posts.filters import PATTERN_CHARACTERS
from bot.posts.games import Preset
from bot.store.alerts import AlertEvent, AlertRow, NewAlert
from bot.store.boards import BoardRow, BoardServer, NewBoard, Style
from bot.store.mirrors import MirrorOptions, MirrorRow
from bot.texts import _
from bot.ui.alerts import checked_threshold
from bot.ui.boards import SERVERS_AT_MOST, WITH_BUTTONS_AT_MOST
from bot.ui.errors import Unfit
from bot.ui.text import code
from bot.work.file_things import Names, Thing, Uuid, thing
from bot.work.history import RANGES

TITLE_CHARACTERS = 80


class AlertPart(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An alert; without a server it is about all of them."""

    event: AlertEvent
    channel: Thing
    server: Uuid | None = None
    role: Thing | None = None
    threshold: int | None = None
    in_thread: bool = False


class BoardPart(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A board; `chart` is empty or a range such as `24h`."""

    channel: Thing
    title: Annotated[str, Meta(min_length=1, max_length=TITLE_CHARACTERS)]
    servers: Annotated[tuple[Uuid, ...], Meta(min_length=1, max_length=SERVERS_AT_MOST)]
    style: Style = Style.LINES
    chart: Annotated[str, Meta(pattern=rf"^({'|'.join(RANGES)})?$")] = ""


class MirrorPart(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mirror, and which lines come how."""

    channel: Thing
    server: Uuid
    preset: Preset = Preset.EVERYTHING
    level: Annotated[int, Meta(ge=0, le=2)] = 0
    include: Annotated[str, Meta(max_length=PATTERN_CHARACTERS)] = ""
    exclude: Annotated[str, Meta(max_length=PATTERN_CHARACTERS)] = ""
    colours: bool = True
    redacts: bool = True
    two_way: bool = False

    @property
    def options(self) -> MirrorOptions:
        """As a mirror has them."""
        return MirrorOptions(
            preset=self.preset.value,
            level=self.level,
            include=self.include,
            exclude=self.exclude,
            colours=self.colours,
            redacts=self.redacts,
            two_way=self.two_way,
        )


class Posted(Struct, frozen=True, kw_only=True):
    """What a guild has posted by itself."""

    alerts: Sequence[AlertRow] = ()
    boards: Sequence[BoardRow] = ()
    mirrors: Sequence[MirrorRow] = ()


class NewConsole(Struct, frozen=True, kw_only=True):
    """A mirror that is to be made; that takes a webhook, so Discord may refuse it."""

    server_id: str
    channel_id: int
    options: MirrorOptions


class PostedChange(Struct, frozen=True, kw_only=True):
    """What taking a file over would add, and what of it isn't here, in words."""

    alerts: tuple[NewAlert, ...] = ()
    boards: tuple[NewBoard, ...] = ()
    mirrors: tuple[NewConsole, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def is_nothing(self) -> bool:
        """Whether all of it is so already."""
        return not (self.alerts or self.boards or self.mirrors)


class Parts(Struct, frozen=True, kw_only=True):
    """The parts of a file."""

    alerts: tuple[AlertPart, ...] = ()
    boards: tuple[BoardPart, ...] = ()
    mirrors: tuple[MirrorPart, ...] = ()


def posted_parts(posted: Posted, names: Names, uuids: Mapping[str, str]) -> Parts:
    """What a guild's file says of it; servers that are gone are left out."""
    return Parts(
        alerts=tuple(
            AlertPart(
                event=one.event,
                channel=thing(one.channel_id, names.channels),
                server=uuids[one.server_id] if one.server_id is not None else None,
                role=thing(one.role_id, names.roles) if one.role_id is not None else None,
                threshold=one.threshold,
                in_thread=one.in_thread,
            )
            for one in posted.alerts
            if one.server_id is None or one.server_id in uuids
        ),
        boards=tuple(
            BoardPart(
                channel=thing(one.channel_id, names.channels),
                title=one.title,
                servers=tuple(uuids[each.id] for each in one.servers if each.id in uuids),
                style=one.style,
                chart=one.chart,
            )
            for one in posted.boards
            if any(each.id in uuids for each in one.servers)
        ),
        mirrors=tuple(
            MirrorPart(
                channel=thing(one.channel_id, names.channels),
                server=uuids[one.server_id],
                preset=Preset(one.options.preset),
                level=one.options.level,
                include=one.options.include,
                exclude=one.options.exclude,
                colours=one.options.colours,
                redacts=one.options.redacts,
                two_way=one.options.two_way,
            )
            for one in posted.mirrors
            if one.server_id in uuids
        ),
    )


def check_posted(parts: Parts) -> None:
    """See whether each can be.

    Raises:
        Unfit: One can't; says which.
    """
    for alert in parts.alerts:
        checked_threshold(alert.event, alert.threshold)
        if alert.in_thread and alert.event is not AlertEvent.CRASH:
            raise Unfit(_("Only an alert of `crash` opens threads. Leave `thread` out."))
    for board in parts.boards:
        if board.style is Style.BUTTONS and len(board.servers) > WITH_BUTTONS_AT_MOST:
            raise Unfit(
                _("With power buttons {most} servers fit on a board, not {count}. Choose fewer, or "
                  "another style.", most=WITH_BUTTONS_AT_MOST, count=len(board.servers))
            )  # fmt: skip


class PostedReader:
    """Reads the parts of a file against what there is, and collects what isn't here."""

    def __init__(
        self,
        posted: Posted,
        names: Names,
        servers: Mapping[str, BoardServer],
        *,
        member_id: int,
        reach: Mapping[int, bool],
    ) -> None:
        """`servers` are those that are here, by the panel's uuid; `reach` tells which roles the
        member who takes the file over may name."""
        self._posted = posted
        self._names = names
        self._servers = servers
        self._member_id = member_id
        self._reach = reach
        self._missing: list[str] = []

    def change(self, parts: Parts) -> PostedChange:
        """What of the parts isn't so yet.

        An alert gives way to one of the same server, event and channel. A board of the same title
        in its channel, and a mirror, stay as they are.
        """
        return PostedChange(
            alerts=tuple(self._alerts(parts.alerts)),
            boards=tuple(self._boards(parts.boards)),
            mirrors=tuple(self._mirrors(parts.mirrors)),
            missing=tuple(self._missing),
        )

    def _alerts(self, parts: Sequence[AlertPart]) -> Iterator[NewAlert]:
        held = {_wish(one) for one in self._posted.alerts}
        for part in parts:
            channel_id = self._channel(part.channel)
            if channel_id is None or (part.server is not None and part.server not in self._servers):
                continue
            new = NewAlert(
                server_id=self._servers[part.server].id if part.server is not None else None,
                event=part.event,
                channel_id=channel_id,
                role_id=self._role(part.role),
                threshold=checked_threshold(part.event, part.threshold),
                in_thread=part.in_thread,
                made_by=self._member_id,
            )
            if _wish(new) not in held:
                yield new

    def _boards(self, parts: Sequence[BoardPart]) -> Iterator[NewBoard]:
        held = {(one.channel_id, one.title) for one in self._posted.boards}
        for part in parts:
            channel_id = self._channel(part.channel)
            found = tuple(self._servers[one] for one in part.servers if one in self._servers)
            if channel_id is None or not found or (channel_id, part.title) in held:
                continue
            held.add((channel_id, part.title))
            yield NewBoard(
                channel_id=channel_id,
                title=part.title,
                style=part.style,
                chart=part.chart,
                servers=found,
                made_by=self._member_id,
            )

    def _mirrors(self, parts: Sequence[MirrorPart]) -> Iterator[NewConsole]:
        held = {(one.server_id, one.channel_id) for one in self._posted.mirrors}
        for part in parts:
            channel_id, server = self._channel(part.channel), self._servers.get(part.server)
            if channel_id is None or server is None or (server.id, channel_id) in held:
                continue
            held.add((server.id, channel_id))
            yield NewConsole(server_id=server.id, channel_id=channel_id, options=part.options)

    def _channel(self, wanted: Thing) -> int | None:
        found = self._names.channel(wanted)
        if found is None:
            self._missing.append(_("channel {name}", name=code(wanted.name, 40)))
        return found

    def _role(self, wanted: Thing | None) -> int | None:
        """Who is pinged; an alert whose role can't be named is set without one."""
        role_id = self._names.role(wanted) if wanted is not None else None
        if wanted is not None and (role_id is None or not self._reach.get(role_id, False)):
            self._missing.append(_("role {name}", name=code(wanted.name, 40)))
            return None
        return role_id


def _wish(alert: NewAlert) -> tuple[object, ...]:
    """All of an alert but who made it."""
    return (
        alert.server_id,
        alert.event,
        alert.channel_id,
        alert.role_id,
        alert.threshold,
        alert.in_thread,
    )
