"""/settings: name and description, reinstallation, image."""

from typing import Annotated

import discord
from discord import app_commands
from discord.ext import commands

from bot.access.gate import Admitted
from bot.fleet.known import State
from bot.posts.messages import Message
from bot.texts import _
from bot.ui import images as looks
from bot.ui.cards import state_name
from bot.ui.doors import Ack, Press, command, component, decided
from bot.ui.errors import Unfit
from bot.ui.groups import STAFF, group
from bot.ui.options import NamedChoices, ServerOption
from bot.ui.text import bold, code, name, plain
from cogs.parts import Parts
from cogs.power import SERVER

ImageOption = Annotated[str, NamedChoices("image", looks.load_images)]


class SettingsCog(commands.Cog):
    """What a server is called and what it runs in."""

    settings = group("settings", "A server's name, installation and image", seen_by=STAFF)

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @command(
        settings,
        right="settings.rename",
        on_server=True,
        description="Change a server's name or description on the panel",
    )
    @app_commands.describe(
        server=SERVER,
        name="The new name; left out, it stays",
        description="The new description; left out, it stays",
    )
    async def rename(
        self,
        interaction: discord.Interaction,
        server: ServerOption | None = None,  # noqa: ARG002  # the gate has resolved it
        name: app_commands.Range[str, 1, 191] | None = None,
        description: app_commands.Range[str, 1, 1000] | None = None,
    ) -> Message:
        return await self._rename(decided(interaction), name, description)

    @command(
        settings,
        right="settings.reinstall",
        on_server=True,
        description="Run a server's installation again; it is stopped for it",
    )
    @app_commands.describe(server=SERVER)
    async def reinstall(
        self,
        interaction: discord.Interaction,
        server: ServerOption | None = None,  # noqa: ARG002
    ) -> Message:
        return await self._ask_reinstall(decided(interaction))

    @command(
        settings,
        right="startup.docker-image",
        on_server=True,
        description="Choose the image a server runs in, from the next start on",
    )
    @app_commands.describe(image="Which image, by its label or its name", server=SERVER)
    async def image(
        self,
        interaction: discord.Interaction,
        image: ImageOption,
        server: ServerOption | None = None,  # noqa: ARG002
    ) -> Message:
        return await self._set_image(decided(interaction), image)

    @component(
        "settings-reinstall",
        right="settings.reinstall",
        on_server=True,
        ack=Ack.UPDATE,
        name="settings reinstall",
    )
    async def reinstall_confirmed(self, press: Press) -> Message:
        await self._parts.confirmations.take(press, "settings-reinstall")
        waits = await self._parts.consents.instead(
            press.interaction,
            press.admitted,
            "reinstall",
            what=lambda: _("reinstall {server}", server=self._bold(press.admitted)),
        )
        if waits is not None:
            return waits
        return await self._parts.installs.reinstall(press.interaction, press.admitted)

    async def _rename(
        self, admitted: Admitted, new_name: str | None, description: str | None
    ) -> Message:
        wanted = None if new_name is None else new_name.strip()
        text = None if description is None else description.strip()
        if wanted is None and text is None:
            raise Unfit(_("Say what to change: the option `name`, `description`, or both."))
        if wanted == "" or (wanted is not None and not plain(wanted, 191)):
            raise Unfit(_("A name needs at least one character that can be seen."))
        seen = await self._parts.renaming.rename(admitted, name=wanted, description=text)
        if wanted is not None and seen.name != wanted:
            raise Unfit(
                _("The panel kept the name {name}. Look at it there.", name=bold(seen.name, 191))
            )
        said = []
        if wanted is not None:
            said.append(
                _(
                    "{old} is called {name} now.",
                    old=bold(admitted.server.name),
                    name=bold(seen.name, 191),
                )
            )
        if seen.description is None:
            said.append(_("This panel doesn't show the description, so I can't say what it is."))
        elif seen.description:
            said.append(_("Description: {text}", text=name(seen.description, 500)))
        else:
            said.append(_("It has no description."))
        return Message("\n".join(said))

    async def _ask_reinstall(self, admitted: Admitted) -> Message:
        known = await self._parts.hub.look(admitted.server)
        text = _(
            "Reinstalling {server} stops it and runs its installation again. Files aren't deleted "
            "first, but the installation may overwrite some: what you changed in these is lost. A "
            "backup before it is the only way back.",
            server=self._bold(admitted),
        )
        if known.state is not State.OFFLINE:
            text += "\n" + _("It is {state} now.", state=state_name(known.state))
        return await self._parts.confirmations.ask(
            admitted, "settings-reinstall", text, label=_("Reinstall"), is_typed=True
        )

    async def _set_image(self, admitted: Admitted, text: str) -> Message:
        """Choose among the egg's images, tell what the panel would refuse, and read back."""
        server = admitted.server
        client = self._parts.acting.client(admitted)
        images = (await client.servers.startup.list_variables(server.uuid)).docker_images
        self._parts.shelf.put(server, "image", looks.entries(images))
        image = looks.find_image(images, text, server, whole=True)
        now = (await client.servers.get_server(server.uuid)).docker_image
        if now == image:
            return Message(
                _(
                    "{server} runs in {image} already.",
                    server=self._bold(admitted),
                    image=code(image, 191),
                )
            )
        if now not in images.values():
            raise Unfit(
                _(
                    "Who runs the panel set the image of {server} by hand ({image}), and the panel "
                    "lets nobody else change that. Nothing was changed; ask them.",
                    server=self._bold(admitted),
                    image=code(now, 191),
                )
            )
        async with self._parts.acting(admitted, detail=image) as panel:
            await panel.servers.settings.set_docker_image(server.uuid, image)
            seen = (await panel.servers.get_server(server.uuid)).docker_image
        self._parts.panels.look_again_soon(server)
        if seen != image:
            raise Unfit(
                _(
                    "The panel still shows {image}. Look at it there.",
                    image=code(seen, 191),
                )
            )
        return Message(
            _(
                "{server} runs in {image} from its next start on.",
                server=self._bold(admitted),
                image=code(image, 191),
            )
        )

    def _bold(self, admitted: Admitted) -> str:
        return bold(self._parts.directory.label(admitted.server))
