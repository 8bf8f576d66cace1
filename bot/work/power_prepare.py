"""What comes before a signal where it is wished: the game saves, a backup is waited for."""

import contextlib
from datetime import timedelta
from typing import Final

import discord
import structlog

from bot.fleet.known import State
from bot.fleet.panels import PanelGone
from bot.posts.messages import Message
from bot.pterodactyl import NotFound, PanelError
from bot.pterodactyl.console_events import ConsoleLine
from bot.pterodactyl.models import Backup
from bot.store.engine import Database
from bot.texts import _, speaking
from bot.ui.errors import panel_words
from bot.ui.parts import Colour, button, card
from bot.ui.text import moment, size
from bot.work.course import Signal
from bot.work.engine import Progress
from bot.work.follows import FollowJob, Follows
from bot.work.game_words import words_of
from bot.work.looking import ARRIVES_WITHIN
from bot.work.power_countdown import AWAY_SECONDS
from bot.work.power_desk import Desk, Over, Run, Wait
from bot.work.power_leg import LISTEN_SECONDS, by_of, stop_on_cancel
from bot.work.telling import Told

log = structlog.stdlib.get_logger(__name__)

SAVE_SECONDS: Final = 15.0
"""How long a game is listened to for its word that it saved."""
BACKUP_LOOK_SECONDS: Final = 15.0
"""Its follow-up says when it is over; this is for the case that nobody says so."""
BLIND_SECONDS: Final = 1800
"""How long the panel may say nothing of a backup until people are asked."""
ANSWER_SECONDS: Final = 1800
"""How long it waits for a word on how to go on without the backup."""


class Preparing:
    """Saves, and backs up."""

    def __init__(self, desk: Desk, follows: Follows, database: Database) -> None:
        self._desk = desk
        self._follows = follows
        self._database = database
        self._clock = desk.clock

    async def save(self, run: Run) -> None:
        """Let the game save, once, where it has a command for it; the phase is `backup` then.

        Raises:
            Over: It is no longer theirs to do, or was cancelled.
        """
        game, job = words_of(run.server.image), run.job
        is_wanted = run.state.is_full and run.state.signal in (Signal.STOP, Signal.RESTART)
        if not is_wanted or not game.save or not await self._runs(run):
            job.phase = "backup"
            return
        admitted = await self._desk.admit(run)
        job.phase = "save"
        progress = await job.begin("save")
        if progress is Progress.NEW:
            stop_on_cancel(run, await job.signals())
            with speaking(run.story.language):
                saving = run.story.saving()
            await self._desk.show(run, saving)
            async with self._desk.hub.listen(run.server) as ears:
                hub = self._desk.hub
                await hub.wait_live(run.server, LISTEN_SECONDS, caught_up=True)
                is_saved = False
                try:
                    async with self._desk.acting(admitted, detail=game.save) as panel:
                        await panel.servers.send_console_command(run.server.uuid, game.save)
                    with contextlib.suppress(TimeoutError):
                        async with self._clock.timeout(SAVE_SECONDS):
                            async for event in ears:
                                if isinstance(event, ConsoleLine) and game.saved in event.text:
                                    is_saved = not event.is_history
                                    if is_saved:
                                        break
                except (PanelError, PanelGone) as error:
                    log.info("game not saved", job=job.id, error=type(error).__name__)
            run.did("saved" if is_saved else "save unknown")
        elif progress is Progress.UNKNOWN:
            run.did("save unknown")
        await job.end("save", phase="backup", state=run.state)

    async def backup(self, run: Run) -> None:
        """Make a backup and wait for it; the phase is `leg` once it is whole.

        Raises:
            Over: It was cancelled, or is no longer theirs to do.
            Wait: It is still being made.
        """
        job, state = run.job, run.state
        if not state.order.backup_first or state.backup_done:
            job.phase = "leg"
            return
        job.phase = "backup"
        stop_on_cancel(run, await job.signals())
        if not state.backup_uuid:
            await self._begin_backup(run)
            if job.phase == "ask":
                return
        await self._look_at_backup(run)

    async def ask(self, run: Run) -> None:
        """Wait for a word on how to go on without the backup.

        Raises:
            Over: Cancelled, or nobody said anything.
            Wait: Not yet.
        """
        said = await run.job.signals()
        stop_on_cancel(run, said)
        for one in said:
            if one.name == "go":
                run.did("no backup", by_of(one))
                await run.job.save("leg", run.set(backup_done=True))
                return
        state, now = run.state, self._clock.now()
        due = state.due_at or now
        if now >= due:
            raise Over("cancelled", run.story.unanswered)
        with speaking(state.language):
            question = self._question(run)
        await self._desk.show(run, question)
        raise Wait((due - now).total_seconds())

    async def _runs(self, run: Run) -> bool:
        return (await self._desk.hub.look(run.server)).state is State.RUNNING

    async def _begin_backup(self, run: Run) -> None:
        job = run.job
        with speaking(run.story.language):
            name = _("Before the {signal} {reference}", **self._named(run))
        admitted = await self._desk.admit(run)
        run.set(backup_name=name)
        progress = await job.begin("backup")
        try:
            made = None
            if progress is Progress.UNKNOWN:
                made = await self._found(run)
                begun_at = job.begun_at("backup")
                if made is None and begun_at and self._clock.now() - begun_at < ARRIVES_WITHIN:
                    raise Wait(BACKUP_LOOK_SECONDS)
            if made is None and progress is not Progress.DONE:
                stop_on_cancel(run, await job.signals())
                try:
                    async with self._desk.acting(admitted, detail=name) as panel:
                        backups = panel.servers.backups
                        made = await backups.create_backup(run.server.uuid, name=name)
                except PanelError as error:
                    if not error.maybe_done:
                        raise
                    made = await self._found(run)
                    if made is None:
                        raise
        except (PanelError, PanelGone) as error:
            await self._ask_about(run, self._words(run, error))
            return
        uuid = made.uuid if made is not None else ""
        await job.end("backup", state=run.set(backup_uuid=uuid))
        await self._follow(run)
        with speaking(run.story.language):
            cancel = button("power-off", run.server.id, job.id, label=_("Cancel"))
            shown = card(run.story.backing_up(name), colour=Colour.YELLOW, rows=[[cancel]])
        await self._desk.show(run, shown)

    async def _follow(self, run: Run) -> None:
        """Let its follow-up say when it is over: a backup is followed once."""
        state = run.state
        followed = FollowJob(
            server_id=run.server.id,
            subject_uuid=state.backup_uuid,
            title=state.backup_name,
            actor_name=state.asked.actor_name,
            told=Told(channel_id=state.told.channel_id, is_quiet=True),
            language=state.language,
            parent_id=run.job.id,
        )
        async with self._database.write() as session:
            await self._follows.follow_in(
                session, run.job.guild_id, "backup", followed, actor_id=state.asked.actor_id
            )

    async def _found(self, run: Run) -> Backup | None:
        """The backup that a call without an answer has begun, by the name we gave it."""
        client = self._desk.acting.client(await self._desk.admit(run))
        listed = await client.servers.backups.list_backups(run.server.uuid)
        name = run.state.backup_name
        return next((one for one in listed.rows if one.name == name), None)

    async def _look_at_backup(self, run: Run) -> None:
        state = run.state
        try:
            client = self._desk.acting.client(await self._desk.admit(run))
            backups = client.servers.backups
            backup = await backups.get_backup_detail(run.server.uuid, state.backup_uuid)
        except NotFound:
            await self._ask_about(run, _("It was deleted before it was done."))
            return
        except PanelGone as error:
            raise self._desk.refused(run, error) from None
        except PanelError as error:
            log.info("backup asked for again", job=run.job.id, error=type(error).__name__)
            await self._blind(run, error)
            return
        run.set(blind_since=None)
        if backup.is_running:
            raise Wait(BACKUP_LOOK_SECONDS)
        if backup.has_failed:
            await self._ask_about(run, _("It failed; the node's log says why."))
            return
        run.did("backup", backup.name, size(backup.size_bytes))
        is_late = run.late_seconds > AWAY_SECONDS
        await run.job.save("ready" if is_late else "leg", run.set(backup_done=True))

    async def _blind(self, run: Run, error: PanelError) -> None:
        """The panel doesn't say how the backup is: look again, and after a while ask people.

        Raises:
            Wait: It is looked at again.
        """
        now = self._clock.now()
        since = run.state.blind_since or now
        if (now - since).total_seconds() > BLIND_SECONDS:
            await self._ask_about(run, self._words(run, error))
            return
        if run.state.blind_since is None:
            await run.job.save(state=run.set(blind_since=now))
        raise Wait(BACKUP_LOOK_SECONDS)

    async def _ask_about(self, run: Run, why: str) -> None:
        due = self._clock.now() + timedelta(seconds=ANSWER_SECONDS)
        await run.job.save("ask", run.set(trouble=why, due_at=due))

    def _question(self, run: Run) -> Message:
        story, state = run.story, run.state
        head = _(
            "I don't have the backup before {who}'s {signal} of {server}, so nothing was done to "
            "it yet.",
            who=story.who,
            signal=story.signal_words,
            server=story.name,
        )
        ask = _(
            "Go on without it? Without an answer it is called off {time}.",
            time=moment(state.due_at or self._clock.now()),
        )
        row = [
            button("power-off", run.server.id, run.job.id, label=_("Cancel")),
            button(
                "power-go",
                run.server.id,
                run.job.id,
                label=_("Go on without"),
                style=discord.ButtonStyle.danger,
            ),
        ]
        return card(f"🔴 {head}\n{state.trouble}\n{ask}", colour=Colour.RED, rows=[row])

    @staticmethod
    def _words(run: Run, error: PanelError | PanelGone) -> str:
        if isinstance(error, PanelGone):
            return _("The server is no longer connected.")
        server = run.server
        with speaking(run.story.language):
            return panel_words(error, panel=server.panel_name, server=server.name)

    @staticmethod
    def _named(run: Run) -> dict[str, str]:
        return {"signal": run.story.signal_words, "reference": run.state.asked.reference}
