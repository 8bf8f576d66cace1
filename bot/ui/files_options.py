"""The options for paths: completed folder by folder from memory, as a shell does."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Final

import discord
from discord import app_commands

from bot.access.decision import Allow, Ask
from bot.access.facts import Action
from bot.access.gate import Gate
from bot.fleet.directory import Server, folded
from bot.fleet.shelf import Entry, Load, Shelf
from bot.pterodactyl import Client, FileObject
from bot.ui.doors import actor_of
from bot.ui.files_paths import ROOT, clean_or_none, is_name, join, name_of
from bot.ui.files_places import Places
from bot.ui.options import CHOICES, server_meant
from bot.ui.text import plain

SHELVED: Final = 2000
"""Names of one folder that are kept for choices."""
LISTING: Final = Action("files browse", "file.read", on_server=True)
"""Who may not list files is shown no names, whatever else they may do with a file."""
_LABEL_CHARACTERS: Final = 100


def shelf_kind(folder: str) -> str:
    """The shelf that holds the names of a folder."""
    return f"files:{folder}"


def shelved(folder: str, entries: Iterable[FileObject]) -> list[Entry]:
    """The entries of a folder as the shelf keeps them: the path, with a slash after folders."""
    return [
        Entry(path if entry.is_file else f"{path}/", entry.name)
        for entry in entries
        if is_name(entry.name)
        for path in (join(folder, entry.name),)
    ]


class _PathChoices(app_commands.Transformer):
    """Paths on the server that the other option names.

    What is typed up to the last slash is the folder, the rest the beginning of a name. The value
    is a token where the path is too long for one; `Places.path` reads both.
    """

    def __init__(self, *, only_folders: bool = False) -> None:
        self._only_folders = only_folders

    async def transform(self, interaction: discord.Interaction, value: Any, /) -> str:  # noqa: ARG002
        return str(value)

    async def autocomplete(
        self, interaction: discord.Interaction, value: Any, /
    ) -> list[app_commands.Choice[str | int | float]]:
        server = server_meant(interaction)
        if server is None or interaction.guild_id is None:
            return []
        gate: Gate = interaction.client.gate  # type: ignore[attr-defined]  # our client has it
        may_list = gate.decide(interaction.guild_id, actor_of(interaction), LISTING, server)
        if not isinstance(may_list, Allow | Ask):
            return []
        typed = str(value)
        folder = clean_or_none(typed.rpartition("/")[0])
        if folder is None:
            return []
        shelf: Shelf = interaction.client.shelf  # type: ignore[attr-defined]  # same
        entries = shelf.entries(server, shelf_kind(folder), _load(folder))
        places: Places = interaction.client.parts.files.places  # type: ignore[attr-defined]  # same
        return [
            app_commands.Choice(
                name=_label(entry.value),
                value=places.choice(
                    interaction.user.id, server.id, entry.value.rstrip("/") or ROOT
                ),
            )
            for entry in self._fitting(entries, name_of(typed))
        ]

    def _fitting(self, entries: Sequence[Entry], typed: str) -> list[Entry]:
        """What begins with the typed text, then what has it inside."""
        want = folded(typed)
        offered = [e for e in entries if not self._only_folders or e.value.endswith("/")]
        begins = [e for e in offered if folded(e.label).startswith(want)]
        inside = [e for e in offered if want in folded(e.label) and e not in begins[:CHOICES]]
        return [*begins, *(e for e in inside if not folded(e.label).startswith(want))][:CHOICES]


def _load(folder: str) -> Load:
    async def load(client: Client, server: Server) -> Sequence[Entry]:
        found = await client.servers.files.list_files(server.uuid, folder)
        found.sort(key=lambda entry: (entry.is_file, folded(entry.name)))
        return shelved(folder, found[:SHELVED])

    return load


def _label(path: str) -> str:
    """The path, its end rather than its beginning where it is too long."""
    shown = plain(path, len(path) + 1) or ROOT
    if len(shown) <= _LABEL_CHARACTERS:
        return shown
    return "…" + shown[1 - _LABEL_CHARACTERS :]


PathOption = Annotated[str, _PathChoices()]
"""A file or folder by choice or as typed; `Places.path` makes it a path."""
FolderOption = Annotated[str, _PathChoices(only_folders=True)]
"""A folder, likewise."""
