"""/policy: what the community may ask for, and how it is granted."""

from collections.abc import Callable
from typing import Final, get_args

import discord
from discord import app_commands
from discord.ext import commands
from msgspec import structs

from bot.access.facts import Actor
from bot.access.gate import Admitted
from bot.access.reach import Scope, Subject
from bot.access.rights import ADMIN
from bot.fleet.directory import Server
from bot.posts.members import actor_of_member
from bot.posts.messages import Message
from bot.store.policies import Changed, PolicyAction, PolicyRule, Terms
from bot.texts import _
from bot.ui.doors import Ack, Press, command, component, decided
from bot.ui.errors import Unfit
from bot.ui.groups import ADMINS, group
from bot.ui.options import ScopeOption
from bot.ui.pages import page_number, page_of
from bot.ui.policies import (
    ACTIONS,
    Editing,
    editor,
    numbers_form,
    presets,
    quiet_form,
    with_flags,
    with_how,
    with_numbers,
    with_quiet,
)
from bot.ui.policy_gaps import gap_lines
from bot.ui.policy_words import action_name, policy_sentence
from bot.ui.scopes import ALL, scope_meant, scope_of, scope_words
from bot.ui.text import moment
from cogs.parts import Parts

NAME: Final = "policy edit"
SERVER: Final = "On which server or group of servers; left out: on all"
ACTION: Final = "What members may ask for"
CHOICES: Final = [app_commands.Choice(name=one, value=one) for one in ACTIONS]
Change = Callable[[Terms], Terms]


class PolicyCog(commands.Cog):
    """The editor and its sentences; only admins see this."""

    policy = group("policy", "What the community may ask for", seen_by=ADMINS)

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @command(policy, right=ADMIN, description="Let members ask: at once, by a vote, by approval")
    @app_commands.describe(action=ACTION, server=SERVER)
    @app_commands.choices(action=CHOICES)
    async def edit(
        self, interaction: discord.Interaction, action: str, server: ScopeOption | None = None
    ) -> Message:
        admitted = decided(interaction)
        scope = scope_meant(self._parts.gate, self._parts.directory, admitted, server)
        return self._editor(admitted, scope, _action(action))

    @command(policy, name="list", right=ADMIN, description="What members may ask for, in sentences")
    async def list_policies(self, interaction: discord.Interaction) -> Message:
        return self._list(decided(interaction), 0)

    @command(policy, right=ADMIN, description="Let members no longer ask for something")
    @app_commands.describe(action=ACTION, server=SERVER)
    @app_commands.choices(action=CHOICES)
    async def clear(
        self, interaction: discord.Interaction, action: str, server: ScopeOption | None = None
    ) -> Message:
        admitted = decided(interaction)
        scope = scope_meant(self._parts.gate, self._parts.directory, admitted, server)
        found = self._parts.policing.get(admitted.guild_id, scope, _action(action))
        if found is None:
            raise Unfit(
                _(
                    "There is no policy for that on {where}. `/policy list` shows those there are.",
                    where=scope_words(scope),
                )
            )
        return await self._clear(admitted, found)

    @command(
        policy,
        right=ADMIN,
        description="What would be sent, and who would have to agree, without doing it",
    )
    @app_commands.describe(
        action=ACTION, server="Which server", member="For whom; left out: for yourself"
    )
    @app_commands.choices(action=CHOICES)
    async def simulate(
        self,
        interaction: discord.Interaction,
        action: str,
        server: str,
        member: discord.Member | None = None,
    ) -> Message:
        admitted = decided(interaction)
        scope = scope_meant(self._parts.gate, self._parts.directory, admitted, server)
        if not isinstance(scope, Server):
            raise Unfit(_("Name one server; a policy is simulated on one."))
        actor = actor_of_member(member) if member is not None else admitted.actor
        return await self._parts.simulation.show(admitted.guild_id, actor, _action(action), scope)

    @simulate.autocomplete("server")
    async def complete_server(
        self, interaction: discord.Interaction, current: str
    ) -> list[app_commands.Choice[str]]:
        directory = self._parts.directory
        found = directory.search(directory.of(interaction.guild_id or 0), current, 25)
        return [
            app_commands.Choice(name=directory.label(one)[:100], value=directory.token(one))
            for one in found
        ]

    @component("policy-list", right=ADMIN, ack=Ack.UPDATE, name="policy list")
    async def leaf(self, press: Press) -> Message:
        return self._list(press.admitted, page_number((*press.args, "0")[0]))

    @component("policy-preset", right=ADMIN, ack=Ack.UPDATE, name=NAME)
    async def preset(self, press: Press) -> Message:
        found = presets(_action(press.args[1])).get((*press.values, "")[0])
        if found is None:
            raise _outdated()
        return await self._change(press, lambda _terms: found[1])

    @component("policy-who", right=ADMIN, ack=Ack.UPDATE, name=NAME)
    async def who(self, press: Press) -> Message:
        role_id = _role_id(press)
        return await self._change(press, lambda terms: structs.replace(terms, role_id=role_id))

    @component("policy-how", right=ADMIN, ack=Ack.UPDATE, name=NAME)
    async def how(self, press: Press) -> Message:
        value = (*press.values, "")[0]
        return await self._change(press, lambda terms: with_how(terms, value))

    @component("policy-voters", right=ADMIN, ack=Ack.UPDATE, name=NAME)
    async def voters(self, press: Press) -> Message:
        role_id = _role_id(press)
        return await self._change(
            press, lambda terms: structs.replace(terms, quorum_role_id=role_id)
        )

    @component("policy-voice", right=ADMIN, ack=Ack.UPDATE, name=NAME)
    async def voice(self, press: Press) -> Message:
        picked = (*press.values, "")[0]
        if not picked.isdecimal():
            raise _outdated()
        return await self._change(
            press, lambda terms: structs.replace(terms, quorum_channel_id=int(picked))
        )

    @component("policy-flags", right=ADMIN, ack=Ack.UPDATE, name=NAME)
    async def flags(self, press: Press) -> Message:
        return await self._change(press, lambda terms: with_flags(terms, press.values))

    @component("policy-numbers", right=ADMIN, ack=Ack.MODAL, name=NAME)
    async def numbers(self, press: Press) -> None:
        await press.interaction.response.send_modal(numbers_form(self._editing(press)))

    @component("policy-numbers-set", right=ADMIN, ack=Ack.UPDATE, name=NAME)
    async def numbers_set(self, press: Press) -> Message:
        typed = {name: (*values, "")[0].strip() for name, values in press.fields.items()}
        action = _action(press.args[1])
        return await self._change(press, lambda terms: with_numbers(action, terms, typed))

    @component("policy-quiet", right=ADMIN, ack=Ack.MODAL, name=NAME)
    async def quiet(self, press: Press) -> None:
        await press.interaction.response.send_modal(quiet_form(self._editing(press)))

    @component("policy-quiet-set", right=ADMIN, ack=Ack.UPDATE, name=NAME)
    async def quiet_set(self, press: Press) -> Message:
        begin, end = press.field("begin"), press.field("end")
        return await self._change(press, lambda terms: with_quiet(terms, begin, end))

    @component("policy-simulate", right=ADMIN, name=NAME)
    async def simulate_pressed(self, press: Press) -> Message:
        editing = self._editing(press)
        server = self._one_of(press.admitted, editing.scope)
        if server is None:
            raise Unfit(_("No server is there yet that it could be simulated on."))
        terms = editing.policy.terms if editing.policy is not None else Terms()
        roles = frozenset({terms.role_id} if terms.role_id is not None else ())
        somebody = Actor(0, _("A member who may ask"), roles)
        return await self._parts.simulation.show(
            press.admitted.guild_id, somebody, editing.action, server
        )

    @component("policy-clear", right=ADMIN, name=NAME)
    async def clear_pressed(self, press: Press) -> Message:
        editing = self._editing(press)
        if editing.policy is None:
            raise _outdated()
        return await self._clear(press.admitted, editing.policy)

    @component("policy-clear-now", right=ADMIN, ack=Ack.UPDATE, name="policy clear")
    async def clear_confirmed(self, press: Press) -> Message:
        asked = await self._parts.confirmations.take(press, "policy-clear-now")
        book = self._parts.gate.book(press.admitted.guild_id)
        found = [one for one in book.policies if one.id == asked.payload["policy"]]
        if not found:
            raise Unfit(_("That policy is gone already. Nothing was changed."))
        scope = self._scope(press.admitted, found[0].scope_id)
        await self._parts.policing.clear(press.admitted, scope, found)
        return Message(_("Cleared.") + " " + self._from_now_on(press.admitted, found[0], scope))

    def _from_now_on(self, admitted: Admitted, gone: PolicyRule, scope: Scope) -> str:
        """What holds where a policy was cleared."""
        around = self._parts.policing.around(admitted.guild_id, scope, gone.action)
        if around is not None:
            settings = self._parts.gate.book(admitted.guild_id).settings
            return _(
                "From now on the policy for {where} holds there: {sentence}",
                where=scope_words(self._scope(admitted, around.scope_id)),
                sentence=policy_sentence(gone.action, around.terms, scope_words(scope), settings),
            )
        if gone.action == "idle-stop":
            return _("From now on nothing stops by itself there.")
        return _("From now on it takes the right.")

    def _scope(self, admitted: Admitted, token: str) -> Scope:
        return scope_of(self._parts.gate, self._parts.directory, admitted.guild_id, token or ALL)

    async def _clear(self, admitted: Admitted, policy: PolicyRule) -> Message:
        text = _("This is cleared:") + f"\n{self._sentence(admitted, policy)}"
        return await self._parts.confirmations.ask(
            admitted,
            "policy-clear-now",
            text,
            label=_("Clear"),
            subject=policy.id,
            payload={"policy": policy.id},
        )

    async def _change(self, press: Press, change: Change) -> Message:
        """Change what was seen; where somebody else was there meanwhile, show theirs instead."""
        editing = self._editing(press)
        seen = press.args[2] if len(press.args) > 2 else ""
        now = editing.policy.version if editing.policy is not None else 0
        if seen != str(now):
            return editor(editing, _meanwhile())
        terms = change(editing.policy.terms if editing.policy is not None else Terms())
        await self._check(press, terms)
        try:
            await self._parts.policing.save(
                press.admitted,
                editing.scope,
                editing.action,
                terms,
                version=now,
                roles=_subjects(press, terms),
            )
        except Changed:
            # what the other one wrote may not be in memory yet
            await self._parts.ruling.load(press.admitted.guild_id)
            return editor(self._editing(press), _meanwhile())
        return editor(self._editing(press))

    async def _check(self, press: Press, terms: Terms) -> None:
        """Hold a quorum to how many may vote, as far as everything is chosen."""
        is_chosen = {
            "number": True,
            "role": terms.quorum_role_id is not None,
            "voice": False,  # who is there changes from minute to minute
        }[terms.quorum_of]
        if terms.how == "vote" and is_chosen:
            await self._parts.voters.electorate(press.admitted.guild_id, terms)

    def _editor(self, admitted: Admitted, scope: Scope, action: PolicyAction) -> Message:
        return editor(self._editing_of(admitted, scope, action))

    def _editing(self, press: Press) -> Editing:
        token, action = (*press.args, "", "")[:2]
        return self._editing_of(press.admitted, self._scope(press.admitted, token), _action(action))

    def _editing_of(self, admitted: Admitted, scope: Scope, action: PolicyAction) -> Editing:
        guild_id = admitted.guild_id
        policy = self._parts.policing.get(guild_id, scope, action)
        around = self._parts.policing.around(guild_id, scope, action)
        around_scope = self._scope(admitted, around.scope_id) if around is not None else None
        return Editing(
            scope=scope,
            action=action,
            policy=policy,
            settings=self._parts.gate.book(guild_id).settings,
            gaps=tuple(self._gaps(guild_id, policy)) if policy is not None else (),
            around=around,
            around_words=scope_words(around_scope),
        )

    def _gaps(self, guild_id: int, policy: PolicyRule) -> list[str]:
        servers = self._parts.directory.of(guild_id)
        return [
            *(f"⚠️ {one}" for one in self._parts.voters.lacks(guild_id, policy.terms)),
            *gap_lines(self._parts.gate.book(guild_id), policy, servers),
        ]

    def _one_of(self, admitted: Admitted, scope: Scope) -> Server | None:
        if isinstance(scope, Server):
            return scope
        servers = self._parts.directory.of(admitted.guild_id)
        if scope is not None:
            groups = self._parts.gate.book(admitted.guild_id).settings.groups
            inside = groups[scope.id].server_ids if scope.id in groups else ()
            servers = [one for one in servers if one.id in inside]
        return next(iter(servers), None)

    def _list(self, admitted: Admitted, page: int) -> Message:
        book, directory = self._parts.gate.book(admitted.guild_id), self._parts.directory
        policies = [
            one
            for one in book.policies
            if one.scope_kind != "server" or directory.get(admitted.guild_id, one.scope_id)
        ]
        lines = [
            "\n".join((self._sentence(admitted, one), *self._gaps(admitted.guild_id, one)))
            + "\n-# "
            + _(
                "{action}, set by {who}, {time}",
                action=action_name(one.action),
                who=f"<@{one.changed_by}>",
                time=moment(one.changed_at, "d"),
            )
            for one in policies
        ]
        return page_of(
            _("What members may ask for"),
            lines,
            page,
            verb="policy-list",
            empty=_("Nothing yet: everything takes a right. `/policy edit` lets members ask."),
        )

    def _sentence(self, admitted: Admitted, policy: PolicyRule) -> str:
        settings = self._parts.gate.book(admitted.guild_id).settings
        try:
            scope = self._scope(admitted, policy.scope_id)
        except Unfit:
            where = _("a server or group that is gone")
        else:
            where = scope_words(scope)
        return policy_sentence(policy.action, policy.terms, where, settings)


def _action(text: str) -> PolicyAction:
    for one in get_args(PolicyAction):
        if one == text:
            found: PolicyAction = one
            return found
    raise Unfit(_("Choose one of start, stop, restart and idle-stop."))


def _role_id(press: Press) -> int | None:
    guild = press.interaction.guild
    if not press.values or guild is None:
        return None
    role = guild.get_role(int(press.values[0])) if press.values[0].isdecimal() else None
    if role is None:
        raise Unfit(_("That role is gone. Take another one."))
    return None if role.is_default() else role.id


def _subjects(press: Press, terms: Terms) -> list[Subject]:
    guild = press.interaction.guild
    found = []
    for role_id in (terms.role_id, terms.quorum_role_id):
        role = guild.get_role(role_id) if guild is not None and role_id is not None else None
        if role is not None:
            found.append(Subject("role", role.id, role.position))
    return found


def _meanwhile() -> str:
    return _(
        "Somebody else changed this meanwhile, so your change was not made. Here is how it "
        "stands now; change it again if you still want to."
    )


def _outdated() -> Unfit:
    return Unfit(_("That can't be chosen any more. Open the editor again."))
