"""Acting later for somebody who asked before: decided anew at the moment of acting."""

from msgspec import Struct

from bot.access.consent import Agreed
from bot.access.decision import Refuse
from bot.access.facts import Action, Actor
from bot.access.gate import Admitted, Gate, NotAdmitted
from bot.access.idle import IDLE_STOP, admit_idle_stop
from bot.fleet.directory import Directory
from bot.posts.members import Members, NotAsked


class Asked(Struct, frozen=True, kw_only=True):
    """What a job keeps of who asked for what; names and roles are read again."""

    guild_id: int
    channel_id: int
    actor_id: int
    actor_name: str
    action: str
    right: str
    server_id: str
    """"" = the guild as a whole."""
    reference: str
    agreed: Agreed | None = None
    """The consent that was given to it, which holds when it is decided anew."""


class MemberGone(Exception):
    """Who asked is no longer in the guild."""


class ServerGone(Exception):
    """The server is no longer connected."""


def asked_by(admitted: Admitted) -> Asked:
    """What is kept of an admitted action, on a server or in the guild as a whole."""
    return Asked(
        guild_id=admitted.guild_id,
        channel_id=admitted.channel_id,
        actor_id=admitted.actor.id,
        actor_name=admitted.actor.name,
        action=admitted.action.name,
        right=admitted.action.right or "",
        server_id=admitted.target.id if admitted.target is not None else "",
        reference=admitted.reference,
        agreed=admitted.agreed,
    )


class Again:
    """Admits once more who asked before."""

    def __init__(self, gate: Gate, directory: Directory, members: Members) -> None:
        self._gate = gate
        self._directory = directory
        self._members = members

    async def admit(self, asked: Asked) -> Admitted:
        """Decide as of now: roles, rules and servers may have changed.

        Raises:
            NotAdmitted: It is no longer theirs to do.
            MemberGone, ServerGone: One of the two is no more.
            NotAsked: Discord did not answer; try again.
        """
        server = self._directory.get(asked.guild_id, asked.server_id)
        if server is None and asked.server_id:
            raise ServerGone(asked.server_id)
        if asked.action == IDLE_STOP.name:
            me = self._members.me(asked.guild_id)
            if server is None:
                raise ServerGone(asked.server_id)
            if me is None:
                raise NotAsked(asked.guild_id)
            return admit_idle_stop(
                self._gate,
                server,
                me,
                channel_id=asked.channel_id,
                reference=asked.reference,
            )
        actor = await self.actor(asked)
        action = Action(asked.action, asked.right, on_server=server is not None)
        decision = self._gate.decide(asked.guild_id, actor, action, server)
        if isinstance(decision, Refuse):
            raise NotAdmitted(action, decision, server)
        return Admitted(
            guild_id=asked.guild_id,
            channel_id=asked.channel_id,
            actor=actor,
            action=action,
            reference=asked.reference,
            decision=decision,
            target=server,
            agreed=asked.agreed,
        )

    async def actor(self, asked: Asked) -> Actor:
        """Who asked, as they are now.

        Raises:
            MemberGone: They left.
            NotAsked: Discord did not answer; try again.
        """
        actor = await self._members.actor(asked.guild_id, asked.actor_id)
        if actor is None:
            raise MemberGone(asked.actor_id)
        return actor
