"""What is under way in a guild, in words: each kind of job says its own line here."""

from collections.abc import Callable, Sequence
from typing import Final

from msgspec import Struct

from bot.access.acting import Audit
from bot.access.decision import Allow
from bot.access.facts import Action
from bot.access.gate import Admitted, Gate
from bot.access.rights import ADMIN
from bot.fleet.directory import Directory
from bot.store import jobs as rows
from bot.store.engine import Database
from bot.store.jobs import JobRow
from bot.texts import _
from bot.ui.errors import Unfit
from bot.work.engine import Jobs

CANCEL: Final = "cancel"
"""The signal by which a job is told to end; its payload is `Cancelled`."""


class Cancelled(Struct, frozen=True, kw_only=True):
    """Who ended a job."""

    by: str
    by_id: int


class JobLine(Struct, frozen=True, kw_only=True):
    """One job as a list shows it, in the language of whoever reads."""

    text: str
    """A line or two: the server first, then what, then the deciding fact."""
    right: str
    """Who holds it on the server sees the job of others, and may cancel it; ADMIN for admins."""
    server_id: str = ""
    can_cancel: bool = False
    """Whether it ends on the signal `CANCEL` now."""


Describe = Callable[[JobRow], JobLine | None]
"""Says the line of a job; None for what runs behind the scenes."""


class JobsView:
    """Lists jobs for members, and cancels them."""

    def __init__(
        self, database: Database, jobs: Jobs, gate: Gate, audit: Audit, directory: Directory
    ) -> None:
        self._database = database
        self._jobs = jobs
        self._gate = gate
        self._audit = audit
        self._directory = directory
        self._words: dict[str, Describe] = {}

    def describe(self, kind: str, words: Describe) -> None:
        """Say how jobs of a kind are told; beside where its handler is registered.

        A kind whose line says `can_cancel` ends on the signal `CANCEL`.
        """
        if kind in self._words:
            raise ValueError(f"two sentences for {kind}")
        self._words[kind] = words

    async def list(self, admitted: Admitted) -> Sequence[tuple[JobRow, JobLine]]:
        """What is under way that the member may know of: their own, and by their rights."""
        async with self._database.read() as session:
            found = await rows.list_live_jobs(session, guild_id=admitted.guild_id)
        shown = []
        for row in found:
            line = self._line(row)
            if line is not None and self._may(admitted, row, line):
                shown.append((row, line))
        return shown

    async def cancel(self, admitted: Admitted, job_id: str) -> str:
        """Tell a job to end, with its audit entry; the sentence for who asked.

        Raises:
            Unfit: It is over, too far, or not theirs.
        """
        async with self._database.write() as session:
            row = await rows.get_job(session, guild_id=admitted.guild_id, job_id=job_id)
            line = self._line(row) if row is not None else None
            if row is None or line is None or row.outcome is not None:
                raise Unfit(_("That is over already. Nothing was cancelled."))
            if not self._may(admitted, row, line):
                raise Unfit(_("Only who began it, or who holds its right, may cancel that."))
            if not line.can_cancel:
                raise Unfit(_("It is too late for that: it can't be taken back any more."))
            said = await rows.list_signals(session, guild_id=admitted.guild_id, job_id=job_id)
            if any(one.name == CANCEL for one in said):
                raise Unfit(_("Somebody cancelled it a moment ago."))
            by = Cancelled(by=admitted.actor.name, by_id=admitted.actor.id)
            await self._jobs.signal(
                session,
                guild_id=admitted.guild_id,
                job_id=job_id,
                name=CANCEL,
                payload={"by": by.by, "by_id": by.by_id},
            )
            entry = self._audit.entry(admitted, "change", detail=f"cancelled a job: {row.kind}")
            await self._audit.append(session, admitted.guild_id, entry)
        return _("Cancelled. Its own message says what that means.")

    def _line(self, row: JobRow) -> JobLine | None:
        words = self._words.get(row.kind)
        return words(row) if words is not None else None

    def _may(self, admitted: Admitted, row: JobRow, line: JobLine) -> bool:
        if row.actor_id == admitted.actor.id:
            return True
        server = self._directory.get(admitted.guild_id, line.server_id)
        on_server = line.right != ADMIN
        if on_server and server is None:
            return self._is_admin(admitted)
        action = Action("jobs", line.right, on_server=on_server)
        said = self._gate.decide(admitted.guild_id, admitted.actor, action, server)
        return isinstance(said, Allow) or self._is_admin(admitted)

    def _is_admin(self, admitted: Admitted) -> bool:
        action = Action("jobs", ADMIN)
        return isinstance(self._gate.decide(admitted.guild_id, admitted.actor, action), Allow)
