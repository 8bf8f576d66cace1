"""Why somebody may or may not do something: the whole chain, each link looked at now."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct, structs

from bot.access.command_permissions import Viewer, permission
from bot.access.decision import Decision, Link, Reason, Refuse, beyond, decide, may_by_themselves
from bot.access.facts import Action, Actor, CommandPermission, Facts
from bot.access.gate import Admitted, Gate, condition_of
from bot.access.reach import Subject
from bot.access.rights import ADMIN, is_right
from bot.access.ruling import Ruling
from bot.clock import Clock
from bot.fleet.directory import Directory, Server
from bot.fleet.hub import Hub
from bot.fleet.known import Known
from bot.fleet.panels import PanelGone, Panels
from bot.posts.integrations import Integrations
from bot.pterodactyl import PanelError
from bot.texts import _
from bot.ui.errors import Unfit
from bot.ui.text import duration

GRANT_LASTS: Final = timedelta(hours=1)
ASK_AGAIN: Final = timedelta(minutes=10)
"""How long somebody waits before they ask the admins for the same once more."""
ASKED_AT_MOST: Final = 10_000
ADMINISTERS: Final = Action("access grant", ADMIN)


class Seen(Struct, frozen=True):
    """A command as Discord looks at it, and who would be shown it."""

    command: str
    """Its top-level name."""
    default: int | None
    """The permissions it asks for, as bits; None = none."""
    viewer: Viewer


class Explained(Struct, frozen=True):
    """A decision, what stands behind its refusal, and how the server is now."""

    decision: Decision
    beyond: tuple[Link, ...]
    known: Known | None = None
    """None where no server is meant."""
    read_permissions: bool = False
    """Whether Discord's own settings were looked at."""

    @property
    def may_be_granted(self) -> bool:
        """Whether a grant is the one change that would turn it."""
        decision = self.decision
        return isinstance(decision, Refuse) and decision.because.reason is Reason.NO_GRANT


class Explaining:
    """Explains decisions, and lets admins turn one for an hour."""

    def __init__(
        self,
        *,
        gate: Gate,
        ruling: Ruling,
        panels: Panels,
        hub: Hub,
        directory: Directory,
        integrations: Integrations,
        command_ids: Callable[[], Mapping[str, int]],
        clock: Clock,
    ) -> None:
        self._gate = gate
        self._ruling = ruling
        self._panels = panels
        self._hub = hub
        self._directory = directory
        self._integrations = integrations
        self._command_ids = command_ids
        self._clock = clock
        self._asked: dict[tuple[int, str, str], float] = {}

    async def explain(
        self,
        guild_id: int,
        actor: Actor,
        action: Action,
        target: Server | None,
        *,
        seen: Seen,
    ) -> Explained:
        """The chain for a member, from Discord's own settings to the live state."""
        said = await self._permission(guild_id, seen)
        facts = self._gate.facts(guild_id, actor, action, target)
        facts = structs.replace(facts, command_permission=said)
        known = None
        if target is not None:
            known = await self._hub.look(target)
            facts = await self._with_state(facts, target)
        return Explained(decide(facts), beyond(facts), known, said is not None)

    async def grant(
        self, admitted: Admitted, member_id: int, right: str, server: Server
    ) -> datetime:
        """Give a member a right on a server for an hour; until when.

        Raises:
            Unfit: It is none that can be given.
            BeyondOwnGrants: It is not theirs to give.
            LimitReached: The guild has as many rules as it may.
        """
        if not is_right(right):
            raise Unfit(_("That button is from an older version of me. Run the command again."))
        (rule,) = await self._ruling.make(
            admitted,
            Subject("member", member_id),
            frozenset({right}),
            scope=server,
            denies=False,
            lasts=GRANT_LASTS,
        )
        return rule.expires_at or self._clock.now() + GRANT_LASTS

    def administers(self, guild_id: int, actor: Actor) -> bool:
        """Whether a member is an admin here, who may turn a refusal."""
        return may_by_themselves(self._gate.decide(guild_id, actor, ADMINISTERS))

    def ask_admins(self, member_id: int, right: str, server: Server) -> None:
        """Note that a member asks the admins for a right; the same not twice in ten minutes.

        Raises:
            Unfit: They did a moment ago.
        """
        key, now = (member_id, right, server.id), self._clock.monotonic()
        before = self._asked.pop(key, None)
        if before is not None and now - before < ASK_AGAIN.total_seconds():
            self._asked[key] = before
            raise Unfit(
                _(
                    "You asked for that already. Give the admins a moment; you may ask again in "
                    "{time}.",
                    time=duration(ASK_AGAIN.total_seconds() - (now - before)),
                )
            )
        self._asked[key] = now
        while len(self._asked) > ASKED_AT_MOST:
            del self._asked[next(iter(self._asked))]

    async def _permission(self, guild_id: int, seen: Seen) -> CommandPermission | None:
        settings = await self._integrations.settings(guild_id)
        if settings is None:
            return None
        command_id = self._command_ids().get(seen.command)
        return permission(settings, command_id, seen.default, seen.viewer)

    async def _with_state(self, facts: Facts, target: Server) -> Facts:
        """With the server's state as its panel tells it now; without one where it can't."""
        try:
            client = self._panels.client(target.guild_id, target.panel_id)
            view = await client.servers.get_server(target.uuid)
        except (PanelError, PanelGone):
            return facts
        condition = condition_of(view.conflict.value if view.conflict else None)
        return structs.replace(facts, condition=condition, looked_at_condition=True)
