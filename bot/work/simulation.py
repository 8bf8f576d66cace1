"""What would happen if somebody asked: who would have to agree, what would be sent. Nothing is."""

from bot.access.conditions import Met, unmet
from bot.access.consent import POLICY_ACTIONS, POLICY_RIGHTS, kills_unasked
from bot.access.decision import Allow, Decision, Refuse, by_policy
from bot.access.facts import Action, Actor
from bot.access.gate import Gate
from bot.access.rights import covers
from bot.fleet.directory import Directory, Server
from bot.fleet.hub import Hub
from bot.fleet.known import State
from bot.fleet.players import Counted, Players
from bot.posts.messages import Message
from bot.store.policies import PolicyAction, PolicyRule, Terms
from bot.texts import _, _n
from bot.ui.errors import Unfit
from bot.ui.explain import right_name, why
from bot.ui.parts import Colour, card
from bot.ui.players import blind_words
from bot.ui.policy_gaps import gap_lines
from bot.ui.policy_words import action_name, policy_sentence
from bot.ui.text import bold, code
from bot.work.circumstances import Lookout
from bot.work.consent_voters import Voters

_COMMANDS = {action: name for name, action in POLICY_ACTIONS.items()}
HOLDERS_SHOWN = 5


class Simulation:
    """Goes the way of a request up to the point at which something would be done."""

    def __init__(
        self,
        *,
        gate: Gate,
        directory: Directory,
        lookout: Lookout,
        voters: Voters,
        hub: Hub,
        players: Players,
    ) -> None:
        self._gate = gate
        self._directory = directory
        self._lookout = lookout
        self._voters = voters
        self._hub = hub
        self._players = players

    async def show(
        self, guild_id: int, actor: Actor, action: PolicyAction, server: Server
    ) -> Message:
        """The whole way in words."""
        if action == "idle-stop":
            return await self._idle(guild_id, server)
        meant = Action(_COMMANDS[action], POLICY_RIGHTS[action], on_server=True)
        decision = self._gate.decide(guild_id, actor, meant, server)
        policy = by_policy(decision)
        met: tuple[Met, ...] = ()
        if policy is not None:
            met = await self._lookout.conditions(server, policy.terms, policy.action, actor.id)
        settings = self._gate.book(guild_id).settings
        paragraphs = [why(meant, decision, server, actor.name, conditions=met, settings=settings)]
        is_refused = isinstance(decision, Refuse)
        if not is_refused:
            paragraphs.append(await self._agreeing(guild_id, actor, decision, policy, server))
        if is_refused or unmet(met) is not None:
            paragraphs.append(_("Nothing would be sent now."))
        else:
            paragraphs.append(self._sent(action, policy, server))
        footer = _("Simulated: nothing was done.")
        return card(*paragraphs, colour=Colour.BLUE, footer=footer)

    async def _agreeing(
        self,
        guild_id: int,
        actor: Actor,
        decision: Decision,
        policy: PolicyRule | None,
        server: Server,
    ) -> str:
        head = "**" + _("Who would have to agree") + "**\n"
        if isinstance(decision, Allow) or policy is None:
            return head + _("Nobody.")
        if policy.terms.how == "approval":
            return head + self._approvers(guild_id, policy, server)
        try:
            electorate = await self._voters.electorate(guild_id, policy.terms)
        except Unfit as error:
            return head + f"⛔ {error}"
        if electorate.size is None:
            said = _n("{count} vote for it", "{count} votes for it", electorate.needed)
        else:
            said = _n(
                "{count} of {size} who may vote",
                "{count} of {size} who may vote",
                electorate.needed,
                size=electorate.size,
            )
        days = self._voters.days_too_new(guild_id, actor)
        if days:
            said += "\n" + _n(
                "{who} is a member for less than {count} day, so that vote doesn't count.",
                "{who} is a member for less than {count} days, so that vote doesn't count.",
                days,
                who=bold(actor.name),
            )
        return head + said

    def _approvers(self, guild_id: int, policy: PolicyRule, server: Server) -> str:
        right = POLICY_RIGHTS[policy.action]
        book = self._gate.book(guild_id)
        scopes = {None, server.id, *book.groups_of(server.id)}
        roles = dict.fromkeys(
            rule.subject_id
            for rule in book.all
            if rule.kind == "role"
            and not rule.denies
            and covers(rule.right, right)
            and rule.scope_id in scopes
        )
        said = _("One member with the right *{right}*.", right=right_name(right))
        if roles:
            shown = ", ".join(f"<@&{one}>" for one in list(roles)[:HOLDERS_SHOWN])
            said += " " + _("Roles that have it: {roles}.", roles=shown)
        return said

    def _sent(self, action: PolicyAction, policy: PolicyRule | None, server: Server) -> str:
        terms = policy.terms if policy is not None else Terms()
        said = "**" + _("What would be sent") + "**\n"
        said += _(
            "The signal {signal} to {server} ({id}) on the panel {panel}.",
            signal=code(action),
            server=bold(self._directory.label(server)),
            id=code(server.identifier),
            panel=bold(server.panel_name),
        )
        takes_two = self._gate.book(server.guild_id).settings.two_person
        if action != "start" and kills_unasked(may_kill=terms.may_kill, two_person=takes_two):
            said += " " + _("If it hangs: {signal}, without asking.", signal=code("kill"))
        elif action != "start" and terms.may_kill:
            said += " " + _(
                "If it hangs: {signal}, once two members agreed, by the two-person rule.",
                signal=code("kill"),
            )
        return said

    async def _idle(self, guild_id: int, server: Server) -> Message:
        book = self._gate.book(guild_id)
        policy = book.policy("idle-stop", server.id, book.groups_of(server.id))
        if policy is None:
            return card(
                _("{server} has no policy to stop by itself.", server=bold(server.name)),
                footer=_("Simulated: nothing was done."),
            )
        said = policy_sentence("idle-stop", policy.terms, bold(server.name), book.settings)
        known = await self._hub.look(server)
        count = await self._players.count(server) if known.state is State.RUNNING else None
        if known.state is not State.RUNNING:
            now = _("It isn't running now, so nothing would be sent.")
        elif not isinstance(count, Counted):
            now = _("Nobody can say how many are on it now, so nothing would be sent.")
            now = f"{now} {blind_words(count.why if count else None)}".strip()
        elif count.online:
            now = _n(
                "{count} player is on it now, so nothing would be sent.",
                "{count} players are on it now, so nothing would be sent.",
                count.online,
            )
        else:
            now = _(
                "Nobody is on it now. If that stays so, the signal {signal} would be sent.",
                signal=code("stop"),
            )
        head = "## " + _("Simulated: {action}", action=action_name("idle-stop"))
        gaps = gap_lines(book, policy, [server])
        return card(
            f"{head}\n{said}",
            "\n".join(gaps) or now,
            colour=Colour.BLUE,
            footer=_("Simulated: nothing was done."),
        )
