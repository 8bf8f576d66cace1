"""Reading a text file and changing it: read, form, diff, yes, and nobody wrote it meanwhile."""

import io
from typing import Final

import discord
from discord import ui
from msgspec import Struct, convert
from msgspec import field as field_of

from bot.access.acting import Acting
from bot.access.gate import Admitted
from bot.fleet.directory import Server
from bot.posts.messages import Message
from bot.pterodactyl import Client, Declined, FileContents, NodeFailed, PanelError, Reason
from bot.texts import _, _n
from bot.ui.confirm import Confirmations
from bot.ui.doors import Press
from bot.ui.errors import Unfit
from bot.ui.files_cards import Showing, done_card
from bot.ui.files_diff import Diff, diff
from bot.ui.files_paths import ROOT, crumbs, folder_of, name_of, sendable_name
from bot.ui.files_text import (
    FORM_CHARACTERS,
    FileText,
    coded,
    file_text,
    language,
    rewritten,
    settled,
    traits,
)
from bot.ui.parts import Colour, button, card, field, form
from bot.ui.text import bold, code, name, plain, size
from bot.work.consent_state import Deed
from bot.work.consents import Consents
from bot.work.files_attachments import Attached, Attachments
from bot.work.files_calls import FileCalls, StillRunning
from bot.work.files_edits import Edit, Edits
from bot.work.files_folders import Folders

READ_BYTES: Final = 4 * 1024 * 1024
"""The panel reads no more (contract: files.md, get_file_contents)."""
SHOWN_CHARACTERS: Final = 3000
DIFF_CHARACTERS: Final = 2800
EDIT_BYTES: Final = 1024 * 1024
"""Of a file that is exchanged for an edited one: a diff of more is no use."""


class FileEditing:
    """Shows files, and writes what was changed in them."""

    def __init__(
        self,
        *,
        acting: Acting,
        calls: FileCalls,
        folders: Folders,
        edits: Edits,
        attachments: Attachments,
        confirmations: Confirmations,
        consents: Consents,
    ) -> None:
        self._acting = acting
        self._calls = calls
        self._folders = folders
        self._edits = edits
        self._attachments = attachments
        self._confirmations = confirmations
        self._consents = consents
        consents.carry_out_with("file-write", self._write_agreed, _nobody_knows)

    async def read(
        self, admitted: Admitted, path: str, showing: Showing, *, to_edit: bool = False
    ) -> Message:
        """A file as a coloured block, the whole of a long one as an attachment too.

        Raises:
            Unfit: It isn't there, is a folder, too large or no text.
            PanelError: It can't be read.
        """
        server = admitted.server
        entry = await self._folders.find(admitted, path)
        if not entry.is_file:
            raise Unfit(
                _(
                    "{name} is a folder. `/files browse` shows what is in it.",
                    name=bold(entry.name, 100),
                )
            )
        if entry.size_bytes > READ_BYTES:
            raise _too_large(entry.name, entry.size_bytes)
        async with self._acting(admitted, detail=path) as panel:
            data = await self._contents(panel, server, path)
        text = file_text(data)
        if text is None:
            raise Unfit(
                _(
                    "{name} is no text ({size}), so there is nothing to read or edit in it. "
                    "`/files download` gets it.",
                    name=bold(entry.name, 100),
                    size=size(len(data)),
                )
            )
        if to_edit and len(data) > EDIT_BYTES:
            raise Unfit(
                _(
                    "{name} has {size}, too much to edit here. Get it with `/files download`, and "
                    "send the changed one with `/files upload`.",
                    name=bold(entry.name, 100),
                    size=size(len(data)),
                )
            )
        return self._shown(admitted, path, data, text, showing)

    async def open_form(self, press: Press) -> Message | None:
        """Open the form of an edit, from memory: the text itself, or a place for a file."""
        edit = self._own(press)
        sid, what = press.admitted.server.id, plain(name_of(edit.path), 40)
        text = edit.text
        if text is None or not text.fits_form:
            upload: ui.FileUpload[ui.Modal] = ui.FileUpload(
                custom_id="file", min_values=1, max_values=1
            )
            told = _("The file as you changed it")
            fields = [ui.Label(text=told, component=upload)]
        else:
            value = text.form_text if edit.draft_text is None else edit.draft_text.rstrip("\n")
            fields = [
                field(
                    "text",
                    label=plain(name_of(edit.path), 45) or _("Text"),
                    value=value[:FORM_CHARACTERS],
                    is_long=True,
                    is_required=False,
                    most=FORM_CHARACTERS,
                )
            ]
        title = _("Edit {name}", name=what)
        await press.interaction.response.send_modal(
            form("file-edit-sent", sid, edit.id, title=title, fields=fields)
        )
        return None

    async def propose(self, press: Press) -> Message:
        """What the form's text changes, and the question whether to write it.

        Raises:
            Unfit: It is over, changes nothing, or somebody else changed the file.
            PanelError: The file can't be read again.
        """
        edit = self._own(press)
        typed = press.field("text")
        if edit.text is None or not edit.text.fits_form:
            data = await self._attachments.read(_uploaded(press), EDIT_BYTES)
            text = file_text(data)
            if text is None:
                raise Unfit(_("That is no text. Nothing was written."))
            typed = text.text
        return await self._ask(press.admitted, edit, typed)

    async def write(self, press: Press, path: str, typed: str) -> Message:
        """Write text that was typed for a path: at once where nothing is there, else asked about.

        Raises:
            Unfit: A folder has that name, or what is there is no text.
            PanelError: It was refused.
        """
        admitted = press.admitted
        server = admitted.server
        entry = None if path == ROOT else await self._folders.seek(admitted, path)
        if path == ROOT or (entry is not None and not entry.is_file):
            raise Unfit(_("{path} is a folder. Name the file too.", path=code(path, 200)))
        if entry is None:
            edit = self._edits.begin(admitted.actor.id, server.id, path, None, None)
            text = settled(None, typed)
            self._edits.drafted(edit, rewritten(None, text), text)
            waits = await self._instead(press, edit)
            return waits or await self._written(admitted, edit)
        if entry.size_bytes > READ_BYTES:
            raise _too_large(entry.name, entry.size_bytes)
        before = await self._now(admitted, path)
        found = file_text(before)
        if found is None:
            raise Unfit(
                _(
                    "There is a {name} already, and it is no text. Nothing was written; choose "
                    "another name.",
                    name=bold(entry.name, 100),
                )
            )
        edit = self._edits.begin(admitted.actor.id, server.id, path, before, found)
        return await self._ask(admitted, edit, typed)

    async def save(self, press: Press, showing: Showing) -> Message:
        """The yes: look once more, then write.

        Raises:
            Unfit: It was answered before, is over, or somebody else changed the file.
            PanelError: It was refused.
        """
        asked = await self._confirmations.take(press, "file-edit-save")
        admitted = press.admitted
        edit = self._edits.find(
            str(asked.payload.get("edit", "")), admitted.actor.id, admitted.server.id
        )
        if edit.draft is None:
            raise Unfit(_("Nothing is there to be written. Open the file again."))
        now = await self._now_or_none(admitted, edit.path)
        if now != edit.original:
            return self._changed_meanwhile(edit, now)
        waits = await self._instead(press, edit)
        return waits or await self._written(admitted, edit, showing)

    async def _instead(self, press: Press, edit: Edit) -> Message | None:
        """Where it takes two, ask; what is to be written stays in memory, for an hour at most."""
        return await self._consents.instead(
            press.interaction,
            press.admitted,
            "file-write",
            {"edit": edit.id},
            what=lambda: _(
                "write {path} ({size}) on {server}",
                path=code(edit.path, 200),
                size=size(len(edit.draft or b"")),
                server=bold(press.admitted.server.name),
            ),
        )

    async def _write_agreed(self, deed: Deed) -> str:
        admitted = deed.admitted
        edit = self._edits.find(str(deed.payload["edit"]), admitted.actor.id, admitted.server.id)
        if edit.draft is None or await self._now_or_none(admitted, edit.path) != edit.original:
            raise Unfit(
                _(
                    "{path} was changed meanwhile, so nothing was written.",
                    path=code(edit.path, 200),
                )
            )
        length = len(edit.draft)
        if await self._write(admitted, edit) is not None:
            return _(
                "The node broke off while it wrote {path}: look at the file.",
                path=code(edit.path, 200),
            )
        return _("Wrote {path} on {server}, {size}.", path=code(edit.path, 200),
                 server=bold(admitted.server.name), size=size(length))  # fmt: skip

    async def _ask(self, admitted: Admitted, edit: Edit, typed: str) -> Message:
        new = settled(edit.text, typed)
        old = edit.text.text if edit.text else ""
        if new == old:
            raise Unfit(_("That changes nothing, so nothing was written."))
        draft = rewritten(edit.text, new)
        self._edits.drafted(edit, draft, new)
        now = await self._now_or_none(admitted, edit.path)
        if now != edit.original:
            return self._changed_meanwhile(edit, now)
        found = diff(old, new)
        text, rest = _diff_words(edit, found, size(len(draft)))
        question = await self._confirmations.ask(
            admitted, "file-edit-save", text, label=_("Write"), payload={"edit": edit.id}
        )
        if not rest or question.layout is None:
            return question
        whole = _file("\n".join(found.lines).encode(), "changes.diff")
        question.layout.add_item(ui.File(f"attachment://{whole.filename}"))
        return Message(layout=question.layout, files=(whole,))

    async def _written(
        self, admitted: Admitted, edit: Edit, showing: Showing | None = None
    ) -> Message:
        draft = edit.draft or b""
        unsure = await self._write(admitted, edit)
        if unsure is not None:
            return unsure
        said = _("Wrote {path} on {server}, {size}.", path=code(edit.path, 200),
                 server=bold(admitted.server.name), size=size(len(draft)))  # fmt: skip
        if not draft:
            said += " " + _("It is empty.")
        return done_card(showing, said, folder_of(edit.path)) if showing else card(said)

    async def _write(self, admitted: Admitted, edit: Edit) -> Message | None:
        """Write it; what is returned tells of an unknown outcome."""
        server, draft = admitted.server, edit.draft or b""

        async def call(panel: Client) -> None:
            await panel.servers.files.write_file(server.uuid, edit.path, draft)

        detail = f"{edit.path} ({len(draft)} B)"
        try:
            await self._calls.make(admitted, detail, call)
        except StillRunning:
            raise Unfit(_("The node is still writing. Look at the file in a while.")) from None
        except PanelError as error:
            if not error.maybe_done:
                raise
            unsure = await self._unsure(admitted, edit, error)
            if unsure is not None:
                return unsure
        finally:
            self._folders.forget(server, *crumbs(edit.path))
        self._edits.end(edit)
        return None

    async def _unsure(self, admitted: Admitted, edit: Edit, error: PanelError) -> Message | None:
        """After an unknown outcome: None where it was written after all."""
        try:
            now = await self._now_or_none(admitted, edit.path)
        except PanelError:
            raise error from None
        if now == edit.draft:
            return None
        if now == edit.original:
            raise Unfit(_("The panel broke off. I looked: nothing was written. You can try again."))
        text = _(
            "The node broke off while it wrote {path}, and what is there now is neither the old "
            "file nor the new one. Here are both; `/files upload` puts one back.",
            path=code(edit.path, 200),
        )
        files = [_file(edit.draft or b"", f"new_{sendable_name(name_of(edit.path))}")]
        if edit.original is not None:
            files.append(_file(edit.original, f"old_{sendable_name(name_of(edit.path))}"))
        return card(text, colour=Colour.RED, files=files)

    def _changed_meanwhile(self, edit: Edit, now: bytes | None) -> Message:
        """Nothing is written over what somebody else wrote; what was typed isn't lost."""
        gone = _("{path} was deleted since you opened it.", path=code(edit.path, 200))
        changed = _("Somebody changed {path} since you opened it.", path=code(edit.path, 200))
        text = (
            (gone if now is None else changed)
            + " "
            + _(
                "Nothing was written, so theirs isn't lost. Yours is attached; open the file again "
                "with `/files edit`."
            )
        )
        return card(text, files=[_file(edit.draft or b"", sendable_name(name_of(edit.path)))])

    def _shown(
        self, admitted: Admitted, path: str, data: bytes, text: FileText, showing: Showing
    ) -> Message:
        colours = language(name_of(path))
        is_log = name_of(path).endswith(".log")
        head = f"## 📄 {name(name_of(path), 200)}\n" + _(
            "{path} on {server}", path=code(path, 300), server=bold(showing.label)
        )
        body = coded(text.text, SHOWN_CHARACTERS, colours, shows_end=is_log)
        files = []
        if len(text.text) > SHOWN_CHARACTERS:
            files = [_file(data, sendable_name(name_of(path)))]
        if not data:
            body = _("It is empty.")
        row = []
        sid = admitted.server.id
        if showing.may("file.create") and len(data) <= EDIT_BYTES:
            edit = self._edits.begin(admitted.actor.id, sid, path, data, text)
            label = _("Edit …") if text.fits_form else _("Put an edited file in its place …")
            row.append(button("file-edit", sid, edit.id, label=label))
        if showing.may("file.read"):
            row.append(showing.open(folder_of(path), label=_("Open folder")))
        facts = " · ".join(filter(None, (size(len(data)), traits(text))))
        return card(head, body, rows=[row], footer=facts, files=files)

    async def _contents(self, panel: Client, server: Server, path: str) -> FileContents:
        try:
            return await panel.servers.files.get_file_contents(server.uuid, path)
        except Declined as error:
            if error.reason is Reason.TOO_LARGE:
                raise _too_large(name_of(path), None) from None
            raise

    async def _now(self, admitted: Admitted, path: str) -> bytes:
        client = self._acting.client(admitted)
        return bytes(await self._contents(client, admitted.server, path))

    async def _now_or_none(self, admitted: Admitted, path: str) -> bytes | None:
        """What the file holds just now; None where there is none."""
        try:
            return await self._now(admitted, path)
        except NodeFailed:
            if await self._folders.seek(admitted, path) is None:
                return None
            raise

    def _own(self, press: Press) -> Edit:
        edit_id = press.args[1] if len(press.args) > 1 else ""
        return self._edits.find(edit_id, press.admitted.actor.id, press.admitted.server.id)


async def _nobody_knows(_deed: Deed) -> None:
    """What was to be written went with the process, so nothing can be compared."""


def _diff_words(edit: Edit, found: Diff, new_size: str) -> tuple[str, int]:
    """The question with as much of the diff as fits, and how many lines of it are left out."""
    from_to = _n("{count} line added", "{count} lines added", found.added)
    from_to += ", " + _n("{count} removed", "{count} removed", found.removed)
    head = _("Write this to {path} ({size})?", path=code(edit.path, 200), size=new_size)
    text = "\n".join(found.lines)
    body = coded(text, DIFF_CHARACTERS, "diff")
    rest = len(text) > DIFF_CHARACTERS
    notes = [from_to]
    if edit.text is not None and traits(edit.text):
        notes.append(_("kept: {traits}", traits=traits(edit.text)))
    if edit.draft == b"":
        notes.append(_("the file will be empty"))
    return f"{head}\n{body}\n-# {' · '.join(notes)}", int(rest)


class _UploadedFile(Struct):
    filename: str
    url: str
    size: int


class _Resolved(Struct):
    attachments: dict[str, _UploadedFile] = {}


class _Submitted(Struct):
    resolved: _Resolved = field_of(default_factory=_Resolved)


def _uploaded(press: Press) -> Attached:
    """The file that was put into the form; what it is stands beside the fields."""
    sent = convert(press.interaction.data or {}, _Submitted)
    found = sent.resolved.attachments.get(press.field("file"))
    if found is None:
        raise Unfit(_("No file came with the form. Nothing was written."))
    return Attached(found.filename, found.url, found.size)


def _too_large(file_name: str, size_bytes: int | None) -> Unfit:
    return Unfit(
        _(
            "{name} is too large to be read here{size}; the panel's limit is {most}. "
            "`/files download` gets it.",
            name=bold(file_name, 100),
            size=f" ({size(size_bytes)})" if size_bytes else "",
            most=size(READ_BYTES),
        )
    )


def _file(data: bytes, file_name: str) -> discord.File:
    return discord.File(io.BytesIO(data), file_name)
