"""/startup: a server's variables."""

import re
from typing import Annotated, Final

import discord
from discord import app_commands
from discord.ext import commands

from bot.access.gate import Admitted
from bot.access.rights import changes
from bot.posts.messages import Message
from bot.pterodactyl import Invalid
from bot.pterodactyl.models import Startup, Variable
from bot.texts import _
from bot.ui import variables as looks
from bot.ui.doors import Ack, Press, command, component, decided
from bot.ui.errors import Unfit
from bot.ui.groups import STAFF, group
from bot.ui.options import NamedChoices, ServerOption
from bot.ui.pages import page_number, page_of
from bot.ui.parts import button, card, field, form
from bot.ui.text import bold, code, name
from cogs.parts import Parts
from cogs.power import SERVER

VariableOption = Annotated[str, NamedChoices("variable", looks.load_variables)]
VARIABLE = "Which variable"
MOST_CHARACTERS: Final = 2000
_IN_AN_ID: Final = re.compile(r"[A-Za-z0-9_.-]{1,40}")


class StartupCog(commands.Cog):
    """Startup variables of a server."""

    startup = group("startup", "A server's startup variables", seen_by=STAFF)

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @command(
        startup,
        name="list",
        right="startup.read",
        on_server=True,
        description="The start command and its variables",
    )
    @app_commands.describe(server=SERVER)
    async def list_variables(
        self,
        interaction: discord.Interaction,
        server: ServerOption | None = None,  # noqa: ARG002  # the gate has resolved it
    ) -> Message:
        return await self._page(decided(interaction), 0)

    @command(
        startup,
        name="set",
        right="startup.update",
        on_server=True,
        description="Set a variable, from the next start on",
    )
    @app_commands.describe(
        variable=VARIABLE,
        value="The new value; left out, you see the variable with its rules first",
        server=SERVER,
    )
    async def set_variable(
        self,
        interaction: discord.Interaction,
        variable: VariableOption,
        value: app_commands.Range[str, 0, MOST_CHARACTERS] | None = None,
        server: ServerOption | None = None,  # noqa: ARG002
    ) -> Message:
        admitted = decided(interaction)
        found = await self._find(admitted, variable)
        if value is None:
            return self._card(admitted, found)
        return await self._set(admitted, found, value)

    @component(
        "startup-page", right="startup.read", on_server=True, ack=Ack.UPDATE, name="startup list"
    )
    async def leaf(self, press: Press) -> Message:
        return await self._page(press.admitted, page_number(press.args[1]))

    @component(
        "startup-edit", right="startup.update", on_server=True, ack=Ack.MODAL, name="startup set"
    )
    async def open_form(self, press: Press) -> None:
        server, key = press.admitted.server, press.args[1]
        await press.interaction.response.send_modal(
            form(
                "startup-value",
                server.id,
                key,
                title=_("Value of {variable}", variable=key),
                fields=[
                    field("value", label=_("New value"), most=MOST_CHARACTERS, is_required=False)
                ],
            )
        )

    @component("startup-value", right="startup.update", on_server=True, name="startup set")
    async def form_sent(self, press: Press) -> Message:
        found = await self._find(press.admitted, press.args[1])
        return await self._set(press.admitted, found, press.field("value"))

    @component("startup-default", right="startup.update", on_server=True, name="startup set")
    async def default_pressed(self, press: Press) -> Message:
        found = await self._find(press.admitted, press.args[1])
        return await self._set(press.admitted, found, found.default_value)

    async def _page(self, admitted: Admitted, page: int) -> Message:
        server = admitted.server
        found = await self._look(admitted)
        title = _("Startup of {server}", server=name(self._parts.directory.label(server)))
        hidden = _("Hidden variables aren't shown by the panel.")
        return page_of(
            f"{title}\n{code(found.raw_startup_command, 400)}\n-# {hidden}",
            [looks.line(one) for one in found.rows],
            page,
            verb="startup-page",
            server_id=server.id,
            empty=_("It has no variables."),
        )

    def _card(self, admitted: Admitted, variable: Variable) -> Message:
        key, row = variable.env_variable, []
        if variable.is_editable and _IN_AN_ID.fullmatch(key):
            where = (admitted.server.id, key)
            row.append(button("startup-edit", *where, label=_("Change …")))
            if variable.server_value not in (None, variable.default_value):
                row.append(button("startup-default", *where, label=_("Back to the default")))
        label = self._parts.directory.label(admitted.server)
        return card(looks.detail(variable), rows=[row], footer=name(label))

    async def _set(self, admitted: Admitted, variable: Variable, typed: str) -> Message:
        """Send a value that fits, and say what the panel has kept of it."""
        server = admitted.server
        if not variable.is_editable:
            raise Unfit(
                _(
                    "{variable} is read-only: only who runs the panel can change it.",
                    variable=bold(variable.name),
                )
            )
        value = looks.as_sent(variable, typed)
        try:
            async with self._parts.acting(admitted, detail=variable.env_variable) as panel:
                update = await panel.servers.startup.update_variable(
                    server.uuid, variable.env_variable, value
                )
        except Invalid:
            raise Unfit(self._unfit(variable, value)) from None
        kept = update.variable.server_value or ""
        if kept != value:
            raise Unfit(
                _(
                    "The panel kept {kept} for {variable}, not {value}. Look with `/startup list`.",
                    kept=looks.covered(variable, kept),
                    variable=bold(variable.name),
                    value=looks.covered(variable, value),
                )
            )
        if not value:
            return Message(
                _(
                    "{variable} of {server} is empty now, from the next start on.",
                    variable=bold(variable.name),
                    server=self._bold(admitted),
                )
            )
        return Message(
            _(
                "{variable} of {server} is {value} now, from the next start on.",
                variable=bold(variable.name),
                server=self._bold(admitted),
                value=looks.covered(variable, value),
            )
        )

    def _unfit(self, variable: Variable, value: str) -> str:
        rules = looks.rules_words(variable.rules)
        said = _(
            "The panel doesn't take {value} for {variable}. Nothing was changed.",
            value=looks.covered(variable, value) if value else _("an empty value"),
            variable=bold(variable.name),
        )
        return f"{said} " + _("It {rules}.", rules=rules) if rules else said

    async def _look(self, admitted: Admitted) -> Startup:
        server = admitted.server
        client = self._parts.acting.client(admitted)
        found = await client.servers.startup.list_variables(server.uuid)
        self._parts.shelf.put(server, "variable", looks.entries(found.rows))
        return found

    async def _find(self, admitted: Admitted, text: str) -> Variable:
        found = await self._look(admitted)
        return looks.find_variable(
            found.rows, text, admitted.server, whole=changes(admitted.action.right)
        )

    def _bold(self, admitted: Admitted) -> str:
        return bold(self._parts.directory.label(admitted.server))
