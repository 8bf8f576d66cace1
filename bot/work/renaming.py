"""Name, description and image of a server: what was there is kept, and what came of it is read."""

from msgspec import UNSET, Struct

from bot.access.acting import Acting
from bot.access.gate import Admitted
from bot.fleet.panels import Panels
from bot.pterodactyl.models import Server as View


class Renamed(Struct, frozen=True):
    """What the panel shows afterwards."""

    name: str
    description: str | None
    """None where this panel doesn't show it."""


class Renaming:
    """Changes what a server is called."""

    def __init__(self, acting: Acting, panels: Panels) -> None:
        self._acting = acting
        self._panels = panels

    async def rename(
        self, admitted: Admitted, *, name: str | None, description: str | None
    ) -> Renamed:
        """Change the name, the description, or both; None leaves one as it is.

        The present description is sent along, since older panels empty one that is left out
        (contract: settings.md). Pelican has a call of its own for it.

        Raises:
            PanelError: It was refused, or nobody can say.
        """
        server = admitted.server
        async with self._acting(admitted, detail=name) as panel:
            before = await panel.servers.get_server(server.uuid)
            kept = _description(before)
            wanted = kept if description is None else description
            area = panel.servers.settings
            await area.rename_server(server.uuid, name or before.name, wanted)
            after = await panel.servers.get_server(server.uuid)
            if description is not None and _description(after) != description:
                await area.set_description(server.uuid, description)
                after = await panel.servers.get_server(server.uuid)
        self._panels.look_again_soon(server)
        return Renamed(after.name, _description(after))


def _description(view: View) -> str | None:
    return None if view.description is UNSET else view.description or ""
