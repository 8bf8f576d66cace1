"""Whose voice counts: in a vote, for an approval, and as the second person."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from enum import Enum
from typing import Final

from msgspec import Struct, structs

from bot.access.consent import Consent
from bot.access.decision import (
    Decision,
    Reason,
    Refuse,
    by_own_key,
    decide,
    may_by_themselves,
)
from bot.access.facts import Action, Actor
from bot.access.gate import Gate
from bot.access.rights import ADMIN
from bot.access.rules import Rule
from bot.access.tally import share
from bot.clock import Clock
from bot.fleet.directory import Directory, Server
from bot.fleet.links import Links
from bot.posts.crowd import Crowd
from bot.posts.members import Members, NotAsked
from bot.store.ballots import Ballot
from bot.store.policies import Terms
from bot.texts import _, _n
from bot.ui.errors import Unfit
from bot.ui.explain import right_name
from bot.ui.text import bold
from bot.work.consent_state import ConsentJob

OCCASION: Final = timedelta(hours=24)
"""A role that was given within this time before the question doesn't make a second person."""
DAYS_WITHOUT_LOG: Final = 7
"""Days of membership that stand in for the audit log where the bot may not read it."""


class Settled(Enum):
    """What of a member's rights is left out because it may have been given for the occasion."""

    NOTHING = "nothing"
    RULES = "rules"
    """Rules made after it was asked, and those that who asked made shortly before."""
    ALL = "all"
    """These, and a panel key linked shortly before."""


class Electorate(Struct, frozen=True):
    """How many votes carry it, and how many may vote; None where nobody can say."""

    needed: int
    size: int | None


class Counted(Struct, frozen=True):
    """What is counted of a vote, and how many votes carry it."""

    ballots: Sequence[Ballot]
    needed: int
    size: int | None


class Voters:
    """Decides who may say something to a request."""

    def __init__(
        self,
        *,
        gate: Gate,
        links: Links,
        directory: Directory,
        members: Members,
        crowd: Crowd,
        clock: Clock,
    ) -> None:
        self._gate = gate
        self._links = links
        self._directory = directory
        self._members = members
        self._crowd = crowd
        self._clock = clock

    async def electorate(self, guild_id: int, terms: Terms) -> Electorate:
        """How many it takes, as things are now.

        Raises:
            Unfit: A role or channel is gone, or there are fewer voters than it takes.
        """
        try:
            return await self._electorate(guild_id, terms)
        except NotAsked:
            raise Unfit(
                _("Discord doesn't tell me how many may vote. Nothing was begun; try again.")
            ) from None

    async def _electorate(self, guild_id: int, terms: Terms) -> Electorate:
        if terms.quorum_of == "voice":
            if terms.quorum_channel_id is None:
                raise _unfit(_("The voice channel whose members vote is not chosen yet."))
            there = await self._crowd.in_voice_now(guild_id, terms.quorum_channel_id)
            if there is None:
                raise _unfit(_("The voice channel whose members would vote is gone."))
            if not there:
                raise Unfit(
                    _(
                        "Those in {channel} would vote, and nobody is there.",
                        channel=f"<#{terms.quorum_channel_id}>",
                    )
                )
            return Electorate(share(terms.quorum, len(there)), len(there))
        if terms.quorum_of == "role":
            if terms.quorum_role_id is None:
                raise _unfit(_("The role that votes is not chosen yet."))
            size = await self._crowd.role_size(guild_id, terms.quorum_role_id)
            if size is None:
                raise _unfit(_("The role that would vote is gone."))
            if size == 0:
                raise Unfit(
                    _("Nobody has the role that votes here: <@&{role}>.", role=terms.quorum_role_id)
                )
            return Electorate(share(terms.quorum, size), size)
        size = await self._crowd.role_size(guild_id, terms.role_id or guild_id)
        if size is None and terms.role_id is not None:
            raise _unfit(_("The role that may ask and vote is gone."))
        if size is not None and size < terms.quorum:
            raise Unfit(
                _n(
                    "Only {count} member may vote, fewer than the quorum of {needed}. An admin "
                    "mends that with `/policy edit`.",
                    "Only {count} members may vote, fewer than the quorum of {needed}. An admin "
                    "mends that with `/policy edit`.",
                    size,
                    needed=terms.quorum,
                )
            )
        return Electorate(terms.quorum, size)

    async def counted(self, state: ConsentJob, ballots: Sequence[Ballot]) -> Counted:
        """What counts at this moment: of a vote in a voice channel, the voices of those in it.

        Who left it may come back, so what they said is kept, and it takes a share of those who are
        there now: neither who left decides, nor how many there once were.
        """
        terms = state.terms
        if state.consent is not Consent.VOTE or terms is None or terms.quorum_of != "voice":
            return Counted(ballots, state.needed, state.size)
        there = await self._crowd.in_voice_now(state.asked.guild_id, terms.quorum_channel_id or 0)
        there = there or frozenset()
        needed = share(terms.quorum, len(there))
        # somebody may come yet where nobody is: that is no vote that can't be carried any more
        size = len(there) or None
        return Counted([one for one in ballots if one.member_id in there], needed, size)

    def is_missing(self, state: ConsentJob) -> str:
        """What a vote rests on and is no longer there; "" while it stands."""
        terms, guild_id = state.terms, state.asked.guild_id
        if terms is None or state.consent is not Consent.VOTE:
            return ""
        if terms.quorum_of == "voice":
            there = self._crowd.channel_is_there(guild_id, terms.quorum_channel_id or 0)
            return "" if there else _("The voice channel whose members vote is gone.")
        role_id = terms.quorum_role_id if terms.quorum_of == "role" else terms.role_id
        if role_id is None or self._crowd.role_name(guild_id, role_id) is not None:
            return ""
        return _("The role that votes is gone.")

    def lacks(self, guild_id: int, terms: Terms) -> list[str]:
        """For admins: what a policy rests on and isn't there, a sentence each."""
        said = []
        if terms.role_id is not None and self._crowd.role_name(guild_id, terms.role_id) is None:
            said.append(_("The role that may ask is gone, so nobody may."))
        if terms.how != "vote":
            return said
        if terms.quorum_of == "role":
            role_id = terms.quorum_role_id
            if role_id is None:
                said.append(_("The role that votes is not chosen yet."))
            elif self._crowd.role_name(guild_id, role_id) is None:
                said.append(_("The role that votes is gone."))
        elif terms.quorum_of == "voice":
            channel_id = terms.quorum_channel_id
            if channel_id is None:
                said.append(_("The voice channel whose members vote is not chosen yet."))
            elif not self._crowd.channel_is_there(guild_id, channel_id):
                said.append(_("The voice channel whose members vote is gone."))
        return said

    def check_vote(self, state: ConsentJob, actor: Actor, *, has_voted: bool = False) -> None:
        """Let a member vote.

        Args:
            state: The vote.
            actor: Who votes.
            has_voted: They did so before, and it is asked whether that is kept; who left a voice
                channel since may come back, and `counted` leaves them out until then.

        Raises:
            Unfit: Their voice doesn't count here; says why.
        """
        terms, guild_id = state.terms or Terms(), state.asked.guild_id
        self._check_is_person(guild_id, actor)
        if terms.quorum_of == "voice":
            is_there = self._crowd.in_voice(guild_id, terms.quorum_channel_id or 0, actor.id)
            if not is_there and not has_voted:
                raise Unfit(
                    _(
                        "Those in {channel} vote on this. Join it, then vote.",
                        channel=f"<#{terms.quorum_channel_id}>",
                    )
                )
        else:
            role_id = terms.quorum_role_id if terms.quorum_of == "role" else terms.role_id
            if role_id is not None and role_id not in actor.role_ids:
                raise Unfit(_("Those with the role {role} vote on this.", role=f"<@&{role_id}>"))
        server = self._directory.get(guild_id, state.asked.server_id)
        if server is not None:
            said = self._decide(state, actor, server)
            if isinstance(said, Refuse) and said.because.reason is Reason.DENIAL:
                raise Unfit(_("A rule of this guild denies you this, so you don't vote on it."))

    async def no_longer(self, state: ConsentJob, member_ids: Sequence[int]) -> tuple[int, ...]:
        """Those who voted and whose voice no longer counts: who left, or lost the role.

        Raises:
            NotAsked: Discord doesn't say.
        """
        here = await self._members.actors(state.asked.guild_id, member_ids)
        return tuple(
            one
            for one in member_ids
            if one not in here or not self.counts(state, here[one], has_voted=True)
        )

    def counts(self, state: ConsentJob, actor: Actor, *, has_voted: bool = False) -> bool:
        """Whether a member may vote."""
        try:
            self.check_vote(state, actor, has_voted=has_voted)
        except Unfit:
            return False
        return True

    async def check_agree(self, state: ConsentJob, actor: Actor, *, is_for: bool = True) -> str:
        """Let a member approve, or agree as the second person; returns by which rule.

        Args:
            state: The request.
            actor: Who answers it.
            is_for: Whether they agree; a refusal takes the same right.

        Raises:
            Unfit: They may not; says why.
        """
        guild_id = state.asked.guild_id
        if actor.id == state.asked.actor_id and not is_for:
            label = _("Withdraw")
            raise Unfit(_("You asked for it yourself. *{label}* takes it back.", label=label))
        if actor.id == state.asked.actor_id:
            raise Unfit(_("You asked for it yourself, so somebody else has to agree."))
        if actor.is_bot:
            raise Unfit(_("Bots agree to nothing here."))
        if state.right == ADMIN:
            if not self.may_agree(state, actor):
                raise Unfit(_("It takes *Manage Server* in Discord, and you haven't got it."))
            return await self._check_occasion(state, actor)
        server = self._directory.get(guild_id, state.asked.server_id)
        if server is None:
            raise Unfit(_("That server is no longer connected here."))
        decision = self._decide(state, actor, server)
        if may_by_themselves(decision) and by_own_key(decision):
            self._check_account(state, actor, server)
        if not may_by_themselves(decision):
            raise Unfit(
                _(
                    "It takes the right *{right}* on {server}, and you haven't got it.",
                    right=right_name(state.right),
                    server=bold(server.name),
                )
            )
        if state.consent is not Consent.SECOND_PERSON:
            return ""
        return await self._check_occasion(state, actor)

    def may_agree(
        self, state: ConsentJob, actor: Actor, *, settled: Settled = Settled.NOTHING
    ) -> bool:
        """Whether a member holds what it takes to agree, without what is too new to count.

        What is asked of the guild as a whole takes *Manage Server* itself: the admin role is given
        by a single admin, and at once.
        """
        if state.right == ADMIN:
            return actor.owns_guild or actor.manages_guild
        server = self._directory.get(state.asked.guild_id, state.asked.server_id)
        if server is None:
            return False
        return may_by_themselves(self._decide(state, actor, server, settled=settled))

    def _check_account(self, state: ConsentJob, actor: Actor, server: Server) -> None:
        """One panel account behind two members is one person."""
        mine = self._links.on(actor.id, server)
        theirs = self._links.on(state.asked.actor_id, server)
        if mine is not None and theirs is not None and mine.account_id == theirs.account_id:
            raise Unfit(
                _(
                    "You hold that right by the same panel account as who asked, so you aren't "
                    "somebody else here."
                )
            )

    async def _check_occasion(self, state: ConsentJob, actor: Actor) -> str:
        """Nobody agrees by what they were given for the occasion."""
        guild_id = state.asked.guild_id
        since = state.opened_at - OCCASION
        given = await self._members.roles_given(guild_id, actor.id, since)
        if given is None:
            days = self._gate.book(guild_id).settings.member_days or DAYS_WITHOUT_LOG
            if self._is_younger(actor, days):
                raise Unfit(
                    _n(
                        "I may not read Discord's audit log here, so I can't see who was given a "
                        "role for this. Who agrees has to be a member for {count} day instead, "
                        "and you aren't yet.",
                        "I may not read Discord's audit log here, so I can't see who was given a "
                        "role for this. Who agrees has to be a member for {count} days instead, "
                        "and you aren't yet.",
                        days,
                    )
                )
            rule = _n(
                "a member for more than {count} day; I may not read the audit log",
                "a member for more than {count} days; I may not read the audit log",
                days,
            )
        else:
            actor = self._members.without(guild_id, actor, given) if given else actor
            rule = _("no role given in the last 24 h, by Discord's audit log")
        for settled, why in _OCCASIONS.items():
            if not self.may_agree(state, actor, settled=settled):
                raise Unfit(why() + " " + _("Somebody who has had it for longer has to agree."))
        return rule

    def _decide(
        self, state: ConsentJob, actor: Actor, server: Server, *, settled: Settled = Settled.NOTHING
    ) -> Decision:
        """What the actor may do themselves, without what doesn't count for the occasion."""
        action = Action(state.asked.action, state.right, on_server=True)
        facts = self._gate.facts(state.asked.guild_id, actor, action, server)
        if settled is not Settled.NOTHING:
            kept = tuple(rule for rule in facts.rules if _is_settled(rule, state))
            facts = structs.replace(facts, rules=kept)
        if settled is Settled.ALL:
            key = self._links.on(actor.id, server)
            is_new = key is not None and key.linked_at > state.opened_at - OCCASION
            facts = structs.replace(facts, linked=None if is_new else facts.linked)
        return decide(facts)

    def _check_is_person(self, guild_id: int, actor: Actor) -> None:
        if actor.is_bot:
            raise Unfit(_("Bots agree to nothing here."))
        days = self._gate.book(guild_id).settings.member_days
        if days and self._is_younger(actor, days):
            raise Unfit(
                _n(
                    "Members of less than {count} day don't count in votes here.",
                    "Members of less than {count} days don't count in votes here.",
                    days,
                )
            )

    def days_too_new(self, guild_id: int, actor: Actor) -> int:
        """How many days of membership a vote takes that a member is known to lack; 0 = none."""
        days = self._gate.book(guild_id).settings.member_days
        is_known = days and actor.joined_at is not None
        return days if is_known and self._is_younger(actor, days) else 0

    def _is_younger(self, actor: Actor, days: int) -> bool:
        if actor.joined_at is None:
            return True
        return self._clock.now() - actor.joined_at < timedelta(days=days)


def _is_settled(rule: Rule, state: ConsentJob) -> bool:
    """Whether a rule was there before anybody could have meant this question by it."""
    is_own = rule.made_by == state.asked.actor_id and rule.made_at > state.opened_at - OCCASION
    return rule.denies or (rule.made_at < state.opened_at and not is_own)


_OCCASIONS: Final[dict[Settled, Callable[[], str]]] = {
    Settled.NOTHING: lambda: _(
        "The role that gives you this right was given to you, or came to manage this guild, within "
        "24 hours before the question, so it doesn't count here."
    ),
    Settled.RULES: lambda: _(
        "You hold this right by a rule that was made after the question, or by who asked within 24 "
        "hours before it, so it doesn't count here."
    ),
    Settled.ALL: lambda: _(
        "You hold this right by a panel key that you linked within 24 hours before the question, "
        "so it doesn't count here."
    ),
}
"""In the order in which it is looked: after the roles that are new were taken off."""


def _unfit(said: str) -> Unfit:
    return Unfit(said + " " + _("An admin mends that with `/policy edit`."))
