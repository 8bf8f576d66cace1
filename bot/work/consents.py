"""Requests that wait for others: votes, approvals, the second person. One mechanism, durable.

A request is a job of the engine and one public message. Ballots are rows of their own, written
with the signal that tells the job; the message shows the tally, edited at most every few seconds
however many vote. What was agreed to is carried out as of that moment: the asker is admitted anew.
"""

import hashlib
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

import discord
import msgspec
from msgspec import structs
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access.acting import Audit
from bot.access.conditions import Circumstances, Met, NotNow, decide_conditions, unmet
from bot.access.consent import POLICY_ACTIONS, Agreed, Consent
from bot.access.decision import Allow, Ask, Decision, by_policy, is_agreed
from bot.access.gate import Admitted, Gate
from bot.clock import Clock
from bot.fleet.directory import Server
from bot.posts.answers import may_publish
from bot.posts.messages import Message
from bot.store import ballots as ballot_rows
from bot.store import jobs as job_rows
from bot.store import policies as policy_rows
from bot.store.engine import Database
from bot.store.policies import Terms
from bot.texts import _, _n, speaking
from bot.ui.consents import Request, asked_words
from bot.ui.doors import Press
from bot.ui.errors import Unfit
from bot.ui.text import bold, moment
from bot.work.again import asked_by
from bot.work.circumstances import Lookout
from bot.work.consent_course import Course, shown_request
from bot.work.consent_state import KIND, OPEN_PHASES, CarryOut, ConsentJob, Look
from bot.work.consent_voters import Voters
from bot.work.engine import Jobs
from bot.work.jobs_view import CANCEL, JobLine, JobsView
from bot.work.telling import Told

SECOND_PERSON_SECONDS: Final = 600
APPROVAL_SECONDS: Final = 3600
"""For an approval that no policy gives a window."""
OWN_AT_MOST: Final = 5
"""Requests of one member that are open at a time."""


class Consents:
    """Takes requests and what others say to them."""

    def __init__(
        self,
        *,
        database: Database,
        jobs: Jobs,
        jobs_view: JobsView,
        gate: Gate,
        audit: Audit,
        lookout: Lookout,
        voters: Voters,
        course: Course,
        clock: Clock,
    ) -> None:
        self._database = database
        self._jobs = jobs
        self._gate = gate
        self._audit = audit
        self._lookout = lookout
        self._voters = voters
        self._course = course
        self._clock = clock
        jobs.register(KIND, ConsentJob, course.work, failed=course.failed)
        jobs_view.describe(KIND, _line)

    def carry_out_with(self, verb: str, carry_out: CarryOut, look: Look) -> None:
        """Say who does what was agreed to.

        Args:
            verb: A stored contract: requests of it may wait in the database.
            carry_out: Does it, and returns what the channel is told.
            look: Asked first where an earlier run was cut off within: whether it has happened.
        """
        self._course.carry_out_with(verb, carry_out, look)

    async def settle(self, admitted: Admitted) -> Admitted:
        """Where a policy lets it happen at once: hold its conditions, and note the use.

        Anything else comes back as it is.

        Raises:
            NotNow: A condition doesn't hold.
        """
        policy = by_policy(admitted.decision)
        if policy is None or not isinstance(admitted.decision, Allow):
            return admitted
        found = await self._lookout.look(admitted.server, policy.terms)
        async with self._database.write() as session:
            await self._hold(session, admitted, found)
            await self._note_use(session, admitted)
        return structs.replace(admitted, agreed=Agreed(said="by policy, at once"))

    async def conditions(
        self, decision: Decision, server: Server, member_id: int
    ) -> tuple[Met, ...]:
        """How the conditions of the policy behind a decision stand; none without one."""
        policy = by_policy(decision)
        if policy is None:
            return ()
        return await self._lookout.conditions(server, policy.terms, policy.action, member_id)

    async def ask(
        self,
        interaction: discord.Interaction,
        admitted: Admitted,
        verb: str,
        payload: Mapping[str, Any] | None = None,
        *,
        what: Callable[[], str],
        reason: str = "",
        consent: Consent | None = None,
        right: str | None = None,
    ) -> Message:
        """Ask others in the channel; what is returned is told to the asker alone.

        Args:
            interaction: Where it was asked.
            admitted: Who asks for what; its action and right are decided again once it is agreed.
            verb: One that `carry_out_with` knows.
            payload: What the deed needs, in what JSON can hold.
            what: Says it as a verb with its object ("restart **Survival**"), in the language
                that is spoken when it is called; escaped.
            reason: In the asker's words.
            consent: Whose; what the decision asks for where left out.
            right: What takes those who approve; that of the action where left out.

        Raises:
            NotNow: A condition of the policy doesn't hold.
            Unfit: Nobody could be asked, or as much is under way as may be.
        """
        decision = admitted.decision
        if consent is None:
            if not isinstance(decision, Ask):
                raise TypeError(f"/{admitted.action.name} asks nobody")
            consent = decision.consent
        if not may_publish(interaction):
            raise Unfit(
                _(
                    "Others have to agree to that, and I may not write in this channel to ask "
                    "them. Nothing was done; use a channel in which I may write."
                )
            )
        locale = interaction.guild_locale.value if interaction.guild_locale else None
        language = self._gate.language(admitted.guild_id, locale)
        with speaking(language):
            said = what()
        policy = by_policy(decision)
        terms = policy.terms if policy is not None else None
        state = self._request(
            admitted,
            verb,
            dict(payload or {}),
            consent=consent,
            right=right or admitted.action.right or "",
            what=said,
            reason=reason,
            language=language,
            terms=terms,
        )
        if consent is Consent.VOTE:
            electorate = await self._voters.electorate(admitted.guild_id, terms or Terms())
            state = structs.replace(state, needed=electorate.needed, size=electorate.size)
        found = await self._lookout.look(admitted.server, terms) if terms is not None else None
        async with self._database.write() as session:
            other = await job_rows.live_job(
                session, guild_id=admitted.guild_id, key=_key(admitted, verb, state)
            )
            if other is not None:
                return await self._join(session, admitted, other)
            await self._check_own(session, admitted)
            if found is not None:
                await self._hold(session, admitted, found)
                await self._note_use(session, admitted)
            job_id = await self._submit(session, admitted, verb, state)
        return Message(asked_words(shown_request(job_id, state)))

    async def open_request(self, admitted: Admitted) -> Request | None:
        """The request under a policy that is open for the same action on the server."""
        async with self._database.read() as session:
            found = await job_rows.live_job(
                session, guild_id=admitted.guild_id, key=_policy_key(admitted)
            )
        if found is None or found.phase not in OPEN_PHASES:
            return None
        state = msgspec.convert(found.state, ConsentJob)
        return shown_request(found.id, state)

    async def instead(
        self,
        interaction: discord.Interaction,
        admitted: Admitted,
        verb: str,
        payload: Mapping[str, Any] | None = None,
        *,
        what: Callable[[], str],
        reason: str = "",
    ) -> Message | None:
        """Ask others where the decision takes it, in place of doing it; None where it doesn't.

        Raises:
            As `ask`.
        """
        if is_agreed(admitted.decision, admitted.agreed):
            return None
        return await self.ask(interaction, admitted, verb, payload, what=what, reason=reason)

    async def say(self, press: Press, *, is_for: bool) -> Message:
        """What a member says to a request by its button.

        Raises:
            Unfit: Their voice doesn't count, or it is over.
        """
        guild_id, actor = press.admitted.guild_id, press.admitted.actor
        job, state = await self._open(guild_id, press)
        checked = ""
        if state.consent is Consent.VOTE:
            self._voters.check_vote(state, actor)
        else:
            checked = await self._voters.check_agree(state, actor, is_for=is_for)
        async with self._database.write() as session:
            now = await job_rows.get_job(session, guild_id=guild_id, job_id=job.id)
            if now is None or now.outcome is not None or now.phase not in OPEN_PHASES:
                raise _over()
            ballot = await ballot_rows.cast_ballot(
                session,
                guild_id=guild_id,
                job_id=job.id,
                member_id=actor.id,
                is_for=is_for,
                now=self._clock.now(),
            )
            payload = {"by": actor.id, "name": actor.name, "is_for": is_for, "checked": checked}
            told = await self._jobs.signal(
                session, guild_id=guild_id, job_id=job.id, name="ballot", payload=payload
            )
            if ballot is None or not told:
                raise _over()
            if state.consent is not Consent.VOTE:
                # who opened the way for somebody else's deed stands in the record by name
                entry = self._audit.entry(
                    structs.replace(press.admitted, reference=state.asked.reference),
                    "change",
                    outcome="agreed" if is_for else "declined",
                    detail=f"{state.consent.value}: {state.asked.action}",
                    about_id=state.asked.actor_id,
                )
                entry = structs.replace(entry, server_id=state.asked.server_id or None)
                await self._audit.append(session, guild_id, entry)
        return Message(_thanks(state.consent, is_for=is_for))

    async def withdraw(self, press: Press) -> Message:
        """Take a request back: who asked, or somebody who may do it without asking.

        Raises:
            Unfit: It isn't theirs to withdraw, or it is over.
        """
        guild_id, actor = press.admitted.guild_id, press.admitted.actor
        job, state = await self._open(guild_id, press)
        if actor.id != state.asked.actor_id:
            try:
                await self._voters.check_agree(
                    structs.replace(state, consent=Consent.APPROVAL), actor
                )
            except Unfit:
                raise Unfit(
                    _("Only who asked, or somebody with the right, withdraws that.")
                ) from None
        async with self._database.write() as session:
            told = await self._jobs.signal(
                session,
                guild_id=guild_id,
                job_id=job.id,
                name=CANCEL,
                payload={"by": actor.name, "by_id": actor.id},
            )
            if not told:
                raise _over()
            entry = structs.replace(
                self._audit.entry(
                    structs.replace(press.admitted, reference=state.asked.reference),
                    "change",
                    outcome="withdrawn",
                    detail=f"{state.consent.value}: {state.asked.action}",
                ),
                server_id=state.asked.server_id or None,
            )
            await self._audit.append(session, guild_id, entry)
        return Message(_("Withdrawn. Nothing is done."))

    def _request(
        self,
        admitted: Admitted,
        verb: str,
        payload: dict[str, Any],
        *,
        consent: Consent,
        right: str,
        what: str,
        reason: str,
        language: str,
        terms: Terms | None,
    ) -> ConsentJob:
        now = self._clock.now()
        if consent is Consent.SECOND_PERSON:
            seconds = SECOND_PERSON_SECONDS
        elif terms is not None:
            seconds = terms.window_minutes * 60
        else:
            seconds = APPROVAL_SECONDS
        return ConsentJob(
            asked=asked_by(admitted),
            told=Told(channel_id=admitted.channel_id),
            verb=verb,
            payload=payload,
            consent=consent,
            right=right,
            what=what,
            reason=reason,
            language=language,
            opened_at=now,
            ends_at=now + timedelta(seconds=seconds),
            window_seconds=seconds,
            terms=terms,
        )

    async def _submit(
        self, session: AsyncSession, admitted: Admitted, verb: str, state: ConsentJob
    ) -> str:
        guild_id = admitted.guild_id
        job_id = await self._jobs.submit(
            session,
            guild_id=guild_id,
            kind=KIND,
            state=state,
            key=_key(admitted, verb, state),
            subject_id=state.asked.server_id,
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
        entry = self._audit.entry(
            admitted,
            "change",
            why=state.reason,
            outcome="asked",
            detail=f"{state.consent.value}: {state.asked.action}",
        )
        await self._audit.append(session, guild_id, entry)
        if state.consent is Consent.VOTE and self._voters.counts(state, admitted.actor):
            await ballot_rows.cast_ballot(
                session,
                guild_id=guild_id,
                job_id=job_id,
                member_id=admitted.actor.id,
                is_for=True,
                now=self._clock.now(),
            )
        return job_id

    async def _join(
        self, session: AsyncSession, admitted: Admitted, other: job_rows.JobRow
    ) -> Message:
        """A second request for the same joins the one that is open."""
        state = msgspec.convert(other.state, ConsentJob)
        if other.phase not in OPEN_PHASES:
            raise Unfit(_("That was agreed to just now and is being done."))
        actor = admitted.actor
        counts = state.consent is Consent.VOTE and self._voters.counts(state, actor)
        if counts:
            await ballot_rows.cast_ballot(
                session,
                guild_id=admitted.guild_id,
                job_id=other.id,
                member_id=actor.id,
                is_for=True,
                now=self._clock.now(),
            )
        await self._jobs.signal(
            session,
            guild_id=admitted.guild_id,
            job_id=other.id,
            name="join",
            payload={"by": actor.id},
        )
        where = f"<#{state.asked.channel_id}>"
        if counts:
            return Message(
                _(
                    "There is a vote on that already, in {channel}. You count as for it.",
                    channel=where,
                )
            )
        return Message(
            _(
                "Somebody asked for that already, in {channel}. You are named there too.",
                channel=where,
            )
        )

    @staticmethod
    async def _check_own(session: AsyncSession, admitted: Admitted) -> None:
        """Nobody fills a channel with requests: each is a public message.

        Raises:
            Unfit: They have as many open as one may.
        """
        live = await job_rows.list_live_jobs(session, guild_id=admitted.guild_id, kinds=(KIND,))
        if sum(one.actor_id == admitted.actor.id for one in live) >= OWN_AT_MOST:
            raise Unfit(
                _n(
                    "You have {count} request open already. Wait for its end, or withdraw it: "
                    "`/jobs` shows it.",
                    "You have {count} requests open already. Wait for one to end, or withdraw it: "
                    "`/jobs` shows them.",
                    OWN_AT_MOST,
                )
            )

    async def _hold(self, session: AsyncSession, admitted: Admitted, found: Circumstances) -> None:
        policy = by_policy(admitted.decision)
        if policy is None:
            return
        found = await self._lookout.with_uses(
            session,
            found,
            guild_id=admitted.guild_id,
            server_id=admitted.server.id,
            action=policy.action,
            member_id=admitted.actor.id,
        )
        failing = unmet(decide_conditions(found))
        if failing is not None:
            raise NotNow(failing, admitted.server.name)

    async def _note_use(self, session: AsyncSession, admitted: Admitted) -> None:
        await policy_rows.note_use(
            session,
            guild_id=admitted.guild_id,
            server_id=admitted.server.id,
            action=POLICY_ACTIONS[admitted.action.name],
            member_id=admitted.actor.id,
            now=self._clock.now(),
        )

    async def _open(self, guild_id: int, press: Press) -> tuple[job_rows.JobRow, ConsentJob]:
        job_id = press.args[0] if press.args else ""
        async with self._database.read() as session:
            job = await job_rows.get_job(session, guild_id=guild_id, job_id=job_id)
        if job is None or job.kind != KIND or job.outcome is not None:
            raise _over()
        return job, msgspec.convert(job.state, ConsentJob)


def _key(admitted: Admitted, verb: str, state: ConsentJob) -> str:
    """One open request for a server and action; of second persons one for each deed."""
    where = f"consent {state.asked.server_id or 'guild'} {admitted.action.name}"
    if state.consent is not Consent.SECOND_PERSON and state.terms is not None:
        return _policy_key(admitted)
    deed = f"{verb} {sorted(state.payload.items())!r}"
    return f"{where[:100]} {hashlib.sha256(deed.encode()).hexdigest()[:16]}"


def _policy_key(admitted: Admitted) -> str:
    return f"consent {admitted.server.id} {admitted.action.name}"[:120]


def _line(row: job_rows.JobRow) -> JobLine:
    """A request as `/jobs` shows it."""
    state = msgspec.convert(row.state, ConsentJob)
    kinds = {
        Consent.VOTE: _("a vote"),
        Consent.APPROVAL: _("an approval"),
        Consent.SECOND_PERSON: _("a second yes"),
    }
    kind = kinds[state.consent]
    text = _(
        "{kind}: {what}, asked by {who}, open until {time}",
        kind=kind[:1].upper() + kind[1:],  # only that: "Ein zweites Ja"
        what=state.what,
        who=bold(state.asked.actor_name),
        time=moment(state.ends_at, "t"),
    )
    return JobLine(
        text=text,
        right=state.right,
        server_id=state.asked.server_id,
        can_cancel=row.phase in OPEN_PHASES,
    )


def _over() -> Unfit:
    return Unfit(_("That is over, so it came too late. The message shows how it ended."))


def _thanks(consent: Consent, *, is_for: bool) -> str:
    if consent is Consent.VOTE:
        return (
            _("Your vote counts: for it. You may change it while the vote is open.")
            if is_for
            else _("Your vote counts: against it. You may change it while the vote is open.")
        )
    return (
        _("You agreed. It is being done; the channel shows how it ends.")
        if is_for
        else _("You declined. Nothing is done.")
    )
