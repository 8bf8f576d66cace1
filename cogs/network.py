"""/network: a server's addresses and ports."""

from typing import Annotated

import discord
from discord import app_commands
from discord.ext import commands

from bot.access.gate import Admitted
from bot.posts.messages import Message
from bot.pterodactyl.models import Allocation
from bot.texts import _
from bot.ui import allocations as looks
from bot.ui.doors import Ack, Press, command, component, decided
from bot.ui.errors import Unfit
from bot.ui.groups import STAFF, group
from bot.ui.options import NamedChoices, ServerOption
from bot.ui.pages import page_number, page_of
from bot.ui.text import bold, name
from bot.work.looking import done_or_seen
from cogs.parts import Parts
from cogs.power import SERVER

AllocationOption = Annotated[str, NamedChoices("allocation", looks.load_allocations)]
ALLOCATION = "Which address; the port is enough"
NOTE_CHARACTERS = 256


class NetworkCog(commands.Cog):
    """Allocations of a server."""

    network = group("network", "A server's addresses and ports", seen_by=STAFF)

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @command(
        network,
        name="list",
        right="allocation.read",
        on_server=True,
        description="A server's addresses, and room for more",
    )
    @app_commands.describe(server=SERVER)
    async def list_allocations(
        self,
        interaction: discord.Interaction,
        server: ServerOption | None = None,  # noqa: ARG002  # the gate has resolved it
    ) -> Message:
        return await self._page(decided(interaction), 0)

    @command(
        network,
        right="allocation.create",
        on_server=True,
        description="Add a port; the panel chooses a free one",
    )
    @app_commands.describe(server=SERVER)
    async def add(
        self,
        interaction: discord.Interaction,
        server: ServerOption | None = None,  # noqa: ARG002
    ) -> Message:
        return await self._add(decided(interaction))

    @command(
        network,
        right="allocation.update",
        on_server=True,
        description="Note what an address is for",
    )
    @app_commands.describe(
        allocation=ALLOCATION, note="What it is for; left out, the note goes", server=SERVER
    )
    async def note(
        self,
        interaction: discord.Interaction,
        allocation: AllocationOption,
        note: app_commands.Range[str, 0, NOTE_CHARACTERS] = "",
        server: ServerOption | None = None,  # noqa: ARG002
    ) -> Message:
        return await self._note(decided(interaction), allocation, note.strip())

    @command(
        network,
        right="allocation.update",
        on_server=True,
        description="Make an address the primary one, from the next start on",
    )
    @app_commands.describe(allocation=ALLOCATION, server=SERVER)
    async def primary(
        self,
        interaction: discord.Interaction,
        allocation: AllocationOption,
        server: ServerOption | None = None,  # noqa: ARG002
    ) -> Message:
        return await self._make_primary(decided(interaction), allocation)

    @command(
        network,
        right="allocation.delete",
        on_server=True,
        description="Give an address back to the panel",
    )
    @app_commands.describe(allocation=ALLOCATION, server=SERVER)
    async def remove(
        self,
        interaction: discord.Interaction,
        allocation: AllocationOption,
        server: ServerOption | None = None,  # noqa: ARG002
    ) -> Message:
        return await self._ask_remove(decided(interaction), allocation)

    @component(
        "network-page", right="allocation.read", on_server=True, ack=Ack.UPDATE, name="network list"
    )
    async def leaf(self, press: Press) -> Message:
        return await self._page(press.admitted, page_number(press.args[1]))

    @component(
        "network-remove-now",
        right="allocation.delete",
        on_server=True,
        ack=Ack.UPDATE,
        name="network remove",
    )
    async def remove_confirmed(self, press: Press) -> Message:
        asked = await self._parts.confirmations.take(press, "network-remove-now")
        admitted = press.admitted
        found, _limit = await self._look(admitted)
        gone = looks.find_allocation(
            found, str(asked.payload["allocation"]), admitted.server, whole=True
        )
        async with self._parts.acting(admitted, detail=gone.address) as panel:
            await panel.servers.network.unassign_allocation(admitted.server.uuid, gone.id)
        self._changed(admitted)
        return Message(
            _(
                "{address} is given back. A running {server} keeps it until it is restarted.",
                address=looks.address(gone),
                server=self._bold(admitted),
            )
        )

    async def _page(self, admitted: Admitted, page: int) -> Message:
        server = admitted.server
        found, limit = await self._look(admitted)
        title = _("Addresses of {server}", server=name(self._parts.directory.label(server)))
        in_order = sorted(found, key=lambda one: (not one.is_default, one.port))
        return page_of(
            f"{title}\n-# {looks.room_words(len(found), limit)}",
            [looks.line(one) for one in in_order],
            page,
            verb="network-page",
            server_id=server.id,
            empty=_("None. Who runs the panel can give it one."),
        )

    async def _add(self, admitted: Admitted) -> Message:
        """Tell the limit before the panel does, then take one."""
        server = admitted.server
        found, limit = await self._look(admitted)
        if len(found) >= (limit or 0):
            raise Unfit(
                _(
                    "{server} may have {limit} addresses and has {used}. Nothing was added. "
                    "`/network remove` makes room; who runs the panel can allow more.",
                    server=self._bold(admitted),
                    limit=limit or 0,
                    used=len(found),
                )
            )
        before = {one.id for one in found}
        async with self._parts.acting(admitted) as panel:
            area = panel.servers.network

            async def look() -> Allocation | None:
                now = await area.list_allocations(server.uuid)
                return next((one for one in now if one.id not in before), None)

            made = await done_or_seen(area.assign_allocation(server.uuid), look)
        self._parts.shelf.forget(server, "allocation")
        return Message(
            _(
                "{address} is added to {server}. A running server takes it with its next start.",
                address=looks.address(made),
                server=self._bold(admitted),
            )
        )

    async def _note(self, admitted: Admitted, text: str, note: str) -> Message:
        server = admitted.server
        one = await self._find(admitted, text)
        async with self._parts.acting(admitted, detail=one.address) as panel:
            noted = await panel.servers.network.set_allocation_note(server.uuid, one.id, note)
        self._parts.shelf.forget(server, "allocation")
        if noted.notes:
            return Message(
                _(
                    "{address} is noted as {note}.",
                    address=looks.address(noted),
                    note=bold(noted.notes, 256),
                )
            )
        return Message(_("{address} has no note now.", address=looks.address(noted)))

    async def _make_primary(self, admitted: Admitted, text: str) -> Message:
        server = admitted.server
        one = await self._find(admitted, text)
        if one.is_default:
            return Message(_("{address} is the primary one already.", address=looks.address(one)))
        async with self._parts.acting(admitted, detail=one.address) as panel:
            await panel.servers.network.set_primary_allocation(server.uuid, one.id)
        self._changed(admitted)
        return Message(
            _(
                "{address} is the primary address of {server} now. It counts from the next start "
                "on; players then need the new address.",
                address=looks.address(one),
                server=self._bold(admitted),
            )
        )

    async def _ask_remove(self, admitted: Admitted, text: str) -> Message:
        """Tell what the panel would refuse, and what is lost."""
        found, limit = await self._look(admitted)
        one = looks.find_allocation(found, text, admitted.server, whole=True)
        if one.is_default:
            raise Unfit(
                _(
                    "{address} is the primary address and can't be given back. Make another one "
                    "primary first, with `/network primary`.",
                    address=looks.address(one),
                )
            )
        if not limit:
            raise Unfit(
                _(
                    "The panel sets no number of addresses for {server}, and then takes none back. "
                    "Who runs the panel can change that.",
                    server=self._bold(admitted),
                )
            )
        question = _(
            "Removing {address} gives it back to the panel: another server may get it, and you "
            "can't choose it again.",
            address=looks.address(one),
        )
        if one.notes:
            question += " " + _("Its note {note} goes too.", note=bold(one.notes, 100))
        return await self._parts.confirmations.ask(
            admitted,
            "network-remove-now",
            question,
            label=_("Remove"),
            payload={"allocation": str(one.id)},
        )

    async def _look(self, admitted: Admitted) -> tuple[list[Allocation], int | None]:
        """The allocations now, and how many there may be."""
        server = admitted.server
        client = self._parts.acting.client(admitted)
        found = await client.servers.network.list_allocations(server.uuid)
        self._parts.shelf.put(server, "allocation", looks.entries(found))
        limits = (await client.servers.get_server(server.uuid)).feature_limits
        return found, limits.allocations

    async def _find(self, admitted: Admitted, text: str) -> Allocation:
        server = admitted.server
        client = self._parts.acting.client(admitted)
        found = await client.servers.network.list_allocations(server.uuid)
        self._parts.shelf.put(server, "allocation", looks.entries(found))
        return looks.find_allocation(found, text, server, whole=True)

    def _changed(self, admitted: Admitted) -> None:
        """The address that players are told may be another now."""
        server = admitted.server
        self._parts.shelf.forget(server, "allocation")
        self._parts.panels.look_again_soon(server)

    def _bold(self, admitted: Admitted) -> str:
        return bold(self._parts.directory.label(admitted.server))
