"""What the panel's own activity log knows of something that was done here."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from bot.access.rights import any_covers
from bot.fleet.directory import Server
from bot.fleet.panels import PanelGone, Panels
from bot.fleet.tracing import Trace, Traced
from bot.pterodactyl import PanelError
from bot.pterodactyl.models import Activity
from bot.store.audit import AuditRow

APART: Final = timedelta(seconds=90)
"""The panel's clock is another, and what the node does is written down within a minute."""
PAGES_AT_MOST: Final = 5
PER_PAGE: Final = 100
_EVENTS: Final = {
    "power start": "server:power.start",
    "power stop": "server:power.stop",
    "power restart": "server:power.restart",
    "power kill": "server:power.kill",
    "console run": "server:console.command",
    "Run as console command": "server:console.command",
    "do": "server:console.command",
    "backup create": "server:backup.start",
    "backup download": "server:backup.download",
    "backup restore": "server:backup.restore",
    "backup delete": "server:backup.delete",
    "backup lock": "server:backup.lock,server:backup.unlock",
    "database create": "server:database.create",
    "database rotate": "server:database.rotate-password",
    "database delete": "server:database.delete",
    "files write": "server:file.write",
    "files edit": "server:file.write",
    "files rename": "server:file.rename",
    "files move": "server:file.rename",
    "files copy": "server:file.copy",
    "files mkdir": "server:file.create-directory",
    "files delete": "server:file.delete",
    "files compress": "server:file.compress",
    "files decompress": "server:file.decompress",
    "files pull": "server:file.pull",
    "network add": "server:allocation.create",
    "network note": "server:allocation.notes",
    "network primary": "server:allocation.primary",
    "network remove": "server:allocation.delete",
    "startup set": "server:startup.edit",
    "settings image": "server:startup.image",
    "settings rename": "server:settings.rename,server:settings.description",
    "settings reinstall": "server:reinstall",
    "subuser add": "server:subuser.create",
    "subuser edit": "server:subuser.update",
    "subuser remove": "server:subuser.delete",
    "schedule create": "server:schedule.create",
    "schedule edit": "server:schedule.update",
    "schedule toggle": "server:schedule.update",
    "schedule delete": "server:schedule.delete",
    "schedule run": "server:schedule.execute",
    "schedule task-add": "server:task.create",
    "schedule task-edit": "server:task.update",
    "schedule task-remove": "server:task.delete",
}
"""The panel's events for what commands do (contract: activity.md); by commas where it is one of
several."""
_OWN_KEY: Final = "own key of "


class PanelLog:
    """Looks deeds up in the activity logs of panels."""

    def __init__(self, panels: Panels) -> None:
        self._panels = panels

    async def trace(self, server: Server, began: AuditRow, ended: AuditRow | None) -> Traced:
        """Find the panel's entry for an action: by event, account and time.

        Args:
            began: The intent.
            ended: Its result, where there is one.
        """
        events = _EVENTS.get(began.action, "")
        if began.kind != "intent" or not events:
            return Traced(Trace.NOT_LOGGED)
        if not any_covers(server.key_rights, "activity.read"):
            return Traced(Trace.NO_RIGHT)
        try:
            client = self._panels.client(server.guild_id, server.panel_id)
            account = self._panels.get(server.guild_id, server.panel_id).account_name
            for number in range(1, PAGES_AT_MOST + 1):
                page = await client.servers.list_activity(
                    server.uuid, page=number, per_page=PER_PAGE, event=events, includes=("actor",)
                )
                found = matching(page.rows, began, ended, account)
                if found is not None:
                    return Traced(Trace.FOUND, found)
                is_past = page.rows and page.rows[-1].happened_at < began.at - APART
                if page.pagination.is_last or is_past or not page.rows:
                    return Traced(Trace.NOT_FOUND)
        except (PanelError, PanelGone):
            return Traced(Trace.NOT_READ)
        return Traced(Trace.TOO_OLD)


def matching(
    entries: Iterable[Activity], began: AuditRow, ended: AuditRow | None, account: str
) -> Activity | None:
    """The entry that tells of the action: of its event and account, nearest in time."""
    detail = began.detail or ""
    if detail.startswith(_OWN_KEY):
        account, _semicolon, detail = detail.removeprefix(_OWN_KEY).partition("; ")
    until = (ended.at if ended is not None else began.at) + APART
    events = _EVENTS.get(began.action, "").split(",")
    fitting = [
        one
        for one in entries
        if one.event in events
        and began.at - APART <= one.happened_at <= until
        and (one.actor is None or one.actor.username == account)
        and _is_line(one, detail)
    ]
    return min(fitting, key=lambda one: abs(one.happened_at - began.at), default=None)


def _is_line(entry: Activity, detail: str) -> bool:
    """Of console commands the panel keeps the line; it has to be ours."""
    if entry.event != "server:console.command" or not isinstance(entry.properties, dict):
        return True
    line = str(entry.properties.get("command", ""))
    return detail == line or detail.endswith(f"; {line}")
