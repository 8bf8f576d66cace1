"""Asking before something dangerous: bound to the member, and decided again on the click."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from bot.access.gate import Admitted
from bot.clock import Clock
from bot.posts.messages import Message
from bot.store import confirmations as rows
from bot.store.confirmations import JsonValue, NotUsable
from bot.store.engine import Database
from bot.texts import _
from bot.ui.doors import Press
from bot.ui.errors import Unfit
from bot.ui.parts import Colour, button, card, danger

VALID_SECONDS: Final = 60


class Confirmations:
    """Questions that wait for one click; the database decides who was first."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def ask(
        self,
        admitted: Admitted,
        verb: str,
        text: str,
        *,
        label: str,
        subject: str = "",
        payload: Mapping[str, JsonValue] | None = None,
    ) -> Message:
        """Keep the question and show it: Cancel first, the dangerous verb second and red.

        The button leads to the door `verb` with the server's row id (or "-") and the question's id.
        """
        now = self._clock.now()
        async with self._database.write() as session:
            asked = await rows.ask(
                session,
                guild_id=admitted.guild_id,
                member_id=admitted.actor.id,
                verb=verb,
                subject_id=subject or (admitted.target.id if admitted.target else ""),
                payload=payload or {},
                expires_at=now + timedelta(seconds=VALID_SECONDS),
                now=now,
            )
        where = admitted.target.id if admitted.target else "-"
        return card(
            text,
            colour=Colour.RED,
            rows=[
                [
                    button("cancel", asked.id, label=_("Cancel")),
                    danger(verb, where, asked.id, label=label),
                ]
            ],
            footer=_("valid for {seconds} s", seconds=VALID_SECONDS),
        )

    async def take(self, press: Press, verb: str) -> rows.ConfirmationRow:
        """The question that this click answers, for the first click only.

        Raises:
            Unfit: It was used, is too old, is somebody else's, or was never asked here.
        """
        asked_id = press.args[-1] if press.args else ""
        async with self._database.write() as session:
            found = await rows.use(
                session,
                guild_id=press.admitted.guild_id,
                confirmation_id=asked_id,
                member_id=press.admitted.actor.id,
                now=self._clock.now(),
            )
        if isinstance(found, NotUsable):
            raise Unfit(_too_late(found))
        target = press.admitted.target
        if found.verb != verb or (target is not None and found.subject_id != target.id):
            raise Unfit(_too_late(NotUsable.UNKNOWN))
        return found

    async def withdraw(self, press: Press) -> Message:
        """Cancel."""
        async with self._database.write() as session:
            await rows.withdraw(
                session,
                guild_id=press.admitted.guild_id,
                confirmation_id=press.args[-1] if press.args else "",
                member_id=press.admitted.actor.id,
            )
        return Message(_("Cancelled. Nothing was changed."))


def _too_late(why: NotUsable) -> str:
    return {
        NotUsable.USED: _("That was confirmed already; it is done once, not twice."),
        NotUsable.EXPIRED: _("That question is too old. Run the command again for a fresh one."),
        NotUsable.NOT_YOURS: _("Only who was asked can answer that."),
        NotUsable.UNKNOWN: _("I don't know that question any more. Run the command again."),
    }[why]
