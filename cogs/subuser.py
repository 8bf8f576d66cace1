"""/subuser: who else may use a server on the panel."""

from typing import Annotated

import discord
from discord import app_commands
from discord.ext import commands

from bot.access.decision import Allow, Ask
from bot.access.facts import Action
from bot.access.gate import Admitted
from bot.access.rights import SEE
from bot.posts.messages import Message
from bot.pterodactyl.models import Subuser
from bot.texts import _
from bot.ui.doors import Ack, Press, command, component, decided
from bot.ui.groups import STAFF, group
from bot.ui.options import NamedChoices, ServerOption
from bot.ui.pages import page_number, page_of
from bot.ui.subusers import subuser_card, subuser_line
from bot.ui.text import bold
from bot.work.subusers import EMAIL_CHARACTERS, load_subusers
from cogs.parts import Parts

SERVER = "Which server; may be left out where only one is meant"
USER = "Which subuser; their name or address"

UserOption = Annotated[str, NamedChoices("user", load_subusers)]


class SubuserCog(commands.Cog):
    """Accounts of the panel that share a server."""

    subuser = group("subuser", "Who else may use a server on the panel", seen_by=STAFF)

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._work = parts.subusers

    @command(
        subuser,
        name="list",
        right="user.read",
        on_server=True,
        description="The subusers of a server",
    )
    @app_commands.describe(server=SERVER)
    async def list_subusers(
        self,
        interaction: discord.Interaction,
        server: ServerOption | None = None,  # noqa: ARG002  # the gate has resolved it
    ) -> Message:
        return await self._list(decided(interaction), 0)

    @command(subuser, right="user.read", on_server=True, description="What a subuser may do")
    @app_commands.describe(user=USER, server=SERVER)
    async def info(
        self,
        interaction: discord.Interaction,
        user: UserOption,
        server: ServerOption | None = None,  # noqa: ARG002
    ) -> Message:
        admitted = decided(interaction)
        found = await self._work.find(admitted, user)
        if not self._work.is_own(admitted, found):
            found = await self._work.get(admitted, found.uuid)
        return self._card(admitted, found)

    @command(
        subuser,
        right="user.create",
        on_server=True,
        description="Let somebody use a server; pick what they may do",
    )
    @app_commands.describe(email="The address of their account on the panel", server=SERVER)
    async def add(
        self,
        interaction: discord.Interaction,
        email: app_commands.Range[str, 3, EMAIL_CHARACTERS],
        server: ServerOption | None = None,  # noqa: ARG002
    ) -> Message:
        return await self._work.begin_invite(decided(interaction), email)

    @command(
        subuser, right="user.update", on_server=True, description="Change what a subuser may do"
    )
    @app_commands.describe(user=USER, server=SERVER)
    async def edit(
        self,
        interaction: discord.Interaction,
        user: UserOption,
        server: ServerOption | None = None,  # noqa: ARG002
    ) -> Message:
        admitted = decided(interaction)
        return await self._work.begin_edit(admitted, await self._work.find(admitted, user))

    @command(
        subuser, right="user.delete", on_server=True, description="Take a server from a subuser"
    )
    @app_commands.describe(user=USER, server=SERVER)
    async def remove(
        self,
        interaction: discord.Interaction,
        user: UserOption,
        server: ServerOption | None = None,  # noqa: ARG002
    ) -> Message:
        admitted = decided(interaction)
        return await self._work.ask_remove(admitted, await self._work.find(admitted, user))

    @component("subusers", right="user.read", on_server=True, ack=Ack.UPDATE, name="subuser list")
    async def leaf(self, press: Press) -> Message:
        return await self._list(press.admitted, page_number(press.args[-1]))

    @component("subuser-edit", right="user.update", on_server=True, name="subuser edit")
    async def edit_pressed(self, press: Press) -> Message:
        found = await self._work.get(press.admitted, press.args[-1])
        return await self._work.begin_edit(press.admitted, found)

    @component("subuser-remove", right="user.delete", on_server=True, name="subuser remove")
    async def remove_pressed(self, press: Press) -> Message:
        found = await self._work.get(press.admitted, press.args[-1])
        return await self._work.ask_remove(press.admitted, found)

    @component(
        "subuser-remove-now",
        right="user.delete",
        on_server=True,
        ack=Ack.UPDATE,
        name="subuser remove",
    )
    async def remove_confirmed(self, press: Press) -> Message:
        asked = await self._parts.confirmations.take(press, "subuser-remove-now")
        return await self._work.remove(press.admitted, str(asked.payload["user"]))

    # picking changes nothing and is bound to who began it; what saves it is decided again
    @component("subuser-pick", right=SEE, on_server=True, ack=Ack.UPDATE, name="subuser edit")
    async def picked(self, press: Press) -> Message:
        _server, draft_id, page, group_name = (*press.args, "", "", "")[:4]
        draft = self._work.draft(press.admitted, draft_id)
        draft = self._work.pick(draft, press.values, group_name)
        return self._work.picker(press.admitted, draft, page_number(page))

    @component("subuser-page", right=SEE, on_server=True, ack=Ack.UPDATE, name="subuser edit")
    async def turned(self, press: Press) -> Message:
        _server, draft_id, page = (*press.args, "", "")[:3]
        draft = self._work.draft(press.admitted, draft_id)
        return self._work.picker(press.admitted, draft, page_number(page))

    @component("subuser-cancel", right=SEE, on_server=True, ack=Ack.UPDATE, name="subuser edit")
    async def cancelled(self, press: Press) -> Message:
        self._work.cancel(self._work.draft(press.admitted, press.args[-1]).id)
        return Message(_("Cancelled. Nothing was changed."))

    @component(
        "subuser-ask", right="user.create", on_server=True, ack=Ack.UPDATE, name="subuser add"
    )
    async def asked_invite(self, press: Press) -> Message:
        draft = self._work.draft(press.admitted, press.args[-1])
        return await self._work.ask_invite(press.admitted, draft)

    @component(
        "subuser-invite", right="user.create", on_server=True, ack=Ack.UPDATE, name="subuser add"
    )
    async def invite_confirmed(self, press: Press) -> Message:
        asked = await self._parts.confirmations.take(press, "subuser-invite")
        rights = asked.payload["rights"]
        picked = frozenset(map(str, rights)) if isinstance(rights, list) else frozenset()
        return await self._work.invite(press.admitted, str(asked.payload["email"]), picked)

    @component(
        "subuser-save", right="user.update", on_server=True, ack=Ack.UPDATE, name="subuser edit"
    )
    async def saved(self, press: Press) -> Message:
        draft = self._work.draft(press.admitted, press.args[-1])
        return await self._work.save(press.admitted, draft)

    async def _list(self, admitted: Admitted, page: int) -> Message:
        found = await self._work.listed(admitted)
        return page_of(
            _("Subusers of {server}", server=bold(admitted.server.name)),
            [subuser_line(one) for one in found],
            page,
            verb="subusers",
            server_id=admitted.server.id,
            empty=_(
                "Nobody but the owner. `/subuser add` lets somebody in, by the address of their "
                "account on the panel."
            ),
        )

    def _card(self, admitted: Admitted, found: Subuser) -> Message:
        server, is_own = admitted.server, self._work.is_own(admitted, found)

        def may(right: str) -> bool:
            action = Action("subuser info", right, on_server=True)
            said = self._parts.gate.decide(admitted.guild_id, admitted.actor, action, server)
            return isinstance(said, Allow | Ask) and not is_own

        head = _("This is the account that is connected here.") if is_own else ""
        return subuser_card(server, self._parts.directory.label(server), found, may=may, head=head)
