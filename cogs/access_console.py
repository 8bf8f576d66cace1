"""/access console: which console commands may be sent from Discord, by whom."""

from typing import Final

import discord
from discord import app_commands

from bot.access.console_rules import ConsoleRule, Sender, may_send
from bot.access.console_ruling import COMMAND_CHARACTERS, COMMANDS_AT_MOST
from bot.access.gate import Admitted
from bot.access.reach import Scope, Subject
from bot.access.rights import ADMIN
from bot.fleet.directory import Server
from bot.fleet.games import Game, game_of
from bot.posts.messages import Message
from bot.texts import _
from bot.ui.console_rules import Shown, game_name, read_commands, rule_card, rules_card
from bot.ui.doors import Ack, Press, command, component, decided
from bot.ui.errors import Unfit
from bot.ui.explain import judgement_words
from bot.ui.groups import ADMINS, group
from bot.ui.options import ScopeOption
from bot.ui.parts import field, form, role_field
from bot.ui.scopes import scope_meant, scope_of, scope_token, scope_words
from bot.work.console import COMMAND_CHARACTERS as LINE_CHARACTERS
from bot.work.console import checked_command
from cogs.parts import Parts

ACCESS = group("access", "Who may do what", seen_by=ADMINS)
BY_IMAGE: Final = "by-image"
NAME: Final = "access console"


class AccessConsole:
    """The part of `/access` that speaks of consoles."""

    _parts: Parts

    @command(
        ACCESS, right=ADMIN, description="Which console commands may be sent from Discord, by whom"
    )
    @app_commands.describe(
        server="On which server or group of servers; left out: on all",
        preset="Begin with the lists of a game; left out: open the editor",
    )
    @app_commands.choices(
        preset=[
            app_commands.Choice(name=one, value=one)
            for one in (BY_IMAGE, *(game.value for game in Game))
        ]
    )
    async def console(
        self,
        interaction: discord.Interaction,
        server: ScopeOption | None = None,
        preset: str = "",
    ) -> Message:
        admitted = decided(interaction)
        scope = scope_meant(self._parts.gate, self._parts.directory, admitted, server)
        if not preset:
            return self._editor(admitted, scope)
        game = self._game(admitted, scope) if preset == BY_IMAGE else _named(preset)
        if game is None:
            raise Unfit(
                _(
                    "The servers there run several games, so no one preset fits them all. Choose "
                    "one by its name, or name a server."
                )
            )
        return await self._preset(interaction, admitted, scope, game)

    @component("console-rules", right=ADMIN, ack=Ack.UPDATE, name=NAME)
    async def console_back(self, press: Press) -> Message:
        return self._editor(press.admitted, self._scope_of(press))

    @component("console-preset", right=ADMIN, ack=Ack.UPDATE, name=NAME)
    async def console_preset(self, press: Press) -> Message:
        game = _named((*press.values, "")[0])
        return await self._preset(press.interaction, press.admitted, self._scope_of(press), game)

    @component("console-preset-set", right=ADMIN, ack=Ack.UPDATE, name=NAME)
    async def console_preset_set(self, press: Press) -> Message:
        asked = await self._parts.confirmations.take(press, "console-preset-set")
        scope = self._scope(press.admitted, str(asked.payload["scope"]))
        game = _named(str(asked.payload["game"]))
        return await self._take(press.interaction, press.admitted, scope, game)

    @component("console-new", right=ADMIN, ack=Ack.MODAL, name=NAME)
    async def console_new(self, press: Press) -> None:
        token, effect = (*press.args, "", "")[:2]
        denies = effect != "allow"
        await press.interaction.response.send_modal(
            form(
                "console-add",
                token,
                "deny" if denies else "allow",
                title=_("Forbid commands") if denies else _("Allow commands"),
                fields=[_commands_field(), _role_field()],
            )
        )

    @component("console-add", right=ADMIN, ack=Ack.UPDATE, name=NAME)
    async def console_add(self, press: Press) -> Message:
        scope = self._scope_of(press)
        made = await self._parts.console_ruling.add(
            press.admitted,
            scope,
            _role(press),
            denies=press.args[-1] != "allow",
            commands=read_commands(press.field("commands")),
        )
        return self._editor(press.admitted, scope, _saved(made))

    @component("console-rule", right=ADMIN, ack=Ack.UPDATE, name=NAME)
    async def console_rule(self, press: Press) -> Message:
        scope = self._scope_of(press)
        return rule_card(scope, self._rule(press.admitted, scope, (*press.values, "")[0]))

    @component("console-edit", right=ADMIN, ack=Ack.MODAL, name=NAME)
    async def console_edit(self, press: Press) -> None:
        scope = self._scope_of(press)
        rule = self._rule(press.admitted, scope, press.args[-1])
        await press.interaction.response.send_modal(
            form(
                "console-set",
                scope_token(scope),
                rule.id,
                title=_("Forbidden commands") if rule.denies else _("Allowed commands"),
                fields=[_commands_field(", ".join(rule.commands)), _role_field(rule.role_id)],
            )
        )

    @component("console-set", right=ADMIN, ack=Ack.UPDATE, name=NAME)
    async def console_set(self, press: Press) -> Message:
        scope = self._scope_of(press)
        rule = self._rule(press.admitted, scope, press.args[-1])
        await self._parts.console_ruling.change(
            press.admitted,
            scope,
            rule,
            role=_role(press),
            commands=read_commands(press.field("commands")),
            positions=_positions(press.interaction),
        )
        return self._editor(press.admitted, scope)

    @component("console-drop", right=ADMIN, ack=Ack.UPDATE, name=NAME)
    async def console_drop(self, press: Press) -> Message:
        scope = self._scope_of(press)
        rule = self._rule(press.admitted, scope, press.args[-1])
        await self._parts.console_ruling.drop(
            press.admitted, scope, [rule], _positions(press.interaction)
        )
        return self._editor(press.admitted, scope)

    @component("console-try", right=ADMIN, ack=Ack.MODAL, name=NAME)
    async def console_try(self, press: Press) -> None:
        await press.interaction.response.send_modal(
            form(
                "console-tried",
                (*press.args, "")[0],
                title=_("May this line be sent?"),
                fields=[
                    field("line", label=_("Console line"), most=LINE_CHARACTERS),
                    _role_field(label=_("By somebody with this role")),
                ],
            )
        )

    @component("console-tried", right=ADMIN, ack=Ack.UPDATE, name=NAME)
    async def console_tried(self, press: Press) -> Message:
        scope, line = self._scope_of(press), checked_command(press.field("line"))
        role = _role(press)
        book = self._parts.gate.book(press.admitted.guild_id)
        rules = self._parts.console_ruling.of(press.admitted.guild_id, scope)
        if isinstance(scope, Server):
            rules = list(book.console_on(scope.id))
        elif scope is not None:
            rules += self._parts.console_ruling.of(press.admitted.guild_id, None)
        sender = Sender(frozenset({role.id} if role else ()))
        game = self._game(press.admitted, scope) or Game.GENERIC
        said = judgement_words(may_send(rules, line, sender, game), line)
        return self._editor(press.admitted, scope, said)

    async def _preset(
        self, interaction: discord.Interaction, admitted: Admitted, scope: Scope, game: Game
    ) -> Message:
        old = self._parts.console_ruling.of(admitted.guild_id, scope)
        if not old:
            return await self._take(interaction, admitted, scope, game)
        return await self._parts.confirmations.ask(
            admitted,
            "console-preset-set",
            _(
                "The lists on {where} give way to those of the preset {game}.",
                where=scope_words(scope),
                game=game_name(game),
            ),
            label=_("Replace"),
            payload={"scope": scope_token(scope), "game": game.value},
        )

    async def _take(
        self, interaction: discord.Interaction, admitted: Admitted, scope: Scope, game: Game
    ) -> Message:
        await self._parts.console_ruling.take_preset(admitted, scope, game, _positions(interaction))
        return self._editor(admitted, scope)

    def _editor(self, admitted: Admitted, scope: Scope, note: str = "") -> Message:
        guild_id = admitted.guild_id
        book = self._parts.gate.book(guild_id)
        rules = self._parts.console_ruling.of(guild_id, scope)
        wider: list[ConsoleRule] = []
        if isinstance(scope, Server):
            wider = [one for one in book.console_on(scope.id) if one not in rules]
        elif scope is not None:
            wider = self._parts.console_ruling.of(guild_id, None)
        shown = Shown(
            scope=scope,
            game=self._game(admitted, scope),
            rules=rules,
            wider=wider,
            roles=self._parts.places.roles(guild_id),
        )
        return rules_card(shown, note)

    def _game(self, admitted: Admitted, scope: Scope) -> Game | None:
        """The game of all servers there; None where they run several."""
        servers = self._parts.directory.of(admitted.guild_id)
        if isinstance(scope, Server):
            servers = [scope]
        elif scope is not None:
            group = self._parts.gate.book(admitted.guild_id).settings.groups.get(scope.id)
            inside = group.server_ids if group else ()
            servers = [server for server in servers if server.id in inside]
        games = {game_of(server.image) for server in servers}
        return games.pop() if len(games) == 1 else None

    def _scope_of(self, press: Press) -> Scope:
        return self._scope(press.admitted, (*press.args, "")[0])

    def _scope(self, admitted: Admitted, token: str) -> Scope:
        return scope_of(self._parts.gate, self._parts.directory, admitted.guild_id, token)

    def _rule(self, admitted: Admitted, scope: Scope, rule_id: str) -> ConsoleRule:
        for rule in self._parts.console_ruling.of(admitted.guild_id, scope):
            if rule.id == rule_id:
                return rule
        raise Unfit(_("That list is gone. Run `/access console` again."))


def _named(text: str) -> Game:
    try:
        return Game(text)
    except ValueError:
        raise Unfit(_("I know no such preset. Choose one from the list.")) from None


def _role(press: Press) -> Subject | None:
    """The role chosen in a form; None where none was, or everyone."""
    chosen, guild = press.field("role"), press.interaction.guild
    if not chosen or guild is None:
        return None
    role = guild.get_role(int(chosen)) if chosen.isdecimal() else None
    if role is None:
        raise Unfit(_("That role is gone. Choose another one."))
    return None if role.is_default() else Subject("role", role.id, role.position)


def _positions(interaction: discord.Interaction) -> dict[int, int]:
    return {role.id: role.position for role in interaction.guild.roles} if interaction.guild else {}


def _saved(rule: ConsoleRule) -> str:
    if rule.denies:
        return _("Forbidden from now on.")
    return _("Allowed from now on; what no list allows is refused.")


def _commands_field(value: str = "") -> "discord.ui.Label[discord.ui.Modal]":
    return field(
        "commands",
        label=_("Commands"),
        description=_("By commas or lines. A trailing * stands for any ending"),
        placeholder="say, whitelist add, sm_*",
        value=value,
        is_long=True,
        most=min(4000, COMMANDS_AT_MOST * (COMMAND_CHARACTERS + 2)),
    )


def _role_field(
    chosen: int | None = None, *, label: str = ""
) -> "discord.ui.Label[discord.ui.Modal]":
    return role_field(
        "role",
        label=label or _("For this role"),
        description=_("Left out: everyone with the right to the console"),
        chosen=chosen,
    )
