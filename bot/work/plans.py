"""Plans of a guild: made, listed from memory, taken over and removed."""

from typing import Final

import structlog
from msgspec import Struct, ValidationError, convert, structs, to_builtins

from bot.access.acting import Audit
from bot.access.decision import Allow, Ask, is_agreed
from bot.access.facts import Actor
from bot.access.gate import Admitted, Gate
from bot.clock import Clock
from bot.fleet.directory import Directory, Server, folded
from bot.fleet.panels import PanelGone, Panels
from bot.pterodactyl import PanelError
from bot.store import jobs as rows
from bot.store.engine import Database
from bot.store.jobs import JobRow
from bot.texts import _
from bot.ui.errors import Unfit
from bot.ui.text import bold
from bot.ui.when import When, due_after
from bot.ui.when_read import Latest, read_at, read_every, read_latest
from bot.work import plan_words as words
from bot.work.again import asked_by
from bot.work.engine import Jobs
from bot.work.jobs_view import JobLine, JobsView
from bot.work.plan_runs import TAKE
from bot.work.plan_state import DELETE_BACKUPS, KIND, Plan, What, action_of
from bot.work.telling import Told

log = structlog.stdlib.get_logger(__name__)

PLANS_PER_GUILD: Final = 50
KEEP_AT_MOST: Final = 50


class PlanWish(Struct, frozen=True, kw_only=True):
    """A plan as a member types it."""

    what: What
    at: str = ""
    every: str = ""
    only_empty: bool = False
    latest: str = ""
    keep: int = 0
    wants_event: bool = False


class Planned(Struct, frozen=True):
    """A plan and the id of its job."""

    id: str
    plan: Plan


class Plans:
    """What is planned in each guild."""

    def __init__(
        self,
        *,
        database: Database,
        jobs: Jobs,
        view: JobsView,
        gate: Gate,
        audit: Audit,
        directory: Directory,
        panels: Panels,
        clock: Clock,
    ) -> None:
        self._database = database
        self._jobs = jobs
        self._view = view
        self._gate = gate
        self._audit = audit
        self._directory = directory
        self._panels = panels
        self._clock = clock
        self._known: dict[int, dict[str, Plan]] = {}
        view.describe(KIND, self._described)

    async def load(self, guild_id: int) -> None:
        """Take what is stored of a guild into memory."""
        async with self._database.read() as session:
            found = await rows.list_live_jobs(session, guild_id=guild_id, kinds=(KIND,))
        self._known[guild_id] = {row.id: plan for row in found if (plan := _read(row)) is not None}

    def forget(self, guild_id: int) -> None:
        """Let go of a guild."""
        self._known.pop(guild_id, None)

    def noted(self, guild_id: int, job_id: str, plan: Plan | None) -> None:
        """How a plan stands now; None once it is over."""
        known = self._known.setdefault(guild_id, {})
        if plan is None:
            known.pop(job_id, None)
        else:
            known[job_id] = plan

    def seen_by(self, guild_id: int, actor: Actor) -> list[Planned]:
        """The plans for servers that a member may know of, by server and the next time."""
        now = self._clock.now()
        found = []
        for job_id, plan in self._known.get(guild_id, {}).items():
            server = self._directory.get(guild_id, plan.asked.server_id)
            if server is None or self._gate.sees(guild_id, actor, server):
                found.append(Planned(job_id, plan))
        return sorted(
            found,
            key=lambda one: (
                folded(self.label(guild_id, one.plan)),
                one.plan.due_at or now,
                one.id,
            ),
        )

    def about(self, server: Server) -> list[Plan]:
        """The plans for a server."""
        known = self._known.get(server.guild_id, {}).values()
        return [plan for plan in known if plan.asked.server_id == server.id]

    def get(self, guild_id: int, actor: Actor, job_id: str) -> Planned:
        """One that a member may know of.

        Raises:
            Unfit: There is none, or no more.
        """
        for one in self.seen_by(guild_id, actor):
            if one.id == job_id:
                return one
        raise Unfit(_("There is no such plan. `/plan list` shows those there are."))

    def find(self, guild_id: int, actor: Actor, text: str) -> Planned:
        """The plan that an option means: a choice, or the name of a server that has one.

        Raises:
            Unfit: None, or several.
        """
        seen = self.seen_by(guild_id, actor)
        wanted = folded(text)
        exact = [one for one in seen if one.id == text.strip()]
        found = exact or [one for one in seen if wanted in folded(self._choice(guild_id, one))]
        if not wanted or not found:
            raise Unfit(_("There is no such plan. `/plan list` shows those there are."))
        if len(found) > 1:
            raise Unfit(_("Several plans fit. Pick one of the choices while you type."))
        return found[0]

    def search(self, guild_id: int, actor: Actor, text: str, limit: int) -> list[tuple[str, str]]:
        """Choices for what was typed so far: label and value."""
        wanted = folded(text)
        found = [(self._choice(guild_id, one), one.id) for one in self.seen_by(guild_id, actor)]
        return [one for one in found if wanted in folded(one[0])][:limit]

    def label(self, guild_id: int, plan: Plan) -> str:
        """What its server is called."""
        server = self._directory.get(guild_id, plan.asked.server_id)
        return self._directory.label(server) if server else _("a server that is gone")

    def may_touch(self, admitted: Admitted, plan: Plan) -> bool:
        """Whether a member may take a plan over: who holds its right there."""
        server = self._directory.get(admitted.guild_id, plan.asked.server_id)
        if server is None:
            return False
        action = action_of(plan.what)
        said = self._gate.decide(admitted.guild_id, admitted.actor, action, server)
        return isinstance(said, Allow) and is_agreed(said, None)

    async def make(self, admitted: Admitted, wish: PlanWish, *, language: str) -> Planned:
        """Keep a plan.

        Raises:
            Unfit: It can't be planned so; says why and what works.
        """
        self._check_allowed(admitted, wish)
        when, latest = self._read(admitted, wish)
        await self._check_room(admitted.server, wish)
        plan = Plan(
            asked=structs.replace(asked_by(admitted), agreed=None),
            told=Told(channel_id=admitted.channel_id),
            what=wish.what,
            when=when,
            language=language,
            only_empty=wish.only_empty,
            latest=latest,
            keep=wish.keep,
            wants_event=wish.wants_event,
            due_at=due_after(when, self._clock.now()),
        )
        self._check_new(admitted, plan)
        async with self._database.write() as session:
            job_id = await self._jobs.submit(
                session,
                guild_id=admitted.guild_id,
                kind=KIND,
                state=plan,
                subject_id=admitted.server.id,
                actor_id=admitted.actor.id,
                within_limit=True,
            )
            if job_id is None:
                raise Unfit(
                    _(
                        "So much is under way in this guild that I take nothing more. `/jobs` "
                        "shows it, and ends what isn't needed."
                    )
                )
            entry = self._audit.entry(admitted, "change", outcome="planned", detail=_said(plan))
            await self._audit.append(session, admitted.guild_id, entry)
        self.noted(admitted.guild_id, job_id, plan)
        return Planned(job_id, plan)

    async def take(self, admitted: Admitted, job_id: str) -> Planned:
        """Make a plan that rests the member's own, who was admitted with its right.

        Raises:
            Unfit: It is over, doesn't rest, or is another server's or right's.
        """
        one = self.get(admitted.guild_id, admitted.actor, job_id)
        plan = one.plan
        is_its = plan.asked.server_id == admitted.server.id and plan.right == admitted.action.right
        if not is_its or not self.may_touch(admitted, plan):
            raise Unfit(_("That plan can't be taken over here."))
        if not plan.paused:
            raise Unfit(_("That plan runs. There is nothing to take over."))
        asked = structs.replace(
            asked_by(admitted),
            channel_id=plan.asked.channel_id,
            action=plan.asked.action,
            agreed=None,
        )
        async with self._database.write() as session:
            told = await self._jobs.signal(
                session,
                guild_id=admitted.guild_id,
                job_id=job_id,
                name=TAKE,
                payload=to_builtins(asked),
            )
            if not told:
                raise Unfit(_("There is no such plan. `/plan list` shows those there are."))
            entry = self._audit.entry(
                admitted, "change", outcome="plan taken over", detail=_said(plan)
            )
            await self._audit.append(session, admitted.guild_id, entry)
        due = due_after(plan.when, self._clock.now())
        plan = structs.replace(plan, asked=asked, paused="", due_at=due)
        self.noted(admitted.guild_id, job_id, plan)
        return Planned(job_id, plan)

    async def remove(self, admitted: Admitted, one: Planned) -> str:
        """End a plan; the sentence for who asked.

        Raises:
            Unfit: It is over, or not theirs.
        """
        said = self._choice(admitted.guild_id, one)
        await self._view.cancel(admitted, one.id)
        self.noted(admitted.guild_id, one.id, None)
        told = _("Removed: {plan}.", plan=bold(said, 110))
        if one.plan.power_job or one.plan.backup_uuid:
            told += " " + _("What it has begun goes on to its end.")
        return told

    def _choice(self, guild_id: int, one: Planned) -> str:
        return words.label(one.plan, self.label(guild_id, one.plan))

    def _read(self, admitted: Admitted, wish: PlanWish) -> tuple[When, Latest | None]:
        if bool(wish.at.strip()) == bool(wish.every.strip()):
            raise Unfit(
                _(
                    "Say either `at` for one time, such as `04:00` or `in 2h`, or `every` for a "
                    "rule, such as `day 04:00` or `6h`."
                )
            )
        if wish.latest.strip() and not wish.only_empty:
            raise Unfit(_("`latest` says how long to wait for players, so it takes `only_empty`."))
        zone, now = self._gate.book(admitted.guild_id).settings.time_zone, self._clock.now()
        when = read_at(wish.at, zone, now) if wish.at.strip() else read_every(wish.every, zone, now)
        return when, read_latest(wish.latest) if wish.latest.strip() else None

    def _check_allowed(self, admitted: Admitted, wish: PlanWish) -> None:
        decision = admitted.decision
        if isinstance(decision, Ask) or not is_agreed(decision, None):
            raise Unfit(
                _("A plan takes the right itself: nobody is there to agree each time it runs.")
            )
        if wish.keep and not self._gate.may(admitted, DELETE_BACKUPS):
            raise Unfit(
                _(
                    "Keeping only the newest means deleting others, which takes the right {right} "
                    "too. Leave `keep` out, or ask for it.",
                    right=f"`{DELETE_BACKUPS}`",
                )
            )

    def _check_new(self, admitted: Admitted, plan: Plan) -> None:
        known = self._known.get(admitted.guild_id, {}).values()
        if len(known) >= PLANS_PER_GUILD:
            raise Unfit(
                _(
                    "A guild may have {count} plans. Remove one with `/plan remove` first.",
                    count=PLANS_PER_GUILD,
                )
            )
        for other in self.about(admitted.server):
            if other.what == plan.what and _is_same(other.when, plan.when) and not other.paused:
                raise Unfit(
                    _(
                        "That is planned already, by {who}. `/plan list` shows it.",
                        who=bold(other.asked.actor_name),
                    )
                )

    async def _check_room(self, server: Server, wish: PlanWish) -> None:
        """Hold a plan of backups to what the panel lets the server have, where that can be read."""
        if wish.what != "backup":
            return
        try:
            client = self._panels.client(server.guild_id, server.panel_id)
            limit = (await client.servers.get_server(server.uuid)).feature_limits.backups
        except (PanelError, PanelGone) as error:
            log.info("limit of backups not read", error=type(error).__name__)
            return
        if not limit:
            raise Unfit(
                _(
                    "The panel gives {server} no room for backups. Who runs the panel can change "
                    "that.",
                    server=bold(server.name),
                )
            )
        if wish.keep >= limit:
            raise Unfit(
                _(
                    "{server} has room for {limit} backups, and the next one is made before an old "
                    "one goes. Keep at most {most}.",
                    server=bold(server.name),
                    limit=limit,
                    most=limit - 1,
                )
                if limit > 1
                else _(
                    "{server} has room for one backup, so none can be made while an old one is "
                    "kept. Who runs the panel can change that.",
                    server=bold(server.name),
                )
            )

    def _described(self, row: JobRow) -> JobLine | None:
        plan = _read(row)
        if plan is None:
            return None
        return JobLine(
            text=words.line(plan, self.label(row.guild_id, plan), self._clock.now()),
            right=plan.right,
            server_id=plan.asked.server_id,
            can_cancel=not plan.is_ending,
        )


def _read(row: JobRow) -> Plan | None:
    try:
        return convert(row.state, Plan)
    except ValidationError:
        log.exception("plan unreadable", job=row.id)
        return None


def _is_same(one: When, other: When) -> bool:
    return structs.replace(one, since=None) == structs.replace(other, since=None)


def _said(plan: Plan) -> str:
    """A plan for the record, in English and short."""
    when = plan.when
    if when.at is not None:
        rule = f"at {when.at:%Y-%m-%d %H:%M} UTC"
    elif when.cron is not None:
        rule = f"{when.cron} ({when.zone})"
    else:
        rule = f"every {when.every_seconds} s"
    kept = f", keep {plan.keep}" if plan.keep else ""
    empty = ", only when empty" if plan.only_empty else ""
    return f"{plan.what} {rule}{empty}{kept}"
