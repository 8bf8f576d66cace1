"""What a member hears when something went wrong, and what is kept of it."""

from typing import Final

import discord
import structlog
from discord import app_commands

from bot.access.acting import Audit
from bot.access.conditions import NotNow
from bot.access.decision import Reason
from bot.access.gate import Admitted, Gate, NotAdmitted
from bot.access.rights import ANYONE, SEE, covers
from bot.fleet.panels import PanelGone
from bot.observe import CommandOutcome
from bot.posts.messages import Message
from bot.pterodactyl import PanelError
from bot.store.errors import LimitReached, NameTaken
from bot.supervisor import Supervisor
from bot.texts import _
from bot.ui.doors import actor_of
from bot.ui.errors import door_words, panel_words
from bot.ui.explain import command_name, refusal
from bot.ui.parts import button, plain
from bot.ui.text import code

log = structlog.stdlib.get_logger(__name__)

_EXPLAINABLE: Final = frozenset(
    {
        Reason.NO_GRANT,
        Reason.DENIAL,
        Reason.KEY_LACKS,
        Reason.NOT_ADMIN,
        Reason.SEES_NONE,
        Reason.LINE_FORBIDDEN,
        Reason.LINE_NOT_LISTED,
    }
)


class Explainer:
    """Answers every error in words, with a reference id; keeps refusals in the audit."""

    def __init__(self, gate: Gate, audit: Audit, supervisor: Supervisor) -> None:
        self._gate = gate
        self._audit = audit
        self._supervisor = supervisor

    async def explain(
        self, error: BaseException, *, interaction: discord.Interaction, reference: str, door: str
    ) -> Message:
        """The sentence, the next step and the reference id."""
        if isinstance(error, NotAdmitted) and interaction.guild_id is not None:
            return self._refused(error, interaction, interaction.guild_id, reference)
        if isinstance(error, NotNow):
            self._keep(error, interaction)
        said = self._words(error, interaction)
        if said is None:
            log.error("door failed", door=door, reference=reference, exc_info=error)
            said = _(
                "Something broke on my side; it isn't your fault. What came of it I can't say, so "
                "look before you try again. Tell the operator this reference."
            )
        else:
            log.info("answered", door=door, reference=reference, error=type(error).__name__)
        return Message(f"{said} {code(reference)}")

    def outcome(self, error: BaseException) -> CommandOutcome:
        """What it counts as: answered is also what was no fault, such as an unfit option."""
        match error:
            case NotAdmitted() | NotNow():
                return "refused"
            case PanelError():
                return "panel_error"
            case _ if _own_words(error) is not None:
                return "answered"
        return "bug"

    def _words(self, error: BaseException, interaction: discord.Interaction) -> str | None:
        match error:
            case PanelError():
                admitted = interaction.extras.get("admitted")
                target = admitted.target if isinstance(admitted, Admitted) else None
                return panel_words(
                    error,
                    panel=target.panel_name
                    if target
                    else interaction.extras.get("panel", _("this address")),
                    server=target.name if target else None,
                )
        return _own_words(error)

    def _refused(
        self,
        error: NotAdmitted,
        interaction: discord.Interaction,
        guild_id: int,
        reference: str,
    ) -> Message:
        actor = actor_of(interaction)
        kept = self._audit.refused(
            guild_id, interaction.channel_id or 0, actor.id, reference, error
        )
        self._supervisor.start(f"refusal {reference}", kept)  # the answer doesn't wait for the disk
        said = refusal(error.action, error.decision, error.target, self._holders(guild_id, error))
        text = f"{said} {code(reference)}"
        if error.decision.because.reason not in _EXPLAINABLE:
            return Message(text)
        where = error.target.id if error.target else "-"
        why = button("why", command_name(error.action).replace(" ", "."), where, label=_("Why?"))
        return plain(text, rows=[[why]])

    def _keep(self, error: NotNow, interaction: discord.Interaction) -> None:
        admitted = interaction.extras.get("admitted")
        if isinstance(admitted, Admitted):
            kept = self._audit.note(
                admitted, "refusal", outcome=f"condition: {error.met.need.value}"
            )
            self._supervisor.start(f"refusal {admitted.reference}", kept)

    def _holders(self, guild_id: int, error: NotAdmitted) -> tuple[int, ...]:
        """The roles that hold the right there, so that a member knows whom to ask."""
        right, target = error.action.right, error.target
        if right is None or target is None or right in (ANYONE, SEE):
            return ()
        book = self._gate.book(guild_id)
        scopes = {None, target.id, *book.groups_of(target.id)}
        return tuple(
            dict.fromkeys(
                rule.subject_id
                for rule in book.all
                if rule.kind == "role"
                and not rule.denies
                and covers(rule.right, right)
                and rule.scope_id in scopes
            )
        )


def _own_words(error: BaseException) -> str | None:
    match error:
        case PanelGone():
            return _("That panel is no longer connected here. `/panel list` shows which are.")
        case NameTaken():
            return _("There is one of that name already. Choose another name.")
        case LimitReached():
            return _("That is one too many: this guild may have {count}.", count=str(error))
        case app_commands.CommandNotFound() | app_commands.CommandSignatureMismatch():
            return _(
                "I don't know this command in that form: Discord still shows an older version "
                "of it. Reload Discord (Ctrl+R), then try again."
            )
        case app_commands.TransformerError():
            return _(
                "{value} doesn't fit here. Pick one from the list.",
                value=code(str(error.value), 60),
            )
        case app_commands.CommandInvokeError():
            return door_words(error.original)
    return door_words(error)
