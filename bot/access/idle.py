"""Stopping a server that nobody is on: the guild's policy does it, and the bot is who acts."""

from typing import Final

from bot.access.consent import Agreed
from bot.access.decision import Allow, Link, Part, Reason, Refuse, Verdict
from bot.access.facts import Action, Actor
from bot.access.gate import Admitted, Gate, NotAdmitted
from bot.access.rights import any_covers
from bot.fleet.directory import Server
from bot.store.policies import PolicyRule

IDLE_STOP: Final = Action("idle-stop", "control.stop", on_server=True)


def idle_policy(gate: Gate, server: Server) -> PolicyRule | None:
    """The policy under which a server stops by itself; None where none does."""
    book = gate.book(server.guild_id)
    return book.policy("idle-stop", server.id, book.groups_of(server.id))


def admit_idle_stop(
    gate: Gate, server: Server, me: Actor, *, channel_id: int, reference: str
) -> Admitted:
    """Let the bot stop a server, as of now, because the guild's policy says so.

    Raises:
        NotAdmitted: No policy does any more, or the panel's key may not.
    """
    policy = idle_policy(gate, server)
    if policy is None:
        link = Link(Part.POLICY, Verdict.REFUSES, Reason.NO_GRANT)
        raise NotAdmitted(IDLE_STOP, Refuse((link,)), server)
    chain = (Link(Part.POLICY, Verdict.ALLOWS, Reason.POLICY, policy=policy),)
    if not any_covers(server.key_rights, "control.stop"):
        link = Link(Part.KEY, Verdict.REFUSES, Reason.KEY_LACKS)
        raise NotAdmitted(IDLE_STOP, Refuse((*chain, link)), server)
    return Admitted(
        guild_id=server.guild_id,
        channel_id=channel_id,
        actor=me,
        action=IDLE_STOP,
        reference=reference,
        decision=Allow(chain),
        target=server,
        agreed=Agreed(said="policy idle-stop"),
    )
