"""A server's name, description, image, and its installation."""

from typing import Final

from bot.pterodactyl.errors import Refused
from bot.pterodactyl.http import PanelHttp
from bot.pterodactyl.models.envelope import decoder
from bot.pterodactyl.models.servers import ServerView

_VIEW: Final = decoder(ServerView)


class Settings:
    """`client.servers.settings`."""

    def __init__(self, http: PanelHttp) -> None:
        self._http = http

    async def rename_server(
        self, server_id: str, name: str, description: str | None = None
    ) -> None:
        """Rename a server (contract: settings.md).

        Args:
            server_id: Identifier (8 characters) or uuid.
            name: 1 to 191 characters.
            description: None leaves it as it is, "" empties it. Pelican doesn't read it here: use
                set_description.

        Raises:
            Invalid: The name.
            NotAllowed: `settings.rename` is missing.
        """
        body = {"name": name}
        if description is not None:
            body["description"] = description
        await self._http.send(
            "POST", "servers", server_id, "settings", "rename", body=body, is_safe=True
        )

    async def set_description(self, server_id: str, description: str) -> None:
        """Change the description alone (contract: settings.md, pelican.md).

        Pelican has a call for it; Pterodactyl wants the present name sent along, so it is read.

        Raises:
            NotAllowed: The right is missing, or Pelican forbids it to all.
        """
        body = {"description": description}
        try:
            await self._http.send(
                "POST", "servers", server_id, "settings", "description", body=body, is_safe=True
            )
        except Refused as refused:
            if not refused.route_unknown:
                raise
        else:
            return
        view = await self._http.fetch(_VIEW, "GET", "servers", server_id)
        await self.rename_server(server_id, view.attributes.name, description)

    async def reinstall_server(self, server_id: str) -> None:
        """Begin to install the server anew; it is `installing` until it ends (settings.md).

        Files are not wiped first; the egg's script may overwrite some. Ask get_server for the end.

        Raises:
            Conflict: It is installing already, or failed to: an administrator's to mend.
            NodeFailed: Its node; with 409 a power action is under way there.
        """
        await self._http.send("POST", "servers", server_id, "settings", "reinstall")

    async def set_docker_image(self, server_id: str, image: str) -> None:
        """Choose the image to run in from the next start on (contract: settings.md).

        Args:
            server_id: Identifier or uuid.
            image: One of the values of `Startup.docker_images`.

        Raises:
            Invalid: Not one of the egg's.
            Declined: CUSTOM_IMAGE: an administrator set it, so it can't be changed.
            NotAllowed: `startup.docker-image` is missing.
        """
        body = {"docker_image": image}
        await self._http.send(
            "PUT", "servers", server_id, "settings", "docker-image", body=body, is_safe=True
        )
