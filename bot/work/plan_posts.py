"""What plans tell: one message in their channel for each time, and an event in the guild's list."""

from datetime import datetime

import structlog
from msgspec import structs

from bot.clock import Clock
from bot.fleet.directory import Directory, Server
from bot.posts.answers import NotSent
from bot.posts.events import Events
from bot.posts.messages import Message
from bot.posts.places import Places
from bot.texts import _
from bot.ui.parts import button, card
from bot.ui.text import bold, plain
from bot.ui.when_read import rule_label
from bot.work import plan_words as words
from bot.work.engine import Job, Progress
from bot.work.plan_state import Plan
from bot.work.telling import Teller

log = structlog.stdlib.get_logger(__name__)


class PlanPosts:
    """Speaks for plans, in the language of their channel."""

    def __init__(
        self,
        teller: Teller,
        places: Places,
        events: Events,
        directory: Directory,
        clock: Clock,
    ) -> None:
        self._teller = teller
        self._places = places
        self._events = events
        self._directory = directory
        self._clock = clock

    def server(self, guild_id: int, plan: Plan) -> Server | None:
        """The server of a plan, while it is connected."""
        return self._directory.get(guild_id, plan.asked.server_id)

    def label(self, guild_id: int, plan: Plan) -> str:
        """What its server is called."""
        server = self.server(guild_id, plan)
        return self._directory.label(server) if server else _("a server that is gone")

    async def say(self, job: Job[Plan], text: str) -> None:
        """Let the channel's message about this time say this."""
        await self._teller.show(job, Message(text))

    async def say_paused(self, job: Job[Plan]) -> None:
        """The same for a plan that rests, with the ways out of it."""
        plan = job.state
        text = words.paused_message(plan, self.label(job.guild_id, plan))
        server_id = plan.asked.server_id
        rows = [
            [
                button(f"plan-take-{plan.what}", server_id, job.id, label=_("Take it over")),
                button("plan", job.id, label=_("Show")),
            ]
        ]
        await self._teller.show(job, card(text, rows=rows))

    async def say_broken(self, job: Job[Plan]) -> None:
        """Of a job that is closed already: one try."""
        said = _(
            "🔴 A plan for {server} broke down and is over ({rule}). Plan it anew with `/plan`.",
            server=bold(self.label(job.guild_id, job.state)),
            rule=rule_label(job.state.when),
        )
        try:
            await self._places.send(job.guild_id, job.state.asked.channel_id, Message(said))
        except NotSent:
            log.warning("plan's end not told", job=job.id)

    async def keep_event(self, job: Job[Plan], due: datetime) -> None:
        """Let the guild's events show the next time; tried once a time."""
        plan = job.state
        if not plan.wants_event or plan.event_due == due or due <= self._clock.now():
            return
        step = f"event {due.isoformat()}"
        progress = await job.begin(step)
        if plan.event_id is not None:
            await self._events.remove(job.guild_id, plan.event_id)
        label = plain(self.label(job.guild_id, plan), 60)
        name = (
            _("Restart of {server}", server=label)
            if plan.what == "restart"
            else _("Backup of {server}", server=label)
        )
        event_id = None
        if progress is Progress.UNKNOWN:
            event_id = await self._events.find(job.guild_id, name=name, at=due)
        if event_id is None:
            who = plain(plan.asked.actor_name, 60)
            event_id = await self._events.make(
                job.guild_id,
                name=name,
                place=label,
                about=_("Planned by {who}, {rule}.", who=who, rule=rule_label(plan.when)),
                at=due,
            )
        await job.end(step, state=structs.replace(plan, event_id=event_id, event_due=due))

    async def drop_event(self, job: Job[Plan]) -> None:
        """Take the event away; the state is the caller's to keep."""
        if job.state.event_id is not None:
            await self._events.remove(job.guild_id, job.state.event_id)
            job.state = structs.replace(job.state, event_id=None, event_due=None)
