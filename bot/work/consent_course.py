"""The course of a request: posted, open, decided, carried out, told. A handler of the engine."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import structlog
from msgspec import Struct, structs
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access.acting import Audit
from bot.access.conditions import NotNow, unmet
from bot.access.consent import Agreed, Consent, NeedsConsent
from bot.access.decision import is_agreed
from bot.access.gate import Admitted, NotAdmitted
from bot.access.tally import Standing, Tally, tally
from bot.clock import Clock
from bot.fleet.directory import Directory
from bot.fleet.panels import PanelGone
from bot.posts.members import Members, NotAsked
from bot.posts.messages import Message
from bot.pterodactyl import PanelError
from bot.store import ballots as ballot_rows
from bot.store.audit import NewEntry
from bot.store.ballots import Ballot
from bot.store.engine import Database
from bot.texts import _, speaking
from bot.ui.consents import Request, ended_card, request_card
from bot.ui.errors import Unfit, panel_words
from bot.ui.policy_words import unmet_words, voters_words
from bot.ui.text import bold
from bot.work.again import Again, Asked, MemberGone, ServerGone
from bot.work.circumstances import Lookout
from bot.work.consent_state import Carrier, CarryOut, ConsentJob, Deed, Look
from bot.work.consent_voters import Voters
from bot.work.engine import Done, Job, Progress, Sleep
from bot.work.jobs_view import CANCEL
from bot.work.telling import Teller
from bot.work.unheard import Unheard

log = structlog.stdlib.get_logger(__name__)

EDIT_SECONDS: Final = 3.0
"""Between two edits of a tally, however many vote."""
LOOK_SECONDS: Final = 60.0
"""An open request is looked at this often: whether its message and what it rests on are there."""
EDITED_FREELY: Final = timedelta(minutes=55)
SELDOM_SECONDS: Final = 600.0
"""Of a message of more than an hour Discord takes few edits (30046): those that tell something."""
ASK_AGAIN_SECONDS: Final = 15.0
ASK_AGAIN_FOR: Final = timedelta(hours=1)
STILL_TRUE_SECONDS: Final = 2.0
"""How old a member's rights may be at the moment of the deed."""
LOOKS_AT_MOST: Final = 3
TELL_AGAIN_SECONDS: Final = 30.0
NAMED_AT_MOST: Final = 25
"""Members whose votes stand in the record by name; more than carried it aren't needed."""
STEP: Final = "deed"


_UNDECIDED: Final = frozenset({"cancelled", "gone", "failed"})
_BY_VOTES: Final = frozenset({Standing.CARRIED, Standing.REJECTED})


class _Over(Exception):
    """The request ends here, without the deed."""

    def __init__(self, outcome: str, said: str) -> None:
        super().__init__(outcome)
        self.outcome = outcome
        self.said = said


class _Shown(Struct):
    """What the message of a request says, as far as this process knows."""

    tally: Tally
    also: tuple[int, ...]
    at: float


class Course:
    """Leads requests from the question to the end."""

    def __init__(
        self,
        *,
        database: Database,
        audit: Audit,
        again: Again,
        members: Members,
        directory: Directory,
        teller: Teller,
        unheard: Unheard,
        lookout: Lookout,
        voters: Voters,
        clock: Clock,
    ) -> None:
        self._database = database
        self._audit = audit
        self._again = again
        self._members = members
        self._directory = directory
        self._teller = teller
        self._unheard = unheard
        self._lookout = lookout
        self._voters = voters
        self._clock = clock
        self._carriers: dict[str, Carrier] = {}
        self._shown: dict[str, _Shown] = {}

    def carry_out_with(self, verb: str, carry_out: CarryOut, look: Look) -> None:
        """Say who does what was agreed to."""
        if verb in self._carriers:
            raise ValueError(f"two who carry out {verb}")
        self._carriers[verb] = Carrier(carry_out, look)

    async def work(self, job: Job[ConsentJob]) -> Sleep | Done:
        """The engine's handler."""
        with speaking(job.state.language):
            try:
                return await self._enter(job)
            except _Over as over:
                return await self._end(job, over.outcome, over.said)

    async def failed(self, job: Job[ConsentJob]) -> None:
        """The handler broke for good."""
        with speaking(job.state.language):
            said = _(
                "Something broke on my side, so I let it be. What was asked can be asked anew."
            )
            if job.begun_at(STEP) is not None:
                said = _(
                    "Something broke on my side while it was being done, so it may or may not have "
                    "happened. Look before you ask again."
                )
            job.state = structs.replace(job.state, ended=said, outcome="failed")
            await self._teller.report(job, self._ended(job))

    async def _enter(self, job: Job[ConsentJob]) -> Sleep | Done:
        if job.phase == "new":
            await self._show(job, await self._tally(job))
            if job.state.told.message_id is None:
                return self._unsent(job)
            await job.save("open")
        if job.phase == "open":
            rest = await self._listen(job)
            if rest is not None:
                return rest
        if job.phase == "agreed":
            rest = await self._carry_out(job)
            if rest is not None:
                return rest
        return await self._told(job)

    def _unsent(self, job: Job[ConsentJob]) -> Sleep:
        """Discord didn't take the first message: try again while the window lasts."""
        if self._clock.now() >= job.state.ends_at:
            raise _Over("failed", _("Discord didn't take the question. Nothing was done."))
        return Sleep(self._clock.now() + timedelta(seconds=TELL_AGAIN_SECONDS))

    # while it is open

    async def _listen(self, job: Job[ConsentJob]) -> Sleep | None:
        """Count until it is decided; None once it is agreed to."""
        while True:
            self._check_stands(job)
            signals = await job.signals()
            for signal in signals:
                if signal.name == CANCEL:
                    who = bold(str(signal.payload.get("by", "")))
                    raise _Over("cancelled", _("{who} withdrew it. Nothing was done.", who=who))
                if signal.name == "join":
                    self._joined(job, int(signal.payload["by"]))
                if signal.name == "ballot" and signal.payload.get("checked"):
                    job.state = structs.replace(job.state, checked=signal.payload["checked"])
            ballots = await self._ballots(job)
            counted, count = await self._count(job, ballots)
            standing = self._standing(job, count, counted)
            if job.state.consent is Consent.VOTE and standing in _BY_VOTES:
                try:
                    if await self._drop_lost(job, ballots):
                        continue
                except NotAsked:
                    self._check_asked(job)
                    return Sleep(self._clock.now() + timedelta(seconds=ASK_AGAIN_SECONDS))
                # Discord was asked meanwhile, and somebody may have left the voice channel
                counted, count = await self._count(job, ballots)
                standing = self._standing(job, count, counted)
            if standing is not Standing.OPEN:
                await self._decided(job, standing, counted, count)
                return None
            pause = self._edit_pause(job, count)
            if pause <= 0 or not await job.wait(pause):
                break
        await self._show(job, count)
        now = self._clock.now()
        is_young = now - job.state.opened_at < EDITED_FREELY
        look_at = now + timedelta(seconds=LOOK_SECONDS if is_young else SELDOM_SECONDS)
        return Sleep(min(job.state.ends_at, look_at))

    def _check_stands(self, job: Job[ConsentJob]) -> None:
        state, now = job.state, self._clock.now()
        server_id = state.asked.server_id
        if server_id and self._directory.get(job.guild_id, server_id) is None:
            raise _Over("gone", _("The server is no longer connected here. Nothing was done."))
        missing = self._voters.is_missing(state)
        if missing:
            raise _Over("gone", missing + " " + _("Nothing was done."))
        latest = now + timedelta(seconds=state.window_seconds)
        if state.ends_at > latest:  # a clock that was set back makes no window longer
            job.state = structs.replace(state, ends_at=latest)

    def _check_asked(self, job: Job[ConsentJob]) -> None:
        """Not for ever where Discord doesn't say who somebody is."""
        if self._clock.now() - job.state.ends_at > ASK_AGAIN_FOR:
            raise _Over("failed", _("Discord doesn't say who may what. Nothing was done."))

    async def _drop_lost(self, job: Job[ConsentJob], ballots: Sequence[Ballot]) -> bool:
        """Before votes decide: those of members who left, or lost the role, don't."""
        lost = await self._voters.no_longer(job.state, [one.member_id for one in ballots])
        if not lost:
            return False
        dropped = job.state.dropped + len(lost)
        job.state = structs.replace(job.state, dropped=dropped)
        async with self._database.write() as session:
            await ballot_rows.drop_ballots(
                session, guild_id=job.guild_id, job_id=job.id, member_ids=lost
            )
            await job.save_in(session, "open")
        return True

    def _joined(self, job: Job[ConsentJob], member_id: int) -> None:
        state = job.state
        if member_id != state.asked.actor_id and member_id not in state.also:
            job.state = structs.replace(state, also=(*state.also, member_id))

    def _standing(self, job: Job[ConsentJob], count: Tally, ballots: Sequence[Ballot]) -> Standing:
        is_over = self._clock.now() >= job.state.ends_at
        if job.state.consent is Consent.VOTE:
            return count.standing(is_over=is_over)
        if ballots:  # who answers first decides
            return Standing.CARRIED if ballots[0].is_for else Standing.REJECTED
        return Standing.SHORT if is_over else Standing.OPEN

    async def _decided(
        self, job: Job[ConsentJob], standing: Standing, ballots: Sequence[Ballot], count: Tally
    ) -> None:
        state = job.state
        votes = (count.votes_for, count.against)
        state = structs.replace(state, votes=votes, away=count.away)
        job.state = state
        if standing is not Standing.CARRIED:
            raise _Over(
                "declined" if standing is Standing.REJECTED else "expired",
                self._not_agreed(state, standing, ballots),
            )
        by = tuple(one.member_id for one in ballots if one.is_for)
        if state.consent is not Consent.VOTE:
            by = by[:1]
        said = f"{state.consent.value}: {count.votes_for} for, {count.against} against"
        job.state = structs.replace(state, by=by, said=said)
        async with self._database.write() as session:
            if state.consent is Consent.VOTE:
                for member_id in by[:NAMED_AT_MOST]:
                    await self._audit.append(session, job.guild_id, _voted(state, member_id))
            await job.save_in(session, "agreed")

    def _not_agreed(self, state: ConsentJob, standing: Standing, ballots: Sequence[Ballot]) -> str:
        if state.consent is Consent.VOTE:
            if standing is Standing.REJECTED:
                return _("Voted down. Nothing was done.")
            return _("Too few voted for it in time. Nothing was done.")
        if standing is Standing.REJECTED:
            return _("{who} declined. Nothing was done.", who=f"<@{ballots[0].member_id}>")
        return _("Nobody agreed in time. Nothing was done.")

    # once it is agreed to

    async def _carry_out(self, job: Job[ConsentJob]) -> Sleep | None:
        state = job.state
        agreed = Agreed(consent=state.consent, by=state.by, said=state.said)
        asked = structs.replace(state.asked, agreed=agreed)
        try:
            # what takes time comes first: who acts is decided last, at the moment of the deed
            await self._check_conditions(job)
            admitted = await self._admitted(job, asked)
        except NotAsked:
            self._check_asked(job)
            return Sleep(self._clock.now() + timedelta(seconds=ASK_AGAIN_SECONDS))
        except MemberGone:
            raise _Over("refused", _("Who asked has left. Nothing was done.")) from None
        except ServerGone:
            said = _("The server is no longer connected here. Nothing was done.")
            raise _Over("gone", said) from None
        except NotAdmitted as error:
            await self._audit.refused(
                asked.guild_id, asked.channel_id, asked.actor_id, asked.reference, error
            )
            raise _Over("refused", self._no_longer(state)) from None
        if not is_agreed(admitted.decision, agreed) and not self._is_of_its_own(state):
            raise _Over("refused", _("The rules have changed meanwhile. Nothing was done."))
        await self._do(job, admitted)
        return None

    async def _admitted(self, job: Job[ConsentJob], asked: Asked) -> Admitted:
        """Who asked and who agreed, both as of now: asked anew where Discord took its time.

        Raises:
            NotAsked: Discord doesn't say, or takes too long each time.
            MemberGone, ServerGone, NotAdmitted: As `Again.admit`.
        """
        for _time in range(LOOKS_AT_MOST):
            began = self._clock.monotonic()
            await self._check_agreed_still(job)
            admitted = await self._again.admit(asked)
            if self._clock.monotonic() - began < STILL_TRUE_SECONDS:
                return admitted
        raise NotAsked(job.guild_id)

    @staticmethod
    def _is_of_its_own(state: ConsentJob) -> bool:
        """Whether a consent is demanded that no decision asks for: a recipe's approval."""
        return state.consent is Consent.APPROVAL and state.terms is None

    async def _check_agreed_still(self, job: Job[ConsentJob]) -> None:
        """Who agreed may have lost the right between the click and now."""
        state = job.state
        if state.consent is Consent.VOTE or not state.by:
            return
        actor = await self._members.actor(job.guild_id, state.by[0])
        if actor is None or not self._voters.may_agree(state, actor):
            who = f"<@{state.by[0]}>"
            raise _Over(
                "refused",
                _("{who} agreed, but no longer has the right. Nothing was done.", who=who),
            )

    async def _check_conditions(self, job: Job[ConsentJob]) -> None:
        terms, server_id = job.state.terms, job.state.asked.server_id
        server = self._directory.get(job.guild_id, server_id) if server_id else None
        if terms is None or server is None:
            return
        failing = unmet(await self._lookout.still(server, terms))
        if failing is not None:
            said = unmet_words(failing, server.name)
            raise _Over("refused", said + " " + _("Nothing was done."))

    async def _do(self, job: Job[ConsentJob], admitted: Admitted) -> None:
        state = job.state
        carrier = self._carriers[state.verb]

        async def keep_in(session: AsyncSession, said: str) -> None:
            job.state = structs.replace(job.state, ended=said, outcome="done")
            await job.save_in(session, "telling")

        deed = Deed(
            job.id, admitted, state.payload, state.reason, state.terms, state.language, keep_in
        )
        progress = await job.begin(STEP)
        if progress is Progress.UNKNOWN:
            happened = await carrier.look(deed)
            if happened is None:
                said = _(
                    "I was stopped while it was being done, so it may or may not have happened. "
                    "Look before you ask again."
                )
                raise _Over("unknown", said)
            if happened:
                said = _("It was done; I was stopped before I could say so.")
                job.state = structs.replace(job.state, ended=said, outcome="done")
                await job.end(STEP, "telling")
                return
        try:
            said = await carrier.carry_out(deed)
        except (PanelError, PanelGone, Unfit, NotAdmitted, NeedsConsent, NotNow) as error:
            raise _Over(*self._failed_words(error, admitted)) from None
        if job.phase != "telling":
            job.state = structs.replace(job.state, ended=said, outcome="done")
            await job.end(STEP, "telling")

    def _failed_words(self, error: Exception, admitted: Admitted) -> tuple[str, str]:
        match error:
            case PanelError():
                server = admitted.server
                said = panel_words(error, panel=server.panel_name, server=server.name)
                return "unknown" if error.maybe_done else "failed", said
            case Unfit():
                return "failed", str(error)
            case NotNow():
                return "refused", unmet_words(error.met, error.server)
            case PanelGone():
                return "gone", _("The server is no longer connected here. Nothing was done.")
        return "refused", _("It is no longer allowed. Nothing was done.")

    def _no_longer(self, state: ConsentJob) -> str:
        who = bold(state.asked.actor_name)
        return _("{who} may no longer ask for it. Nothing was done.", who=who)

    # its message

    async def _end(self, job: Job[ConsentJob], outcome: str, said: str) -> Sleep | Done:
        if job.state.consent is Consent.VOTE and outcome in _UNDECIDED and job.phase != "agreed":
            await self._keep_stand(job)
        job.state = structs.replace(job.state, ended=said, outcome=outcome)
        entry = NewEntry(
            kind="change",
            reference=job.state.asked.reference,
            actor_id=job.state.asked.actor_id,
            action=job.state.asked.action,
            channel_id=job.state.asked.channel_id,
            right=job.state.asked.right,
            server_id=job.state.asked.server_id or None,
            outcome=outcome,
            detail=f"{job.state.consent.value}: not carried out",
        )
        async with self._database.write() as session:
            await self._audit.append(session, job.guild_id, entry)
            await job.save_in(session, "telling")
        return await self._told(job)

    async def _keep_stand(self, job: Job[ConsentJob]) -> None:
        """What ends a vote undecided doesn't undo what was voted until then."""
        shown = self._shown.get(job.id)
        if shown is not None:
            stood = shown.tally
        else:
            stood = tally(await self._ballots(job), needed=job.state.needed, size=None)
        votes = (stood.votes_for, stood.against)
        job.state = structs.replace(job.state, votes=votes, away=stood.away)

    async def _told(self, job: Job[ConsentJob]) -> Sleep | Done:
        again = await self._teller.report(job, self._ended(job))
        if again is not None:
            return again
        self._shown.pop(job.id, None)
        if job.state.told.is_lost:
            await self._unheard.tell(job.state, job.id)
        return Done(job.state.outcome)

    def _ended(self, job: Job[ConsentJob]) -> Message:
        state = job.state
        votes_for, against = state.votes
        count = Tally(
            needed=state.needed,
            size=state.size,
            votes_for=votes_for,
            against=against,
            dropped=state.dropped,
            away=state.away,
        )
        said = [state.ended]
        if state.by:
            said.insert(0, self._agreed_words(state))
        request = shown_request(job.id, state)
        return ended_card(request, count, "\n".join(said), is_good=state.outcome == "done")

    def _agreed_words(self, state: ConsentJob) -> str:
        if state.consent is Consent.VOTE:
            return _("The vote carried it.")
        who = f"<@{state.by[0]}>"
        if state.checked:
            return _("{who} agreed ({rule}).", who=who, rule=state.checked)
        return _("{who} agreed.", who=who)

    async def _show(self, job: Job[ConsentJob], count: Tally) -> None:
        """Bring the tally up to date, and see that the message is still there."""
        message = request_card(shown_request(job.id, job.state), count)
        if not await self._teller.show(job, message):
            said = _("Its message is gone, or I can't write here any more. Nothing was done.")
            raise _Over("gone", said)
        self._shown[job.id] = _Shown(count, job.state.also, self._clock.monotonic())

    def _edit_pause(self, job: Job[ConsentJob], count: Tally) -> float:
        """Seconds until the message may be edited again; 0 where nothing has to wait."""
        shown = self._shown.get(job.id)
        if shown is None or (shown.tally == count and shown.also == job.state.also):
            return 0.0
        return max(0.0, shown.at + EDIT_SECONDS - self._clock.monotonic())

    async def _ballots(self, job: Job[ConsentJob]) -> Sequence[Ballot]:
        async with self._database.read() as session:
            return await ballot_rows.list_ballots(session, guild_id=job.guild_id, job_id=job.id)

    async def _count(
        self, job: Job[ConsentJob], ballots: Sequence[Ballot]
    ) -> tuple[Sequence[Ballot], Tally]:
        """The votes that count now, and how they stand."""
        counted = await self._voters.counted(job.state, ballots)
        state = structs.replace(job.state, needed=counted.needed, size=counted.size)
        job.state = state
        stands = tally(counted.ballots, needed=state.needed, size=state.size)
        away = len(ballots) - len(counted.ballots)
        return counted.ballots, structs.replace(stands, dropped=state.dropped, away=away)

    async def _tally(self, job: Job[ConsentJob]) -> Tally:
        return (await self._count(job, await self._ballots(job)))[1]


def shown_request(job_id: str, state: ConsentJob) -> Request:
    """A request as it is shown."""
    return Request(
        id=job_id,
        consent=state.consent,
        what=state.what,
        actor=state.asked.actor_name,
        reason=state.reason,
        right=state.right,
        voters=voters_words(state.terms) if state.consent is Consent.VOTE else "",
        ends_at=state.ends_at,
        channel_id=state.asked.channel_id,
        also=state.also,
    )


def _voted(state: ConsentJob, member_id: int) -> NewEntry:
    """One whose vote carried it, for the record."""
    return NewEntry(
        kind="change",
        reference=state.asked.reference,
        actor_id=member_id,
        action=state.asked.action,
        channel_id=state.asked.channel_id,
        right=state.asked.right,
        server_id=state.asked.server_id or None,
        about_id=state.asked.actor_id,
        outcome="agreed",
        detail=f"{state.consent.value}: {state.asked.action}",
    )
