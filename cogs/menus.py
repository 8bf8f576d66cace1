"""The context menus: of a message, run it as a console command; of a member, what they may do."""

from typing import Final

import discord
from discord.ext import commands

from bot.access.decision import Link, Reason
from bot.access.facts import Action, Actor
from bot.access.gate import Admitted
from bot.access.rights import ADMIN, RIGHTS
from bot.fleet.directory import Server
from bot.posts.members import actor_of_member
from bot.posts.messages import Message
from bot.texts import _, _n
from bot.ui.doors import Ack, Press, component, decided, menu
from bot.ui.errors import Unfit
from bot.ui.explain import rule_words
from bot.ui.groups import ADMINS
from bot.ui.pages import page_number, page_of
from bot.ui.text import block, bold, code, name
from cogs.parts import Parts

RUN: Final = "Run as console command"
WHAT_MAY: Final = "What may they do here?"
RIGHTS_SHOWN: Final = 8


class MenusCog(commands.Cog):
    """What a right click (or a long press) offers."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @menu(RUN, right="control.console", on_server=True, target=discord.Message)
    async def run_message(
        self, interaction: discord.Interaction, message: discord.Message
    ) -> Message:
        admitted = decided(interaction)
        line = self._parts.console.checked(admitted, message.content)
        bound = self._parts.gate.bound(admitted.guild_id, admitted.channel_id)
        if bound == admitted.server.id:
            return await self._parts.console.run(admitted, line)
        text = _(
            "This channel stands for no server, so look twice. On {server} this would run:",
            server=bold(self._parts.directory.label(admitted.server)),
        )
        return await self._parts.confirmations.ask(
            admitted,
            "menu-run",
            f"{text}\n{block(line, 2100)}",
            label=_("Run"),
            payload={"command": line},
        )

    @component("menu-run", right="control.console", on_server=True, ack=Ack.UPDATE, name=RUN)
    async def run_confirmed(self, press: Press) -> Message:
        asked = await self._parts.confirmations.take(press, "menu-run")
        return await self._parts.console.run(press.admitted, str(asked.payload["command"]))

    @menu(WHAT_MAY, right=ADMIN, target=discord.Member, seen_by=ADMINS)
    async def what_may(
        self, interaction: discord.Interaction, member: discord.Member | discord.User
    ) -> Message:
        if not isinstance(member, discord.Member):
            raise Unfit(_("They have left this Discord server, so they may do nothing here."))
        return self._rights(decided(interaction), member, 0)

    @component("member-rights", right=ADMIN, ack=Ack.UPDATE, name=WHAT_MAY)
    async def leaf(self, press: Press) -> Message:
        page, member_id = (*press.args, "0", "0")[:2]
        guild = press.interaction.guild
        try:
            member = await guild.fetch_member(int(member_id)) if guild else None
        except (discord.NotFound, ValueError):
            member = None
        if member is None:
            raise Unfit(_("They have left this Discord server, so they may do nothing here."))
        return self._rights(press.admitted, member, page_number(page))

    def _rights(self, admitted: Admitted, member: discord.Member, page: int) -> Message:
        if member.bot:
            raise Unfit(_("Bots may do nothing here, whatever their roles."))
        actor = actor_of_member(member)
        lines = [
            line
            for server in self._parts.directory.of(admitted.guild_id)
            for line in self._lines(admitted.guild_id, actor, server)
        ]
        return page_of(
            _("What {member} may do here", member=name(member.display_name, 40)),
            lines,
            page,
            verb="member-rights",
            args=(str(member.id),),
            empty=_("Nothing: no rule speaks of them. `/access grant` gives a right."),
        )

    def _lines(self, guild_id: int, actor: Actor, server: Server) -> list[str]:
        """One line for each rule that speaks of the member on the server, with what it decides."""
        found: dict[str, tuple[Link, list[str]]] = {}
        lacking = []
        for right in RIGHTS:
            action = Action(WHAT_MAY, right, on_server=True)
            decision = self._parts.gate.decide(guild_id, actor, action, server)
            for link in decision.chain:
                if link.reason in _TOLD:
                    key = link.rule.id if link.rule else link.reason.value
                    found.setdefault(key, (link, []))[1].append(right)
            if decision.chain[-1].reason is Reason.KEY_LACKS:
                lacking.append(right)
        label = bold(self._parts.directory.label(server), 40)
        lines = []
        for link, rights in found.values():
            usable = [one for one in rights if one not in lacking]
            mark = "⛔" if link.reason is Reason.DENIAL else "✅"
            said = _rights_words(usable if mark == "✅" else rights)
            lines.append(f"{mark} {label}: {said}\n-# {_why(link)}")
        if lines and lacking:
            lines[-1] += " · " + _n(
                "the panel account lacks {count} right",
                "the panel account lacks {count} rights",
                len(lacking),
            )
        return lines


_TOLD: Final = frozenset(
    {Reason.OWNER, Reason.MANAGES_GUILD, Reason.GRANT, Reason.DENIAL, Reason.LINKED_KEY}
)


def _why(link: Link) -> str:
    match link.reason:
        case Reason.OWNER:
            return _("owner of this Discord server")
        case Reason.MANAGES_GUILD:
            return _("has *Manage Server*")
        case Reason.LINKED_KEY:
            return _("by their own panel key")
    return rule_words(link.rule)


def _rights_words(rights: list[str]) -> str:
    if len(rights) == len(RIGHTS):
        return _("everything")
    if not rights:
        return _("nothing, as the panel account lacks it")
    shown = ", ".join(code(one) for one in rights[:RIGHTS_SHOWN])
    more = len(rights) - RIGHTS_SHOWN
    return shown + (" " + _n("and {count} more", "and {count} more", more) if more > 0 else "")
