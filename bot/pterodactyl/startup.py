"""Startup variables of a server."""

from typing import Final

from bot.pterodactyl.http import PanelHttp
from bot.pterodactyl.models import Startup, VariableUpdate
from bot.pterodactyl.models.envelope import decoder
from bot.pterodactyl.models.startup import StartupListing, VariableUpdated

_LIST: Final = decoder(StartupListing)
_UPDATED: Final = decoder(VariableUpdated)


class StartupArea:
    """`client.servers.startup`."""

    def __init__(self, http: PanelHttp) -> None:
        self._http = http

    async def list_variables(self, server_id: str) -> Startup:
        """List the variables, with start command and images (contract: startup.md).

        Raises:
            NotAllowed: `startup.read` is missing.
        """
        found = await self._http.fetch(_LIST, "GET", "servers", server_id, "startup")
        images = found.meta.docker_images
        return Startup(
            tuple(item.attributes for item in found.data),
            startup_command=found.meta.startup_command,
            raw_startup_command=found.meta.raw_startup_command,
            docker_images=images if isinstance(images, dict) else {},
        )

    async def update_variable(
        self, server_id: str, name: str, value: str | int | bool | None
    ) -> VariableUpdate:
        """Set a variable, from the next start on (contract: startup.md).

        Args:
            server_id: Identifier (8 characters) or uuid.
            name: `Variable.env_variable`.
            value: Sent as text, switches as "1" and "0", since the panel refuses numbers; trimmed.
                To go back to the default send `Variable.default_value`.

        Raises:
            Invalid: `value` breaks one of the variable's rules.
            Declined: READ_ONLY, UNKNOWN_VARIABLE (hidden ones too).
            PanelBug: With reason UNKNOWN_VARIABLE the panel tripped over a name it doesn't know.
        """
        sent = str(int(value)) if isinstance(value, int) else value
        updated = await self._http.fetch(
            _UPDATED,
            "PUT",
            "servers",
            server_id,
            "startup",
            "variable",
            body={"key": name, "value": sent},
            is_safe=True,
        )
        return VariableUpdate(
            variable=updated.attributes,
            startup_command=updated.meta.startup_command,
            raw_startup_command=updated.meta.raw_startup_command,
        )
