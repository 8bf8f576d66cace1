"""Taking something off the two-person rule takes two itself: else it would protect nothing."""

from collections.abc import Sequence
from typing import Final

import discord
from msgspec import structs

from bot.access.consent import Agreed, Consent, covering
from bot.access.gate import Admitted, Gate
from bot.access.rights import ADMIN
from bot.access.ruling import Ruling
from bot.posts.crowd import Crowd
from bot.posts.members import NotAsked
from bot.store.guilds import GuildSettings
from bot.texts import _
from bot.ui.errors import Unfit
from bot.ui.settings.community import class_names
from bot.work.consent_state import Deed
from bot.work.consents import Consents

VERB: Final = "two-person"


class Loosening:
    """Sets what the two-person rule covers: more at once, less once a second member agreed."""

    def __init__(self, consents: Consents, *, ruling: Ruling, gate: Gate, crowd: Crowd) -> None:
        self._consents = consents
        self._ruling = ruling
        self._gate = gate
        self._crowd = crowd
        consents.carry_out_with(VERB, self._carry_out, self._is_off)

    async def choose(
        self, interaction: discord.Interaction, admitted: Admitted, wanted: Sequence[str]
    ) -> str:
        """Let the rule cover what is wanted; returns what is to be said of it, if anything.

        Raises:
            Unfit: Nobody could be asked.
        """
        held = self._gate.book(admitted.guild_id).settings.two_person
        off = [one for one in held if one not in wanted]
        if set(wanted) - set(held):
            on = covering({*held, *wanted})
            await self._ruling.configure(
                admitted,
                lambda settings: structs.replace(
                    settings, two_person=covering({*settings.two_person, *wanted})
                ),
                f"two person: {on}",
            )
        if not off:
            return ""
        if admitted.actor.owns_guild and not await self._others(admitted):
            alone = Agreed(said="the owner alone: nobody else has Manage Server")
            await self._take_off(structs.replace(admitted, agreed=alone), off)
            return _(
                "{classes}: off the two-person rule, on your word alone. You own this guild, and "
                "nobody else has *Manage Server* who could agree.",
                classes=class_list(off),
            )
        asked = await self._consents.ask(
            interaction,
            admitted,
            VERB,
            {"off": off},
            what=lambda: _("take off the two-person rule: {classes}", classes=class_list(off)),
            consent=Consent.SECOND_PERSON,
            right=ADMIN,
        )
        return asked.text

    async def _others(self, admitted: Admitted) -> bool:
        actor = admitted.actor
        try:
            return await self._crowd.others_manage(admitted.guild_id, actor.id, actor.role_ids)
        except NotAsked:
            raise Unfit(
                _("Discord doesn't tell me who else manages this guild. Nothing was changed.")
            ) from None

    async def _take_off(self, admitted: Admitted, off: Sequence[str]) -> None:
        def less(settings: GuildSettings) -> GuildSettings:
            return structs.replace(settings, two_person=covering({*settings.two_person} - {*off}))

        said = admitted.agreed.said if admitted.agreed else ""
        await self._ruling.configure(admitted, less, f"two person without {', '.join(off)}; {said}")

    async def _carry_out(self, deed: Deed) -> str:
        off = [str(one) for one in deed.payload["off"]]
        await self._take_off(deed.admitted, off)
        return _("Off the two-person rule: {classes}.", classes=class_list(off))

    async def _is_off(self, deed: Deed) -> bool:
        held = self._gate.book(deed.admitted.guild_id).settings.two_person
        return not set(held) & {str(one) for one in deed.payload["off"]}


def class_list(classes: Sequence[str]) -> str:
    """Classes of the two-person rule in words, as they are listed in `/config`."""
    names = class_names()
    return ", ".join(f"*{names.get(one, one)}*" for one in classes)
