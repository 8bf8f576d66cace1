"""/access: who may do what."""

from collections.abc import Collection, Sequence
from datetime import timedelta

import discord
from discord import app_commands
from discord.ext import commands

from bot.access.gate import Admitted
from bot.access.reach import Scope, Subject
from bot.access.rights import (
    ADMIN,
    GROUPS,
    PRESETS,
    RECIPE,
    RECIPES,
    RIGHTS,
    expanded,
    recipe_of,
)
from bot.access.rules import Rule
from bot.posts.messages import Message
from bot.texts import _
from bot.ui.doors import Ack, Press, command, component, decided
from bot.ui.errors import Unfit
from bot.ui.explain import subject_name
from bot.ui.options import ScopeOption
from bot.ui.pages import page_number, page_of
from bot.ui.parts import card
from bot.ui.rules import rule_lines, scope_words
from bot.ui.scopes import scope_meant
from bot.ui.spans import span
from bot.ui.text import bold, code
from cogs.access_console import ACCESS, AccessConsole
from cogs.access_explain import AccessExplain
from cogs.access_recipes import AccessRecipes
from cogs.parts import Parts

RIGHT = "A right (control.restart), a group (control.*), or a preset (moderator)"
WHERE = "On which server or group of servers; left out: on all"
SHOWN_RULES = 15


class AccessCog(AccessConsole, AccessRecipes, AccessExplain, commands.Cog):
    """Grants and denials; only admins see this."""

    access = ACCESS

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @command(access, right=ADMIN, description="Let a role or a member do something")
    @app_commands.describe(
        right=RIGHT,
        role="To this role",
        member="To this member",
        server=WHERE,
        for_="For how long, such as 2h or 7d; left out: for good",
        reason="Why, for the record",
    )
    @app_commands.rename(for_="for")
    async def grant(
        self,
        interaction: discord.Interaction,
        right: app_commands.Range[str, 1, 60],
        role: discord.Role | None = None,
        member: discord.Member | None = None,
        server: ScopeOption | None = None,
        for_: app_commands.Range[str, 1, 20] = "",
        reason: app_commands.Range[str, 0, 200] = "",
    ) -> Message:
        admitted = decided(interaction)
        return await self._make(
            admitted,
            _subject(admitted.guild_id, role, member),
            self._rights(admitted, right),
            server=server,
            denies=False,
            lasts=span(for_),
            reason=reason,
        )

    @command(access, right=ADMIN, description="Forbid something; a denial wins over every grant")
    @app_commands.describe(
        right=RIGHT,
        role="This role",
        member="This member",
        server=WHERE,
        for_="For how long, such as 2h or 7d; left out: for good",
        reason="Why, for the record",
    )
    @app_commands.rename(for_="for")
    async def deny(
        self,
        interaction: discord.Interaction,
        right: app_commands.Range[str, 1, 60],
        role: discord.Role | None = None,
        member: discord.Member | None = None,
        server: ScopeOption | None = None,
        for_: app_commands.Range[str, 1, 20] = "",
        reason: app_commands.Range[str, 0, 200] = "",
    ) -> Message:
        admitted = decided(interaction)
        return await self._make(
            admitted,
            _subject(admitted.guild_id, role, member),
            self._rights(admitted, right),
            server=server,
            denies=True,
            lasts=span(for_),
            reason=reason,
        )

    @command(access, right=ADMIN, description="Take grants and denials back")
    @app_commands.describe(
        role="From this role",
        member="From this member",
        right="Which right or preset; left out: everything",
        server="On which server or group; left out: wherever it was",
    )
    async def revoke(
        self,
        interaction: discord.Interaction,
        role: discord.Role | None = None,
        member: discord.Member | None = None,
        right: app_commands.Range[str, 1, 60] = "",
        server: ScopeOption | None = None,
    ) -> Message:
        admitted = decided(interaction)
        subject = _subject(admitted.guild_id, role, member)
        where = scope_meant(self._parts.gate, self._parts.directory, admitted, server)
        gone = await self._parts.ruling.revoke(
            admitted,
            subject,
            self._rights(admitted, right) if right else frozenset(),
            scope=where,
            everywhere=where is None,
        )
        whom = subject_name(subject.kind, subject.id)
        if not gone:
            return Message(_("There is no such rule about {whom}; nothing changed.", whom=whom))
        guild_id = admitted.guild_id
        lines = "\n".join(self._lines(guild_id, gone)[:SHOWN_RULES])
        return card("## " + _("Taken back") + f"\n{lines}")

    @command(access, name="list", right=ADMIN, description="The rules of this guild")
    @app_commands.describe(
        server="Only those that hold on this server or group", role="Only this role's"
    )
    async def list_rules(
        self,
        interaction: discord.Interaction,
        server: ScopeOption | None = None,
        role: discord.Role | None = None,
    ) -> Message:
        admitted = decided(interaction)
        where = scope_meant(self._parts.gate, self._parts.directory, admitted, server)
        return self._page(admitted, 0, where.id if where else "-", str(role.id) if role else "-")

    @command(access, right=ADMIN, description="Give a role a preset, instead of what it had there")
    @app_commands.describe(role="Which role", preset="What it is to hold", server=WHERE)
    @app_commands.choices(preset=[app_commands.Choice(name=one, value=one) for one in PRESETS])
    async def preset(
        self,
        interaction: discord.Interaction,
        role: discord.Role,
        preset: str,
        server: ScopeOption | None = None,
    ) -> Message:
        admitted = decided(interaction)
        rights = PRESETS.get(preset)
        if rights is None:
            raise Unfit(_("I know no such preset. Choose one from the list."))
        where = scope_meant(self._parts.gate, self._parts.directory, admitted, server)
        made, gone = await self._parts.ruling.replace(
            admitted, _subject(admitted.guild_id, role, None), rights, scope=where
        )
        return self._said(admitted.guild_id, made, where, gone)

    @component("rules", right=ADMIN, ack=Ack.UPDATE, name="access list")
    async def leaf(self, press: Press) -> Message:
        page, where, role = (*press.args, "0", "-", "-")[:3]
        return self._page(press.admitted, page_number(page), where, role)

    @grant.autocomplete("right")
    @deny.autocomplete("right")
    @revoke.autocomplete("right")
    async def complete_right(
        self,
        interaction: discord.Interaction,
        current: str,
    ) -> list[app_commands.Choice[str]]:
        typed = current.casefold().strip()
        recipes = self._parts.gate.book(interaction.guild_id or 0).recipes
        every = [*PRESETS, "*", *(f"{name}.*" for name in GROUPS), *RIGHTS]
        every += [RECIPES, *(f"{RECIPE}.{name}" for name in recipes)] if recipes else []
        return [app_commands.Choice(name=one, value=one) for one in every if typed in one][:25]

    def _rights(self, admitted: Admitted, text: str) -> frozenset[str]:
        return _rights(text, self._parts.gate.book(admitted.guild_id).recipes)

    async def _make(
        self,
        admitted: Admitted,
        subject: Subject,
        rights: frozenset[str],
        *,
        server: str | None,
        denies: bool,
        lasts: timedelta | None,
        reason: str,
    ) -> Message:
        where = scope_meant(self._parts.gate, self._parts.directory, admitted, server)
        made = await self._parts.ruling.make(
            admitted, subject, rights, scope=where, denies=denies, lasts=lasts, reason=reason
        )
        return self._said(admitted.guild_id, made, where)

    def _said(
        self, guild_id: int, made: list[Rule], where: Scope, gone: Sequence[Rule] = ()
    ) -> Message:
        lines = self._lines(guild_id, made)
        if any(rule.kind == "everyone" and not rule.denies for rule in made):
            lines.append("")
            lines.append(_("⚠️ That holds for everyone in this Discord server, new members too."))
        if gone:
            lines.append("### " + _("Taken back"))
            lines += self._lines(guild_id, gone)[:SHOWN_RULES]
        on = bold(where.name) if where else _("all servers")
        return card("## " + _("Set on {where}", where=on) + "\n" + "\n".join(lines))

    def _page(self, admitted: Admitted, page: int, server_id: str, role_id: str) -> Message:
        book = self._parts.gate.book(admitted.guild_id)
        rules, scopes = book.all, {None, server_id, *book.groups_of(server_id)}
        shown = [
            rule
            for rule in rules
            if (server_id == "-" or rule.scope_id in scopes)
            and (role_id == "-" or str(rule.subject_id) == role_id)
        ]
        return page_of(
            _("Rules"),
            self._lines(admitted.guild_id, shown),
            page,
            verb="rules",
            args=(server_id, role_id),
            empty=_(
                "No rule yet: only who has *Manage Server* may do anything. `/access grant` "
                "opens servers to a role."
            ),
        )

    def _lines(self, guild_id: int, rules: Sequence[Rule]) -> list[str]:
        gate, directory = self._parts.gate, self._parts.directory
        return rule_lines(rules, lambda rule: scope_words(gate, directory, guild_id, rule))


def _subject(guild_id: int, role: discord.Role | None, member: discord.Member | None) -> Subject:
    if (role is None) == (member is None):
        raise Unfit(_("Name either a role or a member: one of the two."))
    if role is not None:
        if role.id == guild_id:
            return Subject("everyone", guild_id)
        return Subject("role", role.id, role.position)
    if member is None or member.bot:
        raise Unfit(_("Bots may not act here, so there is nothing to set for one."))
    return Subject("member", member.id, member.top_role.position)


def _rights(text: str, recipes: Collection[str]) -> frozenset[str]:
    rights = expanded(text)
    if not rights or any(recipe_of(one) and recipe_of(one) not in recipes for one in rights):
        raise Unfit(
            _(
                "I know no right {text}. Pick one from the list: a right such as "
                "`control.restart`, a group such as `control.*`, or a preset such as `moderator`.",
                text=code(text, 60),
            )
        )
    return rights
