"""Edits under way: what was read, what is to be written, and for whom. In memory only."""

import secrets
from typing import Final

from msgspec import Struct

from bot.clock import Clock
from bot.texts import _
from bot.ui.errors import Unfit
from bot.ui.files_text import FileText

LIFE_SECONDS: Final = 3600.0
EDITS_A_MEMBER: Final = 5
KEPT_BYTES: Final = 32 * 1024 * 1024
"""Of all edits together; the oldest goes first."""


class Edit(Struct):
    """One file that a member may be about to change."""

    id: str
    member_id: int
    server_id: str
    path: str
    original: bytes | None
    """What was read; None for a file that isn't there yet."""
    text: FileText | None
    """The original as text; None where there is none."""
    opened_at: float
    draft: bytes | None = None
    draft_text: str | None = None

    @property
    def size_bytes(self) -> int:
        """What it weighs here: bytes and text."""
        return 3 * len(self.original or b"") + 3 * len(self.draft or b"")


class Edits:
    """Keeps the last few of each member."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._edits: dict[str, Edit] = {}

    def begin(
        self,
        member_id: int,
        server_id: str,
        path: str,
        original: bytes | None,
        text: FileText | None,
    ) -> Edit:
        """Remember what was read."""
        made = Edit(
            id=secrets.token_urlsafe(9),
            member_id=member_id,
            server_id=server_id,
            path=path,
            original=original,
            text=text,
            opened_at=self._clock.monotonic(),
        )
        self._edits[made.id] = made
        self._drop(member_id)
        return made

    def find(self, edit_id: str, member_id: int, server_id: str) -> Edit:
        """A member's own edit.

        Raises:
            Unfit: It is over or unknown.
        """
        found = self._edits.get(edit_id)
        is_own = found is not None and (found.member_id, found.server_id) == (member_id, server_id)
        is_over = found is not None and self._clock.monotonic() - found.opened_at > LIFE_SECONDS
        if found is None or not is_own or is_over:
            raise Unfit(
                _(
                    "I no longer have what this was about: it was opened too long ago. Nothing was "
                    "written; open the file again with `/files edit`."
                )
            )
        return found

    def drafted(self, edit: Edit, draft: bytes, text: str) -> None:
        """Keep what is to be written until it is confirmed."""
        edit.draft, edit.draft_text = draft, text
        self._drop(edit.member_id)

    def end(self, edit: Edit) -> None:
        """It was written."""
        self._edits.pop(edit.id, None)

    def _drop(self, member_id: int) -> None:
        own = [edit for edit in self._edits.values() if edit.member_id == member_id]
        for edit in own[:-EDITS_A_MEMBER]:
            self.end(edit)
        weight = sum(edit.size_bytes for edit in self._edits.values())
        for edit in list(self._edits.values())[:-1]:
            if weight <= KEPT_BYTES:
                return
            weight -= edit.size_bytes
            self.end(edit)
