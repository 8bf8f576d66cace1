"""/access explain, and the button that turns a refusal for an hour."""

import discord
from discord import app_commands

from bot.access.decision import Reason, Refuse
from bot.access.facts import Action
from bot.access.gate import NoSuchServer, SeveralServers
from bot.access.rights import ADMIN, ANYONE
from bot.fleet.directory import Server
from bot.posts.answers import publish
from bot.posts.messages import Message
from bot.texts import _, speaking
from bot.ui.command_options import CommandOption, action_named
from bot.ui.doors import Ack, Press, command, component, decided
from bot.ui.errors import Unfit
from bot.ui.explain import right_name
from bot.ui.options import ServerOption
from bot.ui.parts import button, plain
from bot.ui.text import bold, moment
from cogs.access_console import ACCESS
from cogs.explaining import explained
from cogs.parts import Parts


class AccessExplain:
    """The part of `/access` that explains."""

    _parts: Parts

    @command(
        ACCESS, right=ADMIN, description="Why a member may or may not do something, link by link"
    )
    @app_commands.describe(
        member="Whom it is about", command="Which command", server="On which server"
    )
    async def explain(
        self,
        interaction: discord.Interaction,
        member: discord.Member,
        command: CommandOption,
        server: ServerOption | None = None,
    ) -> Message:
        admitted, gate = decided(interaction), self._parts.gate
        meant, target = action_named(interaction, gate, command), None
        if meant.on_server:
            try:
                target = gate.resolve(
                    admitted.guild_id, admitted.channel_id, admitted.actor, meant, server
                )
            except (NoSuchServer, SeveralServers):
                if server:
                    raise
        return await explained(self._parts, interaction, command, meant, target, about=member)

    @component("hour", right=ADMIN, ack=Ack.UPDATE, name="access grant")
    async def grant_for_an_hour(self, press: Press) -> Message:
        server_id, member, right = (*press.args, "", "", "")[:3]
        server = self._server(press, server_id)
        try:
            member_id = int(member, 16)
        except ValueError:
            raise Unfit(
                _("That button is from an older version of me. Run the command again.")
            ) from None
        until = await self._parts.explaining.grant(press.admitted, member_id, right, server)
        with speaking(self._language(press)):
            return plain(
                _(
                    "{admin} gave {member} the right *{right}* on {server}, until {time}.",
                    admin=bold(press.admitted.actor.name),
                    member=f"<@{member_id}>",
                    right=right_name(right),
                    server=bold(server.name),
                    time=moment(until, "t"),
                )
            )

    @component("ask-admin", right=ANYONE, name="why")
    async def ask_an_admin(self, press: Press) -> Message:
        server_id, right = (*press.args, "", "")[:2]
        server, admitted = self._server(press, server_id), press.admitted
        action = Action("why", right, on_server=True)
        said = self._parts.gate.decide(admitted.guild_id, admitted.actor, action, server)
        if not isinstance(said, Refuse) or said.because.reason is not Reason.NO_GRANT:
            raise Unfit(_("There is nothing to ask for any more. Try the command again."))
        self._parts.explaining.ask_admins(admitted.actor.id, right, server)
        with speaking(self._language(press)):
            asked = plain(
                _(
                    "{member} asks the admins for the right *{right}* on {server}.",
                    member=bold(admitted.actor.name),
                    right=right_name(right),
                    server=bold(server.name),
                ),
                rows=[
                    [
                        button(
                            "hour",
                            server.id,
                            f"{admitted.actor.id:x}",
                            right,
                            label=_("Grant for 1 hour"),
                        )
                    ]
                ],
            )
        post = await publish(press.interaction, asked)
        if post is None:
            return Message(_("I may not write here, so nobody was asked. Tell an admin yourself."))
        return Message(_("Asked. An admin can grant it with the button in this channel."))

    def _server(self, press: Press, server_id: str) -> Server:
        server = self._parts.directory.get(press.admitted.guild_id, server_id)
        if server is None:
            raise NoSuchServer(server_id)
        return server

    def _language(self, press: Press) -> str:
        locale = press.interaction.guild_locale
        return self._parts.gate.language(press.admitted.guild_id, locale.value if locale else None)
