"""/privacy: what is stored, for how long, and how it is erased."""

import discord
from discord.ext import commands

from bot.access.gate import Admitted
from bot.access.rights import ADMIN, ANYONE
from bot.fleet.directory import folded
from bot.posts.messages import Message
from bot.store import audit as audit_rows
from bot.store import ballots as ballot_rows
from bot.store import confirmations as confirmation_rows
from bot.store import policies as policy_rows
from bot.store.audit import NewEntry
from bot.texts import _, _n
from bot.ui.doors import Ack, Press, command, component, decided
from bot.ui.errors import Unfit
from bot.ui.parts import Control, button, card, danger, field, form
from bot.ui.text import bold, code
from cogs.parts import Parts


class PrivacyCog(commands.Cog):
    """For everybody."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @command(
        right=ANYONE, description="What Roost stores about you and this server, and erasing it"
    )
    async def privacy(self, interaction: discord.Interaction) -> Message:
        admitted = decided(interaction)
        own = len(self._parts.links.of(admitted.guild_id, admitted.actor.id))
        lines = [
            "## " + _("What Roost stores"),
            _(
                "**This server**: its settings, rules, groups and bound channels. The panels' "
                "names and addresses and what they list; their keys are encrypted. Boards, plans "
                "and mirrors (never their lines), and where history is on, what each game server "
                "used and how many played."
            ),
            _(
                "**What was done**: who used which command when, on which server, with which "
                "reason and result. It is kept until it is erased here."
            ),
            _(
                "**Requests and votes**: who asked for what and who voted how, 30 days after they "
                "ended. **Questions** that I asked before something dangerous: a day."
            ),
            _(
                "**Own panel keys** (`/link`): encrypted, until `/unlink` or until you leave. "
                "Yours: {count}.",
                count=own,
            ),
            _(
                "**Alarms**: what was wrong and who took care of it, 30 days. **Your pings** "
                "(`/notify`): until you take them back or leave. Yours: {count}.",
                count=len(
                    self._parts.alerting.notices.of_member(admitted.guild_id, admitted.actor.id)
                ),
            ),
            _(
                "Not stored: messages, consoles, files, passwords. Answers that only you see are "
                "Discord's."
            ),
            _n(
                "When Roost is removed from this server, everything goes after {count} day.",
                "When Roost is removed from this server, everything goes after {count} days.",
                self._parts.leave_grace_days,
            ),
        ]
        row: list[Control] = [button("privacy-me", label=_("Erase what is about me …"))]
        if _holds_guild(admitted):
            row.append(danger("privacy-guild", label=_("Erase everything …")))
        return card("\n".join(lines), rows=[row])

    @component("privacy-me", right=ANYONE, name="privacy")
    async def ask_member(self, press: Press) -> Message:
        text = _(
            "This erases your name and your words from the record of what was done here, your "
            "linked panel keys, your pings, and the questions I asked you. That something was done "
            "stays, without you. Rules about you stay too: only an admin changes those."
        )
        return await self._parts.confirmations.ask(
            press.admitted, "privacy-me-now", text, label=_("Erase")
        )

    @component("privacy-me-now", right=ANYONE, ack=Ack.UPDATE, name="privacy")
    async def erase_member(self, press: Press) -> Message:
        await self._parts.confirmations.take(press, "privacy-me-now")
        guild_id, member_id = press.admitted.guild_id, press.admitted.actor.id
        links = await self._parts.links.drop_member(guild_id, member_id)
        pings = await self._parts.alerting.notices.drop_members(guild_id, [member_id])
        await self._parts.alerting.alarms.forget_member(guild_id, member_id)
        async with self._parts.database.write() as session:
            entries = await audit_rows.erase_member(session, guild_id=guild_id, member_id=member_id)
            await confirmation_rows.drop_member_confirmations(
                session, guild_id=guild_id, member_id=member_id
            )
            await ballot_rows.drop_member_ballots(session, guild_id=guild_id, member_id=member_id)
            await policy_rows.drop_member_uses(session, guild_id=guild_id, member_id=member_id)
            # that somebody erased something is part of the record; who it was is not
            entry = NewEntry(
                kind="change",
                reference=press.admitted.reference,
                actor_id=None,
                action=press.admitted.action.name,
                outcome="erased",
            )
            await self._parts.audit.append(session, guild_id, entry)
        said = _n(
            "Erased: you in {count} entry of the record",
            "Erased: you in {count} entries of the record",
            entries,
        )
        keys = _n("{count} linked key", "{count} linked keys", links)
        wishes = _n("{count} ping", "{count} pings", pings)
        return Message(f"{said}, {keys}, {wishes}.")

    @component("privacy-guild", right=ADMIN, ack=Ack.MODAL, name="privacy")
    async def ask_guild(self, press: Press) -> None:
        _check_holds(press.admitted)
        await press.interaction.response.send_modal(
            form(
                "privacy-guild-now",
                title=_("Erase everything?"),
                fields=[
                    discord.ui.TextDisplay(
                        _(
                            "Everything of this server is erased at once: panels with their keys, "
                            "rules, settings, the record. It can't be brought back. The panels "
                            "themselves aren't touched."
                        )
                    ),
                    field(
                        "typed",
                        label=_("The name of this Discord server"),
                        most=100,
                        description=_("The whole name"),
                    ),
                ],
            )
        )

    @component("privacy-guild-now", right=ADMIN, name="privacy")
    async def erase_guild(self, press: Press) -> Message:
        _check_holds(press.admitted)
        guild = press.interaction.guild
        typed = press.field("typed")
        if guild is None or folded(typed) != folded(guild.name):
            raise Unfit(
                _(
                    "{typed} is not the name of this server, which is {name}. Nothing was erased.",
                    typed=code(typed, 60),
                    name=bold(guild.name if guild else "?"),
                )
            )
        count = await self._parts.erase_guild(press.admitted.guild_id)
        said = _n(
            "Everything is erased: {count} row.", "Everything is erased: {count} rows.", count
        )
        return Message(
            said + " " + _("Delete the keys on your panels too. `/setup` starts afresh.")
        )


def _holds_guild(admitted: Admitted) -> bool:
    return admitted.actor.owns_guild or admitted.actor.manages_guild


def _check_holds(admitted: Admitted) -> None:
    if not _holds_guild(admitted):
        raise Unfit(_("That takes *Manage Server*; the admin role alone is not enough."))
