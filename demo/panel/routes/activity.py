"""Activity logs of the account and of a server (contract: activity.md)."""

import hashlib
from collections.abc import Mapping

from demo.panel import shapes
from demo.panel.ask import Answer, Ask, Route
from demo.panel.clock import stamp
from demo.panel.paging import filters, paged, sorting
from demo.panel.records import Activity


async def account_activity(ask: Ask) -> Answer:
    rows = [row for row in ask.panel.world.activities if row.subject is ask.user]
    return _page(ask, rows)


async def server_activity(ask: Ask) -> Answer:
    rows = [row for row in ask.panel.world.activities if row.server_id == ask.server.id]
    return _page(ask, rows)


def _page(ask: Ask, rows: list[Activity]) -> Answer:
    order = sorting(ask, ("timestamp",))
    for values in filters(ask, ("event",)).values():
        rows = [row for row in rows if any(value in row.event for value in values)]
    if order is not None:
        rows = sorted(rows, key=lambda row: (row.at, row.id), reverse=order.startswith("-"))
    return Answer(body=paged(ask, rows, lambda row: _shown(ask, row), default=25, maximum=100))


def _shown(ask: Ask, row: Activity) -> dict[str, object]:
    is_pelican = ask.panel.version == "pelican"
    sees_ip = row.actor is ask.user or ask.user.is_admin
    properties = _counted(row.properties)
    if "ip" in properties and not sees_ip:
        properties["ip"] = "[hidden]"
    attributes: dict[str, object] = {
        "id": hashlib.sha1(str(row.id).encode(), usedforsecurity=False).hexdigest(),
        "batch": None,
        "event": row.event,
        "is_api": row.is_api,
        "ip": row.ip if sees_ip else None,
        "description": None,
        "properties": properties if properties or not is_pelican else [],
        "has_additional_metadata": False,
        "timestamp": stamp(row.at),
    }
    if is_pelican:
        del attributes["batch"]
    if ask.includes("actor"):
        actor = row.actor
        shown = shapes.NULL if actor is None else shapes.person(actor, ask.panel.version)
        attributes["relationships"] = {"actor": shown}
    return shapes.item("activity_log", attributes)


def _counted(properties: Mapping[str, object]) -> dict[str, object]:
    """With the number of entries beside each list, and folders between slashes."""
    shown: dict[str, object] = {}
    lists = [name for name, value in properties.items() if isinstance(value, list)]
    for name, value in properties.items():
        is_folder = name == "directory" and isinstance(value, str)
        shown[name] = f"/{str(value).strip('/')}/".replace("//", "/") if is_folder else value
        if isinstance(value, list):
            shown["count" if len(lists) == 1 else f"{name}_count"] = len(value)
    return shown


ROUTES = (
    Route("GET", "account/activity", account_activity),
    Route("GET", "servers/{server}/activity", server_activity, "activity.read"),
)
