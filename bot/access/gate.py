"""Where every door asks: facts from memory, one decision, and what it was decided about."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from msgspec import Struct, structs

from bot.access.consent import POLICY_ACTIONS, Agreed
from bot.access.decision import Allow, Ask, Decision, Refuse, decide, may_ask
from bot.access.facts import Action, Actor, Condition, Facts, LinkedKey, RecipeFacts, Target
from bot.access.recipes import Recipe
from bot.access.rights import ANYONE, RECIPE, SEE, recipe_of
from bot.access.rules import Rule, Rulebook
from bot.clock import Clock
from bot.fleet.directory import Directory, Server, folded
from bot.fleet.games import Game, game_of
from bot.fleet.links import Links

SEEING = Action("server info", SEE, on_server=True)
KILL = "power kill"
OFFERED = {
    "control.start": Action("power start", "control.start", on_server=True),
    "control.stop": Action("power stop", "control.stop", on_server=True),
    "control.restart": Action("power restart", "control.restart", on_server=True),
    KILL: Action(KILL, "control.stop", on_server=True),
}
"""What the buttons of cards stand for: what a policy gives is for these commands alone."""
_CONDITIONS = {condition.value: condition for condition in Condition}


class Admitted(Struct, frozen=True):
    """Who may do what, where: what a handler gets once the gate has let somebody through."""

    guild_id: int
    channel_id: int
    actor: Actor
    action: Action
    reference: str
    decision: Allow | Ask
    target: Server | None = None
    agreed: Agreed | None = None
    """The consent that was given, where the decision asks for one."""

    @property
    def server(self) -> Server:
        """The server acted on; only for actions that declare one."""
        if self.target is None:
            raise LookupError(f"/{self.action.name} was admitted without a server")
        return self.target


class NotAdmitted(Exception):
    """The gate refused; the chain says why."""

    def __init__(self, action: Action, decision: Refuse, target: Server | None) -> None:
        super().__init__(f"/{action.name}: {decision.because.reason.value}")
        self.action = action
        self.decision = decision
        self.target = target


class NoSuchServer(Exception):
    """The text names no server that this member may know of."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class SeveralServers(Exception):
    """The text, or its absence, may mean several servers."""

    def __init__(self, servers: list[Server]) -> None:
        super().__init__(", ".join(s.identifier for s in servers))
        self.servers = servers


class Gate:
    """Decides from memory for every command, component, modal and message alike."""

    def __init__(self, directory: Directory, links: Links, clock: Clock) -> None:
        self._directory = directory
        self._links = links
        self._clock = clock
        self._books: dict[int, Rulebook] = {}
        self._bindings: dict[int, dict[int, str]] = {}

    def rules_changed(self, guild_id: int, book: Rulebook) -> None:
        """Take the guild's rules as they now stand."""
        self._books[guild_id] = book

    def bindings_changed(self, guild_id: int, servers_by_channel: dict[int, str]) -> None:
        """Take which channel stands for which server."""
        self._bindings[guild_id] = servers_by_channel

    def forget_guild(self, guild_id: int) -> None:
        """Drop everything of a guild."""
        self._books.pop(guild_id, None)
        self._bindings.pop(guild_id, None)

    def book(self, guild_id: int) -> Rulebook:
        """The guild's rules; none for a guild nobody knows."""
        return self._books.get(guild_id) or Rulebook()

    def language(self, guild_id: int, guild_locale: str | None) -> str:
        """In which a guild's channels are spoken to: as set, else as the guild is on Discord."""
        return self.book(guild_id).settings.language or guild_locale or "en"

    def bound(self, guild_id: int, channel_id: int) -> str | None:
        """The row id of the server that a channel stands for."""
        return self._bindings.get(guild_id, {}).get(channel_id)

    def meant(self, guild_id: int, action: Action, recipe: str | None) -> Action:
        """The action itself; of one that runs a recipe, that of the recipe which was named."""
        name = (recipe or "").strip().casefold()
        if action.right != RECIPE or name not in self.book(guild_id).recipes:
            return action
        return structs.replace(action, right=f"{RECIPE}.{name}")

    def recipes(
        self, guild_id: int, actor: Actor, action: Action, target: Server | None = None
    ) -> list[Recipe]:
        """The recipes that a member may run or ask for, there or on some server."""
        found = []
        for recipe in self.book(guild_id).recipes.values():
            servers = [target] if target else self._directory.of(guild_id)
            if any(self._runs(actor, action, recipe, server) for server in servers):
                found.append(recipe)
        return found

    def bindings(self, guild_id: int) -> Mapping[int, str]:
        """The row id of its server for each channel of the guild that stands for one."""
        return self._bindings.get(guild_id, {})

    def facts(
        self,
        guild_id: int,
        actor: Actor,
        action: Action,
        target: Server | None = None,
        *,
        line: str | None = None,
    ) -> Facts:
        """Snapshot what is known without asking anybody."""
        book = self.book(guild_id)
        rules = book.about(actor.id, actor.role_ids | {guild_id})
        groups = book.groups_of(target.id) if target else frozenset()
        policy = None
        if target is not None:
            policy = book.policy(POLICY_ACTIONS.get(action.name), target.id, groups)
        return Facts(
            action=action,
            actor=actor,
            now=self._clock.now(),
            admin_role_id=book.admin_role_id,
            rules=rules,
            target=_target(target, groups) if target else None,
            sees_any=self._sees_any(guild_id, actor, rules),
            linked=self._linked(actor, target, book) if target else None,
            policy=policy,
            asks=target is not None and _asks(book, actor, target, groups),
            two_person=frozenset(book.settings.two_person),
            console_rules=book.console_on(target.id) if target else (),
            recipe=self._recipe(guild_id, actor, action, target, groups),
            line=line,
            game=game_of(target.image) if target else Game.GENERIC,
        )

    def decide(
        self, guild_id: int, actor: Actor, action: Action, target: Server | None = None
    ) -> Decision:
        """Decide from memory, before the acknowledgement."""
        return decide(self.facts(guild_id, actor, action, target))

    def check_line(self, admitted: Admitted, line: str) -> None:
        """Let a line of the console through, for who was admitted to the console.

        Raises:
            NotAdmitted: The guild's console rules forbid it, or the right was lost meanwhile.
        """
        facts = self.facts(
            admitted.guild_id, admitted.actor, admitted.action, admitted.target, line=line
        )
        decision = decide(facts)
        if isinstance(decision, Refuse):
            raise NotAdmitted(admitted.action, decision, admitted.target)

    def admit(
        self,
        guild_id: int,
        channel_id: int,
        actor: Actor,
        action: Action,
        reference: str,
        *,
        target: Server | None = None,
    ) -> Admitted:
        """Let the member through.

        Raises:
            NotAdmitted: The decision was no.
        """
        decision = self.decide(guild_id, actor, action, target)
        if isinstance(decision, Refuse):
            raise NotAdmitted(action, decision, target)
        return Admitted(guild_id, channel_id, actor, action, reference, decision, target)

    def may(self, admitted: Admitted, right: str) -> bool:
        """Whether who was admitted also holds another right there: what a card offers them."""
        action = OFFERED.get(right) or Action(admitted.action.name, right, on_server=True)
        said = self.decide(admitted.guild_id, admitted.actor, action, admitted.target)
        return isinstance(said, Allow | Ask)

    def sees(self, guild_id: int, actor: Actor, server: Server) -> bool:
        """Whether the member may know that the server exists."""
        return isinstance(self.decide(guild_id, actor, SEEING, server), Allow)

    def usable(self, guild_id: int, actor: Actor, action: Action) -> list[Server]:
        """The servers with which this member may do this; of what is for anyone, those they see."""
        if action.right == ANYONE:
            action = SEEING
        servers = self._directory.of(guild_id)
        if action.right == RECIPE:
            mine = self.recipes(guild_id, actor, action)
            return [s for s in servers if any(self._runs(actor, action, one, s) for one in mine)]
        if (actor.owns_guild or actor.manages_guild) and not recipe_of(action.right):
            return servers
        allowed = (Allow, Ask)
        return [s for s in servers if isinstance(self.decide(guild_id, actor, action, s), allowed)]

    def resolve(
        self, guild_id: int, channel_id: int, actor: Actor, action: Action, text: str | None
    ) -> Server:
        """The server meant by an option, else by the channel, else the only one the member sees.

        A server that the member may not see is only meant by its full name or identifier, so that
        guessing finds nothing; the decision then refuses and names the rule.

        Raises:
            NoSuchServer: None is meant.
            SeveralServers: More than one is; the member sees them all.
        """
        if text:
            found = self._directory.find(guild_id, text)
        elif bound := self.bound(guild_id, channel_id):
            server = self._directory.get(guild_id, bound)
            found = [server] if server else []
        else:
            found = self.usable(guild_id, actor, action)
            found = found if len(found) == 1 else self.usable(guild_id, actor, SEEING)
        seen = [s for s in found if self.sees(guild_id, actor, s)]
        if len(seen) == 1:
            return seen[0]
        if seen:
            raise SeveralServers(seen)
        named = [
            s
            for s in found
            if text and folded(text) in (s.id, s.identifier, s.uuid, folded(s.name))
        ]
        if len(named) == 1:
            return named[0]
        raise NoSuchServer(text or "")

    def _linked(self, actor: Actor, target: Server, book: Rulebook) -> LinkedKey | None:
        linked = self._links.on(actor.id, target) if book.settings.linking_allowed else None
        if linked is None:
            return None
        return LinkedKey(linked.account_name, linked.rights.get(target.uuid, frozenset()))

    def _runs(self, actor: Actor, action: Action, recipe: Recipe, server: Server) -> bool:
        meant = structs.replace(action, right=f"{RECIPE}.{recipe.name}")
        said = self.decide(server.guild_id, actor, meant, server)
        return isinstance(said, Allow | Ask)

    def _recipe(
        self,
        guild_id: int,
        actor: Actor,
        action: Action,
        target: Server | None,
        group_ids: frozenset[str],
    ) -> RecipeFacts | None:
        name = recipe_of(action.right)
        if not name:
            return None
        recipe = self.book(guild_id).recipes.get(name)
        if recipe is None or target is None:
            return RecipeFacts(recipe is not None)
        may_ask = recipe.by_approval and self.sees(guild_id, actor, target)
        return RecipeFacts(recipe.is_on(target.id, group_ids), may_ask)

    def _sees_any(self, guild_id: int, actor: Actor, rules: Iterable[Rule]) -> bool:
        if actor.owns_guild or actor.manages_guild:
            return True
        if self.book(guild_id).settings.linking_allowed and any(
            linked.rights for linked in self._links.of(guild_id, actor.id)
        ):
            return True
        book = self.book(guild_id)
        if book.policies and any(
            _asks(book, actor, server, book.groups_of(server.id))
            for server in self._directory.of(guild_id)
        ):
            return True
        return any(not rule.denies and not _is_over(rule, self._clock.now()) for rule in rules)


def condition_of(status: str | None) -> Condition | None:
    """The state that a panel's word stands for; None where it is a normal one."""
    return _CONDITIONS.get(status or "")


def _target(server: Server, group_ids: frozenset[str]) -> Target:
    return Target(server.id, server.name, server.panel_name, server.key_rights, group_ids)


def _asks(book: Rulebook, actor: Actor, server: Server, group_ids: frozenset[str]) -> bool:
    """Whether a policy lets the member ask for something on the server."""
    if not book.policies:
        return False
    found = (book.policy(action, server.id, group_ids) for action in POLICY_ACTIONS.values())
    return any(one is not None and may_ask(one, actor) for one in found)


def _is_over(rule: Rule, now: datetime) -> bool:
    return rule.expires_at is not None and rule.expires_at <= now
