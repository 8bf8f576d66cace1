"""How files look: a folder to leaf through, one thing with what may be done to it, several."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import discord
from msgspec import Struct

from bot.fleet.directory import Server, folded
from bot.posts.messages import Message
from bot.pterodactyl import FileObject
from bot.texts import _, _n
from bot.ui.files_paths import ROOT, crumbs, folder_of, is_archive, name_of
from bot.ui.files_places import Place
from bot.ui.pages import PAGE_LINES
from bot.ui.parts import button, card, choice, danger
from bot.ui.text import bold, code, moment, name, plain, size

CRUMBS: Final = 4
"""Of the folders on the way; a row holds five buttons."""
NAMES_SHOWN: Final = 15

Row = Sequence["discord.ui.Button[Any] | discord.ui.Select[Any]"]


class Showing(Struct, frozen=True):
    """For whom a card is made, of which server."""

    server: Server
    label: str
    token: Callable[[Place], str]
    may: Callable[[str], bool]
    """Whether this member has a right on this server."""

    def open(self, folder: str, *, label: str, mark: str = "o") -> "discord.ui.Button[Any]":
        """A button to a folder or file; `mark` keeps it apart from others to the same place."""
        token = self.token(self.place(folder))
        return button("file-open", self.server.id, token, "0", mark, label=label)

    def place(self, folder: str, *names: str, search: str = "") -> Place:
        """A place on this server."""
        return Place(self.server.id, folder, names, search)


def folder_card(
    showing: Showing,
    place: Place,
    entries: Sequence[FileObject],
    page: int,
    *,
    is_cut: bool = False,
) -> Message:
    """One page of a folder: breadcrumbs, a line and an option for each entry, what may be done."""
    want = folded(place.search)
    found = [entry for entry in entries if want in folded(entry.name)]
    pages = max(1, (len(found) + PAGE_LINES - 1) // PAGE_LINES)
    page = min(max(page, 0), pages - 1)
    shown = found[page * PAGE_LINES : (page + 1) * PAGE_LINES]
    head = f"## {name(showing.label)}\n📂 {code(place.folder, 300)}"
    if place.search:
        head += "\n" + _("Only names with {search}.", search=code(place.search, 60))
    if not shown:
        body = (
            _("No name here has that in it.")
            if place.search
            else _("Nothing is in here. `/files upload` puts something in.")
        )
    else:
        body = "\n".join(_line(entry) for entry in shown)
    counted = _n("{count} entry", "{count} entries", len(found))
    footer = _("page {page} of {pages}", page=page + 1, pages=pages) + f" · {counted}"
    if is_cut:
        footer += " · " + _("more are left out")
    rows = [
        _crumb_row(showing, place.folder),
        _pick_row(showing, place, shown),
        _leaf_row(showing, place, page, pages),
        _folder_row(showing, place, page, has_entries=bool(shown)),
    ]
    return card(head, body, rows=rows, footer=footer)


def entry_card(showing: Showing, place: Place, entry: FileObject) -> Message:
    """One file or folder: its facts, and buttons for what this member may do with it."""
    server_id, token = showing.server.id, showing.token(place)
    kind = _("folder") if not entry.is_file else plain(entry.mimetype.partition(";")[0], 60)
    lines = [
        f"## {_icon(entry)} {name(entry.name, 200)}",
        _("in {folder} of {server}", folder=code(place.folder, 200), server=bold(showing.label)),
    ]
    facts = [size(entry.size_bytes)] if entry.is_file else []
    facts += [kind, code(entry.mode_bits), _("changed {time}", time=moment(entry.modified_at))]
    rows: list[Row] = []
    first: list[discord.ui.Button[Any]] = []
    if not entry.is_file and showing.may("file.read"):
        first.append(showing.open(place.path, label=_("Open")))
    if entry.is_file and showing.may("file.read-content"):
        first.append(button("file-read", server_id, token, label=_("Read")))
        first.append(button("file-link", server_id, token, label=_("Download link")))
    if entry.is_file and is_archive(entry.name) and showing.may("file.create"):
        first.append(button("file-extract", server_id, token, label=_("Extract")))
    rows.append(first)
    rows.append(_change_row(showing, token, is_file=entry.is_file))
    last: list[discord.ui.Button[Any]] = []
    if showing.may("file.read"):
        last.append(showing.open(place.folder, label=_("Back"), mark="b"))
    if showing.may("file.delete"):
        last.append(danger("file-delete", server_id, token, label=_("Delete")))
    rows.append(last)
    return card("\n".join(lines), "-# " + " · ".join(facts), rows=rows)


def choosing_card(
    showing: Showing, place: Place, entries: Sequence[FileObject], page: int
) -> Message:
    """A select in which several entries of a page are chosen."""
    want = folded(place.search)
    found = [entry for entry in entries if want in folded(entry.name)]
    shown = found[page * PAGE_LINES : (page + 1) * PAGE_LINES]
    if not shown:
        return folder_card(showing, place, entries, page)
    options = [_option(showing, place.folder, entry) for entry in shown]
    select = choice(
        "file-chosen",
        showing.server.id,
        showing.token(place),
        options=options,
        placeholder=_("Choose files and folders"),
        most=len(options),
    )
    back = button(
        "file-open", showing.server.id, showing.token(place), str(page), "b", label=_("Back")
    )
    text = _("Which of {folder} on {server}?", folder=code(place.folder, 200),
             server=bold(showing.label))  # fmt: skip
    return card(text, rows=[[select], [back]])


def chosen_card(showing: Showing, place: Place) -> Message:
    """Several chosen entries, and what may be done with all of them."""
    server_id, token = showing.server.id, showing.token(place)
    row: list[discord.ui.Button[Any]] = [showing.open(place.folder, label=_("Back"), mark="b")]
    if showing.may("file.archive"):
        row.append(button("file-pack", server_id, token, label=_("Compress")))
    if showing.may("file.update"):
        row.append(button("file-move", server_id, token, label=_("Move …")))
    if showing.may("file.delete"):
        row.append(danger("file-delete", server_id, token, label=_("Delete")))
    head = _n(
        "{count} chosen in {folder} of {server}:",
        "{count} chosen in {folder} of {server}:",
        len(place.names),
        folder=code(place.folder, 200),
        server=bold(showing.label),
    )
    return card(f"{head}\n{names_list(place.names)}", rows=[row])


def done_card(showing: Showing, text: str, path: str) -> Message:
    """What came of a change, with the way back to the folder."""
    rows = [[showing.open(path, label=_("Open folder"))]] if showing.may("file.read") else []
    return card(text, rows=rows)


def names_list(names: Sequence[str]) -> str:
    """Names one below the other, the first of many."""
    lines = [f"- {bold(each, 80)}" for each in names[:NAMES_SHOWN]]
    left = len(names) - NAMES_SHOWN
    if left > 0:
        lines.append("- " + _n("… and {count} more", "… and {count} more", left))
    return "\n".join(lines)


def _icon(entry: FileObject) -> str:
    return "📄" if entry.is_file else "📁"


def _line(entry: FileObject) -> str:
    facts = [size(entry.size_bytes)] if entry.is_file else []
    facts.append(moment(entry.modified_at))
    return f"{_icon(entry)} {bold(entry.name)} · {' · '.join(facts)}"


def _option(showing: Showing, folder: str, entry: FileObject) -> tuple[str, str, str]:
    token = showing.token(showing.place(folder, entry.name))
    label = f"{_icon(entry)} {plain(entry.name, 90) or _('(no name)')}"
    return token, label, size(entry.size_bytes) if entry.is_file else _("folder")


def _crumb_row(showing: Showing, folder: str) -> Row:
    way = crumbs(folder)
    kept = way if len(way) <= CRUMBS + 1 else [way[0], *way[-CRUMBS:]]
    return [
        button(
            "file-open",
            showing.server.id,
            showing.token(showing.place(path)),
            "0",
            "c",
            label=(plain(name_of(path), 24) or "…") if path != ROOT else "/",
            is_disabled=path == folder,
        )
        for path in kept
    ]


def _pick_row(showing: Showing, place: Place, shown: Sequence[FileObject]) -> Row:
    if not shown:
        return []
    options = [_option(showing, place.folder, entry) for entry in shown]
    if place.folder != ROOT:
        up = showing.token(showing.place(folder_of(place.folder)))
        options.insert(0, (up, "↩ ..", _("the folder above")))
    return [
        choice(
            "file-pick",
            showing.server.id,
            options=options,
            placeholder=_("Open a file or folder"),
        )
    ]


def _leaf_row(showing: Showing, place: Place, page: int, pages: int) -> Row:
    server_id, token = showing.server.id, showing.token(place)
    row: list[discord.ui.Button[Any]] = []
    if pages > 1:
        row += [
            button("file-open", server_id, token, str(page - 1), label=_("Previous"),
                   is_disabled=page == 0),
            button("file-open", server_id, token, str(page + 1), label=_("Next"),
                   is_disabled=page == pages - 1),
        ]  # fmt: skip
    if pages > 1 or place.search:
        row.append(button("file-search", server_id, token, label=_("Search …")))
    if place.search:
        row.append(showing.open(place.folder, label=_("Show all"), mark="a"))
    return row


def _folder_row(showing: Showing, place: Place, page: int, *, has_entries: bool) -> Row:
    server_id = showing.server.id
    token = showing.token(place)
    row: list[discord.ui.Button[Any]] = [
        button("file-open", server_id, token, str(page), "r", label=_("Refresh"), emoji="🔄")
    ]
    if showing.may("file.create"):
        row.append(button("file-new", server_id, token, label=_("New folder …")))
        row.append(button("file-upload-link", server_id, token, label=_("Upload link")))
    changes = ("file.delete", "file.archive", "file.update")
    if has_entries and any(showing.may(right) for right in changes):
        row.append(button("file-several", server_id, token, str(page), label=_("Several …")))
    if place.folder != ROOT:
        own = showing.place(folder_of(place.folder), name_of(place.folder))
        row.append(button("file-about", server_id, showing.token(own), label=_("This folder …")))
    return row


def _change_row(showing: Showing, token: str, *, is_file: bool) -> Row:
    server_id = showing.server.id
    row: list[discord.ui.Button[Any]] = []
    if showing.may("file.update"):
        row.append(button("file-rename", server_id, token, label=_("Rename …")))
        row.append(button("file-move", server_id, token, label=_("Move …")))
        row.append(button("file-mode", server_id, token, label=_("Mode …")))
    if is_file and showing.may("file.create"):
        row.append(button("file-copy", server_id, token, label=_("Copy")))
    if showing.may("file.archive"):
        row.append(button("file-pack", server_id, token, label=_("Compress")))
    return row
