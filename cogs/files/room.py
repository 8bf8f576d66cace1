"""What the halves of `/files` share: the group, the options, and paths out of what came in."""

from typing import Final

import discord

from bot.access.gate import Admitted
from bot.ui.doors import Press, decided
from bot.ui.files_cards import Showing
from bot.ui.files_places import Place
from bot.ui.groups import STAFF, group
from bot.work.files import FileWork
from cogs.parts import Parts

FILES: Final = group("files", "The files of a server", seen_by=STAFF)
PATH: Final = "Where, from the server's own root: /plugins/config.yml"
FOLDER: Final = "The folder, from the server's own root; the root itself if left out"


class FileRoom:
    """The base of the cog's halves."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    @property
    def _files(self) -> FileWork:
        return self._parts.files

    def _path(self, interaction: discord.Interaction, value: str) -> str:
        """The path that an option means.

        Raises:
            Unfit: No path can be like that.
        """
        admitted = decided(interaction)
        return self._files.places.path(admitted.actor.id, admitted.server.id, value)

    def _place(self, press: Press) -> Place:
        """The place that a component or form is about.

        Raises:
            Unfit: It is forgotten.
        """
        token = press.args[1] if len(press.args) > 1 else ""
        return self._found(press, token)

    def _found(self, press: Press, token: str) -> Place:
        admitted = press.admitted
        return self._files.places.find(admitted.actor.id, admitted.server.id, token)

    def _showing(self, admitted: Admitted) -> Showing:
        return self._files.showing(admitted)

    def _token(self, admitted: Admitted, folder: str, *names: str) -> str:
        place = Place(admitted.server.id, folder, names)
        return self._files.places.token(admitted.actor.id, place)
