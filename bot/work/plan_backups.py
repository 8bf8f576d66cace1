"""The backups of plans: made once, found again by their name, and thinned out."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import structlog
from msgspec import Struct, structs
from sqlalchemy.ext.asyncio import AsyncSession

from bot.access.acting import Acting
from bot.access.decision import Ask, is_agreed
from bot.access.gate import Admitted, NotAdmitted
from bot.clock import Clock
from bot.fleet.directory import Server
from bot.fleet.panels import PanelGone, Panels
from bot.posts.members import NotAsked
from bot.pterodactyl import Limited, NotFound, PanelError
from bot.pterodactyl.models import Backup
from bot.texts import _
from bot.ui.errors import panel_words
from bot.ui.text import bold
from bot.ui.when import zone_of
from bot.work.again import Again, MemberGone, ServerGone
from bot.work.backups import BackupWork, Wish
from bot.work.engine import Job
from bot.work.follows import FollowJob, Follows
from bot.work.looking import ARRIVES_WITHIN
from bot.work.plan_keep import to_delete
from bot.work.plan_state import DELETE_BACKUPS, Plan
from bot.work.telling import Told

log = structlog.stdlib.get_logger(__name__)


class Attempt(Struct, frozen=True, kw_only=True):
    """What came of trying to begin a backup."""

    came: Literal["begun", "again", "wait", "throttled", "failed"]
    """`again`: certainly not begun. `wait`: nobody can say yet."""
    uuid: str = ""
    trouble: str = ""
    """Why it failed, in words."""


class PlanBackups:
    """Makes, finds and deletes them."""

    def __init__(
        self,
        backups: BackupWork,
        follows: Follows,
        panels: Panels,
        acting: Acting,
        clock: Clock,
    ) -> None:
        self._backups = backups
        self._follows = follows
        self._panels = panels
        self._acting = acting
        self._clock = clock

    def name_of(self, plan: Plan, job_id: str) -> str:
        """One that no other backup has, so that it is found again: the plan and the minute."""
        at = (plan.due_at or self._clock.now()).astimezone(zone_of(plan.when.zone))
        return f"plan {job_id[:6]} {at:%Y-%m-%d %H:%M}"

    async def make(self, admitted: Admitted, name: str) -> Attempt:
        """Begin it."""
        try:
            made = await self._backups.start(admitted, Wish(name=name), ())
        except Limited:
            return Attempt(came="throttled")
        except PanelGone:
            return Attempt(came="failed", trouble=_("Its panel is no longer connected."))
        except PanelError as error:
            if error.maybe_done:
                return Attempt(came="wait")
            server = admitted.server
            words = panel_words(error, panel=server.panel_name, server=server.name)
            return Attempt(came="failed", trouble=words)
        return Attempt(came="begun", uuid=made.uuid)

    async def find(self, server: Server | None, plan: Plan, begun_at: datetime | None) -> Attempt:
        """Read back whether one has begun that nobody saw the answer of."""
        listed = await self._list(server)
        if listed is None:
            return Attempt(came="wait")
        found = [one for one in listed if one.name == plan.backup_name]
        if found:
            return Attempt(came="begun", uuid=found[-1].uuid)
        is_late = begun_at is None or self._clock.now() - begun_at > ARRIVES_WITHIN
        return Attempt(came="again" if is_late else "wait")

    async def follow_in(
        self, session: AsyncSession, job: Job[Plan], server: Server, backup_uuid: str
    ) -> str:
        """Let the backup be followed to its end, which the plan hears of and tells."""
        plan = job.state
        state = FollowJob(
            server_id=server.id,
            subject_uuid=backup_uuid,
            title=plan.backup_name,
            actor_name=plan.asked.actor_name,
            told=Told(channel_id=plan.asked.channel_id, is_quiet=True),
            language=plan.language,
            parent_id=job.id,
        )
        return await self._follows.follow_in(
            session, job.guild_id, "backup", state, actor_id=plan.asked.actor_id
        )

    async def going(self, server: Server | None, plan: Plan) -> list[Backup] | None:
        """Those that may be deleted now; None where they can't be looked at."""
        listed = await self._list(server)
        if listed is None:
            return None
        return to_delete(listed, [one.uuid for one in plan.made], plan.keep)

    async def may_delete(self, again: Again, plan: Plan) -> Admitted | None:
        """The member whose plan it is, if they may delete backups there now."""
        asked = structs.replace(plan.asked, right=DELETE_BACKUPS)
        try:
            admitted = await again.admit(asked)
        except (NotAdmitted, MemberGone, ServerGone, NotAsked):
            return None
        if isinstance(admitted.decision, Ask) or not is_agreed(admitted.decision, admitted.agreed):
            return None
        return admitted

    async def delete(self, admitted: Admitted, backup: Backup) -> bool:
        """Delete one, unless somebody locked it meanwhile; False where it is still there."""
        server = admitted.server
        try:
            now = await self._detail(server, backup.uuid)
            if now.is_locked:
                return False
            async with self._acting(admitted, detail=f"delete {backup.name}") as panel:
                await panel.servers.backups.delete_backup(server.uuid, backup.uuid)
        except NotFound:
            return True
        except (PanelError, PanelGone) as error:
            log.info("old backup not deleted", error=type(error).__name__)
            return False
        finally:
            self._backups.forget(server)
        return True

    async def is_gone(self, server: Server | None, backup_uuid: str) -> bool:
        """Whether the panel says that there is no such backup; False where nobody can say."""
        try:
            await self._detail(server, backup_uuid)
        except NotFound:
            return True
        except (PanelError, PanelGone) as error:
            log.info("backup not looked at", error=type(error).__name__)
        return False

    async def _list(self, server: Server | None) -> Sequence[Backup] | None:
        if server is None:
            return None
        try:
            client = self._panels.client(server.guild_id, server.panel_id).background
            return (await client.servers.backups.list_backups(server.uuid)).rows
        except (PanelError, PanelGone) as error:
            log.info("backups not read", error=type(error).__name__)
            return None

    async def _detail(self, server: Server | None, uuid: str) -> Backup:
        if server is None:
            raise PanelGone(uuid)
        client = self._panels.client(server.guild_id, server.panel_id).background
        return await client.servers.backups.get_backup_detail(server.uuid, uuid)


def begun_words(plan: Plan, label: str) -> str:
    """It is being made."""
    return "🟡 " + _(
        "{server} is backed up, as planned: {backup} is being made …",
        server=bold(label),
        backup=bold(plan.backup_name),
    )


def failed_words(label: str, trouble: str) -> str:
    """It could not be begun."""
    said = _("The planned backup of {server} was not made.", server=bold(label))
    return f"🔴 {said} {trouble}"
