"""Consoles in channels: each line filtered, made safe, collapsed, and sent in batches.

A mirror has two halves. One hears the hub and puts lines into its batch, which is bounded; the
other sends what is there: at once when it is quiet, in larger and rarer pieces when it is not. A
slow channel, an outage or a flood stays within its own mirror.
"""

import asyncio
import re
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Final

import structlog
from discord import ui
from msgspec import structs

from bot.access.gate import Gate
from bot.clock import Clock
from bot.fleet.directory import Directory, Server
from bot.fleet.hub import Hub, Listener, TooManyWatched
from bot.observe import Metrics
from bot.posts.answers import NotSent
from bot.posts.batches import Batch, Payload
from bot.posts.delivery import Delivery, Paused, Place
from bot.posts.filters import BadPattern, Level, LineFilter, Pattern
from bot.posts.games import Preset, game_of
from bot.posts.lines import (
    LINE_CHARACTERS,
    RAW_CHARACTERS,
    console_colours,
    console_text,
    cut_line,
    is_plain,
)
from bot.posts.places import Places
from bot.posts.redaction import Redaction, may_hold_secrets, redacted
from bot.posts.webhooks import Hook, HookGone, Refused, TooManyHooks, Webhooks
from bot.pterodactyl.console_events import (
    Connected,
    ConsoleLine,
    DaemonMessage,
    InstallOutput,
    Lapsed,
    Lost,
    Reconnected,
    TransferLog,
)
from bot.secret import Secret
from bot.store import mirrors as rows
from bot.store.engine import Database
from bot.store.errors import NotOpened
from bot.store.mirrors import MirrorOptions, MirrorRow
from bot.store.vault import Vault, owner_of
from bot.supervisor import Supervisor
from bot.texts import _, speaking

log = structlog.stdlib.get_logger(__name__)

RAW_KEPT: Final = 64_000
"""Characters that are taken before they are looked at, where nobody asks for them earlier."""
GATHER_SECONDS: Final = 0.25
"""What is printed in one breath belongs into one message."""
BUSY_SECONDS: Final = 2.0
"""Between two messages; with Discord's 30 a minute no channel holds more."""
RAREST_SECONDS: Final = 8.0
"""Between two files, where lines come faster than messages hold."""
RETRY_SECONDS: Final = 5.0
LOOK_AGAIN_SECONDS: Final = 60.0
NEW_HOOK_SECONDS: Final = 60.0
"""Between two new webhooks of one mirror, whoever deletes them."""


def hook_place(guild_id: int, channel_id: int, parent_id: int | None) -> Place:
    """Where a mirror sends: a channel, or a thread of the channel `parent_id`."""
    return Place(guild_id, channel_id, by_webhook=True, parent_id=parent_id)


class Mirror:
    """One console on its way into a channel."""

    def __init__(self, row: MirrorRow, hook: Hook, clock: Clock) -> None:
        self.row = row
        self.hook = hook
        self.place = hook_place(row.guild_id, row.channel_id, row.parent_id)
        self.batch = Batch(row.server_id)
        self.posted_at: datetime | None = None
        self.dropped = 0
        """Lines that were not shown since the bot started."""
        self.has_no_room = False
        """The channel holds as many webhooks as Discord allows, so there is none to send by."""
        self.is_robbed = False
        """Whoever it is deletes each new webhook before anything can be sent by it."""
        self.is_unwatched = False
        """The guild watches as many servers as it may."""
        self.hooking = asyncio.Lock()
        """Held while a webhook is made, so that no second one is."""
        self._clock = clock
        self._image = ""
        self._redaction = Redaction()
        self._raw: list[str] = []
        self._raw_characters = 0
        self.has_lines = asyncio.Event()
        """Lines were taken since the last digest."""
        self.filter = self._filtering()

    @property
    def options(self) -> MirrorOptions:
        """What admins chose."""
        return self.row.options

    def begin(self, server: Server) -> None:
        """Read the lines of this server, as its egg's image has them."""
        self._image = server.image
        self.batch.rename(_file_name(server))
        self.filter = self._filtering()

    def change(self, row: MirrorRow) -> None:
        """Take what was chosen anew."""
        self.row = row
        self.filter = self._filtering()

    def take(self, text: str) -> int:
        """Take a line as the console said it; how many others had to go for it."""
        raw = self._raw
        if not raw:
            self.has_lines.set()
        raw.append(text)
        self._raw_characters += len(text)
        return self.digest() if self._raw_characters > RAW_KEPT else 0

    def digest(self) -> int:
        """Make what was taken fit to be shown: many lines at a time, which is a tenth of the work.

        Returns how many lines had to go for them.
        """
        raw, self._raw = self._raw, []
        self._raw_characters = 0
        self.has_lines.clear()
        joined = "\n".join(raw)
        if is_plain(joined) and joined.count("\n") == len(raw) - 1:
            lines = raw
            may_hide = self.options.redacts and (
                self._redaction.is_open or may_hold_secrets(joined)
            )
        else:
            lines = [text[:RAW_CHARACTERS] for text in raw]
            may_hide = self.options.redacts
        if may_hide or lines is not raw or self._filters:
            lines = list(filter(None, map(self._shown, lines)))
        elif lines and (max(map(len, lines)) > LINE_CHARACTERS or not min(map(len, lines))):
            lines = [cut_line(line) for line in lines if line]
        dropped = self.batch.add(lines)
        self.dropped += dropped
        return dropped

    def _shown(self, raw: str) -> str:
        """One line as it is shown; "" for one that isn't."""
        plain = console_text(raw)
        if not plain.strip():
            return ""
        # lines that are left out may announce what stands in the next one
        hidden = self._redaction.line(plain) if self.options.redacts else plain
        if not self.filter.passes(plain):
            return ""
        shown = console_colours(raw) if self.options.colours and "\x1b" in raw else plain
        if hidden != plain:
            painted = redacted(shown)
            # a colour in the middle of a secret would hide it from the one who hides it
            shown = painted if console_text(painted) == hidden else hidden
        return cut_line(shown)

    @property
    def _filters(self) -> bool:
        options = self.options
        is_all = options.preset == Preset.EVERYTHING.value and not options.level
        return not is_all or bool(options.include or options.exclude)

    def _filtering(self) -> LineFilter:
        options = self.options
        return LineFilter(
            preset=Preset(options.preset),
            game=game_of(self._image),
            level=Level(options.level),
            include=self._pattern("include", options.include),
            exclude=self._pattern("exclude", options.exclude),
        )

    def _pattern(self, which: str, text: str) -> Pattern | None:
        if not text or which in self.options.switched_off:
            return None
        try:
            return Pattern(text, self._clock)
        except BadPattern:  # of another version of the library than the one that took it
            log.warning("a pattern is none any more", guild=self.row.guild_id, mirror=self.row.id)
            return None


class Mirrors:
    """Runs the mirrors of the guilds that are here."""

    def __init__(
        self,
        *,
        database: Database,
        vault: Vault,
        hub: Hub,
        directory: Directory,
        gate: Gate,
        places: Places,
        delivery: Delivery,
        webhooks: Webhooks,
        supervisor: Supervisor,
        metrics: Metrics,
        clock: Clock,
        command_button: Callable[[str], ui.View] | None,
    ) -> None:
        """`command_button` makes the button below two-way mirrors, where messages aren't read."""
        self._database = database
        self._vault = vault
        self._hub = hub
        self._directory = directory
        self._gate = gate
        self._places = places
        self._delivery = delivery
        self._webhooks = webhooks
        self._supervisor = supervisor
        self._metrics = metrics
        self._clock = clock
        self._command_button = command_button
        self._mirrors: dict[str, Mirror] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    # who is there

    def of(self, guild_id: int) -> list[Mirror]:
        """The guild's mirrors, oldest first."""
        found = [m for m in self._mirrors.values() if m.row.guild_id == guild_id]
        return sorted(found, key=lambda m: (m.row.made_at, m.row.id))

    def get(self, guild_id: int, mirror_id: str) -> Mirror | None:
        """One mirror, if it is this guild's."""
        found = self._mirrors.get(mirror_id)
        return found if found is not None and found.row.guild_id == guild_id else None

    def two_way(self, guild_id: int, channel_id: int) -> Mirror | None:
        """The mirror whose channel's messages are commands."""
        for mirror in self._mirrors.values():
            row = mirror.row
            if row.channel_id == channel_id and row.guild_id == guild_id and row.options.two_way:
                return mirror
        return None

    # coming and going

    async def open_guild(self, guild_id: int) -> None:
        """Take up what the guild mirrors."""
        for mirror in await self.take_up(guild_id):
            with self._speaking(guild_id):
                mirror.batch.preface(_("… I was away; lines may be missing here …"))

    async def take_up(self, guild_id: int) -> list[Mirror]:
        """Start what is stored and doesn't run yet."""
        async with self._database.read() as session:
            stored = await rows.list_mirrors(session, guild_id=guild_id)
        begun = []
        for row in stored:
            if row.id in self._mirrors:
                continue
            owner = owner_of(guild_id=guild_id, table="mirror", row_id=row.id)
            try:
                token = self._vault.unseal(row.token_sealed, owner=owner)
            except NotOpened:
                log.exception("webhook does not open", guild=guild_id, mirror=row.id)
                continue
            begun.append(self.start(row, Hook(row.webhook_id, token)))
        return begun

    def close_guild(self, guild_id: int) -> None:
        """Let go of a guild; its rows and webhooks stay."""
        for mirror in self.of(guild_id):
            self.stop(mirror)

    def take_down(self, mirrors: Iterable[Mirror]) -> None:
        """Stop mirrors and take their webhooks away, in the background."""
        for mirror in list(mirrors):
            self.stop(mirror)
            self._supervisor.start(
                f"webhook of {mirror.row.id}", self._webhooks.delete(mirror.place, mirror.hook)
            )

    def start(self, row: MirrorRow, hook: Hook) -> Mirror:
        """Mirror from now on."""
        mirror = Mirror(row, hook, self._clock)
        self._mirrors[row.id] = mirror
        self._tasks[row.id] = self._supervisor.keep(f"mirror {row.id}", lambda: self._run(mirror))
        return mirror

    def stop(self, mirror: Mirror) -> None:
        """Mirror no longer."""
        self._mirrors.pop(mirror.row.id, None)
        task = self._tasks.pop(mirror.row.id, None)
        if task is not None:
            task.cancel()

    # hearing

    async def _run(self, mirror: Mirror) -> None:
        row = mirror.row
        while True:
            server = self._directory.get(row.guild_id, row.server_id)
            if server is None:
                if not await self._is_kept(mirror):
                    self.take_down([mirror])
                    return
                await self._clock.sleep(LOOK_AGAIN_SECONDS)
                continue
            mirror.begin(server)
            try:
                async with self._hub.watch(server) as ears:
                    mirror.is_unwatched = False
                    await self._mirror(mirror, server, ears)
            except TooManyWatched:
                mirror.is_unwatched = True
                await self._clock.sleep(LOOK_AGAIN_SECONDS)

    async def _mirror(self, mirror: Mirror, server: Server, ears: Listener) -> None:
        name = f"posts of mirror {mirror.row.id}"
        posting = self._supervisor.keep(name, lambda: self._post(mirror))
        try:
            await self._hear(mirror, server, ears)
        finally:
            posting.cancel()

    async def _hear(self, mirror: Mirror, server: Server, ears: Listener) -> None:
        was_connected = self._hub.known(server).is_live
        takes_history = False  # what came before is told to nobody, what was missed is
        async for event in ears:
            match event:
                case ConsoleLine():
                    if takes_history or not event.is_history:
                        self._take(mirror, event.text)
                case DaemonMessage() | InstallOutput() | TransferLog():
                    self._take(mirror, event.text)  # the panel's own console shows them too
                case Reconnected() | Lapsed():
                    takes_history = True
                case Connected():
                    takes_history, was_connected = was_connected, True
                case Lost():
                    mirror.dropped += event.lines or 0
                    self._lost(mirror, event)
                case _:
                    pass

    def _take(self, mirror: Mirror, text: str) -> None:
        dropped = mirror.take(text)
        if dropped:
            self._metrics.lines_dropped("full_queue", dropped)

    def _digest(self, mirror: Mirror) -> None:
        dropped = mirror.digest()
        if dropped:
            self._metrics.lines_dropped("full_queue", dropped)
        while mirror.filter.switched_off:
            self._switched_off(mirror, mirror.filter.switched_off.pop())

    def _lost(self, mirror: Mirror, event: Lost) -> None:
        self._digest(mirror)  # what came before goes before
        with self._speaking(mirror.row.guild_id):
            mirror.dropped += mirror.batch.lost(event)

    def _switched_off(self, mirror: Mirror, which: str) -> None:
        with self._speaking(mirror.row.guild_id):
            if which == "include":
                said = _("… the pattern took too long and is off: all lines come. `/mirror edit` …")
            else:
                said = _("… the pattern of what to leave out took too long and is off …")
        mirror.batch.note(said)
        off = tuple(sorted({*mirror.options.switched_off, which}))
        options = structs.replace(mirror.options, switched_off=off)
        mirror.row = structs.replace(mirror.row, options=options)
        log.info("pattern switched off", guild=mirror.row.guild_id, mirror=mirror.row.id)
        self._supervisor.start(f"options of {mirror.row.id}", self._save(mirror.row))

    async def _save(self, row: MirrorRow) -> None:
        async with self._database.write() as session:
            await rows.save_mirror_options(
                session, guild_id=row.guild_id, mirror_id=row.id, options=row.options
            )

    # sending

    async def _post(self, mirror: Mirror) -> None:
        pause = BUSY_SECONDS
        while True:
            if mirror.batch.is_empty:
                await mirror.has_lines.wait()
            await self._clock.sleep(GATHER_SECONDS)
            self._digest(mirror)
            if mirror.batch.is_empty:
                continue
            sent = await self._send(mirror)
            if sent is None:
                await self._clock.sleep(RETRY_SECONDS)
                continue
            pause = min(pause * 2, RAREST_SECONDS) if sent.file else BUSY_SECONDS
            await self._clock.sleep(pause - GATHER_SECONDS)

    async def _send(self, mirror: Mirror, *, is_new_hook: bool = False) -> Payload | None:
        """Send what waits; None where it has to be tried again."""
        if self._delivery.is_paused(mirror.place):
            return None
        server = self._directory.get(mirror.row.guild_id, mirror.row.server_id)
        name = server.name if server else ""
        if not mirror.hook.is_made and not await self._new_hook(mirror, name):
            return None
        try:
            sent = await self._webhooks.send(
                mirror.place,
                mirror.hook,
                name,
                lambda: self._compose(mirror),
                buttons=self._buttons(mirror),
            )
        except HookGone:
            mirror.batch.failed()
            if is_new_hook:
                mirror.is_robbed = True
                await self._clock.sleep(NEW_HOOK_SECONDS)
            elif await self._new_hook(mirror, name):
                return await self._send(mirror, is_new_hook=True)
            return None
        except Refused as error:
            log.exception("lines that Discord refuses", mirror=mirror.row.id, error=str(error))
            mirror.batch.sent()
            self._lost(mirror, Lost(cause="gap"))
            return None
        except (Paused, NotSent):
            mirror.batch.failed()
            return None
        except asyncio.CancelledError:
            mirror.batch.failed()
            raise
        mirror.batch.sent()
        mirror.is_robbed = False
        mirror.posted_at = self._clock.now()
        return sent

    def _compose(self, mirror: Mirror) -> Payload:
        self._digest(mirror)
        with self._speaking(mirror.row.guild_id):
            return mirror.batch.compose(colours=mirror.options.colours, at=self._clock.now())

    def _buttons(self, mirror: Mirror) -> Callable[[], ui.View] | None:
        make = self._command_button
        if make is None or not mirror.options.two_way:
            return None

        def made() -> ui.View:
            with self._speaking(mirror.row.guild_id):
                return make(mirror.row.server_id)

        return made

    async def equip(self, mirror: Mirror, name: str) -> None:
        """Make the webhook of a mirror that has none yet.

        Raises:
            Paused, TooManyHooks, NotSent: As `Webhooks.create`; it is tried again by itself.
        """
        if not mirror.hook.is_made:
            await self._make_hook(mirror, name)

    async def _new_hook(self, mirror: Mirror, name: str) -> bool:
        """Make a webhook where there is none, or somebody deleted it; whether there is one."""
        try:
            return await self._make_hook(mirror, name)
        except (Paused, NotSent):
            return False
        except TooManyHooks:
            await self._clock.sleep(NEW_HOOK_SECONDS)
            return False

    async def _make_hook(self, mirror: Mirror, name: str) -> bool:
        row, before = mirror.row, mirror.hook
        async with mirror.hooking:
            if mirror.hook is not before:
                return True
            try:
                hook = await self._webhooks.create(mirror.place, name)
            except TooManyHooks:
                mirror.has_no_room = True
                raise
            mirror.has_no_room = False
            async with self._database.write() as session:
                kept = await rows.replace_webhook(
                    session,
                    guild_id=row.guild_id,
                    mirror_id=row.id,
                    webhook_id=hook.id,
                    token_sealed=self.seal(row.guild_id, row.id, hook.token),
                )
            if kept is None:
                await self._webhooks.delete(mirror.place, hook)
                return False
            log.info("webhook made anew", guild=row.guild_id, mirror=row.id)
            mirror.hook = hook
            return True

    def seal(self, guild_id: int, mirror_id: str, token: Secret) -> bytes:
        """A webhook's token as its row keeps it."""
        owner = owner_of(guild_id=guild_id, table="mirror", row_id=mirror_id)
        return self._vault.seal(token, owner=owner)

    async def _is_kept(self, mirror: Mirror) -> bool:
        """Whether the row is there; it goes with its server's panel."""
        row = mirror.row
        async with self._database.read() as session:
            kept = await rows.list_mirrors(session, guild_id=row.guild_id)
        return any(one.id == row.id for one in kept)

    def _speaking(self, guild_id: int) -> AbstractContextManager[None]:
        return speaking(self._gate.language(guild_id, self._places.language(guild_id)))


def _file_name(server: Server) -> str:
    return re.sub(r"[^a-z0-9]+", "-", server.name.lower()).strip("-")[:40] or server.identifier
