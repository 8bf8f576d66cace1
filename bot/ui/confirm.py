"""Asking before something dangerous: bound to the member, and decided again on the click."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import discord

from bot.access.gate import Admitted
from bot.clock import Clock
from bot.fleet.directory import Server, folded
from bot.posts.messages import Message
from bot.store import confirmations as rows
from bot.store.confirmations import JsonValue, NotUsable
from bot.store.engine import Database
from bot.texts import _
from bot.ui.doors import Press
from bot.ui.errors import Unfit
from bot.ui.parts import Colour, button, card, danger, field, form
from bot.ui.text import bold, code

VALID_SECONDS: Final = 60
TYPED_AT_LEAST: Final = 3
_TYPED: Final = "is_typed"


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
        is_typed: bool = False,
        is_danger: bool = True,
    ) -> Message:
        """Keep the question and show it: Cancel first, the dangerous verb second and red.

        The button leads to the door `verb` with the server's row id (or "-") and the question's id.
        With `is_typed` it opens a form first, in which the server's identifier or the start of its
        name has to be typed; the form then leads to the same door.
        """
        now = self._clock.now()
        async with self._database.write() as session:
            asked = await rows.ask(
                session,
                guild_id=admitted.guild_id,
                member_id=admitted.actor.id,
                verb=verb,
                subject_id=subject or (admitted.target.id if admitted.target else ""),
                payload={**(payload or {}), _TYPED: is_typed},
                expires_at=now + timedelta(seconds=VALID_SECONDS),
                now=now,
            )
        where = admitted.target.id if admitted.target else "-"
        go = ("type", verb, where, asked.id) if is_typed else (verb, where, asked.id)
        yes = (
            danger(*go, label=label)
            if is_danger
            else button(*go, label=label, style=discord.ButtonStyle.primary)
        )
        return card(
            text,
            colour=Colour.RED if is_danger else Colour.BLUE,
            rows=[[button("cancel", asked.id, label=_("Cancel")), yes]],
            footer=_("valid for {seconds} s", seconds=VALID_SECONDS),
        )

    async def take(self, press: Press, verb: str) -> rows.ConfirmationRow:
        """The question that this click answers, for the first click only.

        Raises:
            Unfit: It was used, is too old, is somebody else's, was never asked here, or what was
                typed is not the server's name.
        """
        asked_id = press.args[-1] if press.args else ""
        if press.admitted.target is not None and press.fields:
            _check_typed(press.field("typed"), press.admitted.target)
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
        skipped_form = bool(found.payload.get(_TYPED)) and not press.fields
        if (
            skipped_form
            or found.verb != verb
            or (target is not None and found.subject_id != target.id)
        ):
            raise Unfit(_too_late(NotUsable.UNKNOWN))
        return found

    async def open_form(self, press: Press) -> None:
        """Ask for the server's name; from memory, before anything else."""
        verb, where, asked_id = (*press.args, "", "", "")[:3]
        await press.interaction.response.send_modal(
            form(
                verb,
                where,
                asked_id,
                title=_("Are you sure?"),
                fields=[
                    field(
                        "typed",
                        label=_("The server's identifier or name"),
                        description=_("At least the first three letters"),
                        most=100,
                    )
                ],
            )
        )

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


def _check_typed(typed: str, server: Server) -> None:
    text = folded(typed)
    begins = len(text) >= TYPED_AT_LEAST and folded(server.name).startswith(text)
    if text and (begins or text in (folded(server.name), server.identifier)):
        return
    raise Unfit(
        _(
            "{typed} is not the start of {name}, nor its identifier {identifier}. Nothing was "
            "done; run the command again.",
            typed=code(typed, 60),
            name=bold(server.name),
            identifier=code(server.identifier),
        )
    )


def _too_late(why: NotUsable) -> str:
    return {
        NotUsable.USED: _("That was confirmed already; it is done once, not twice."),
        NotUsable.EXPIRED: _("That question is too old. Run the command again for a fresh one."),
        NotUsable.NOT_YOURS: _("Only who was asked can answer that."),
        NotUsable.UNKNOWN: _("I don't know that question any more. Run the command again."),
    }[why]
