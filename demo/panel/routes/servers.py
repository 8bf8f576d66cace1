"""Servers: list, view, resources, websocket credentials, command, power (contract: servers.md)."""

from collections.abc import Callable

from demo.panel import shapes
from demo.panel.ask import NOTHING, Answer, Ask, Route
from demo.panel.paging import filters, paged
from demo.panel.refusal import Refusal, bug, forbidden, node_trouble, offline, unauthorized
from demo.panel.rights import CATALOGUE, known
from demo.panel.server import Server
from demo.panel.validation import checked, one_of, required, string

_FILTERS = ("uuid", "name", "description", "external_id", "*")
_SIGNALS = {
    "start": "control.start",
    "stop": "control.stop",
    "restart": "control.restart",
    "kill": "control.stop",
}
_CACHED_SECONDS = 20.0


async def list_servers(ask: Ask) -> Answer:
    wanted = filters(ask, _FILTERS)
    rows = [
        server
        for server in ask.panel.world.servers
        if _is_listed(ask, server)
        and all(any(_TESTS[name](server, value) for value in wanted[name]) for name in wanted)
    ]
    body = paged(ask, rows, lambda row: shapes.server(row, ask), default=50, maximum=100)
    return Answer(body=body)


def _is_listed(ask: Ask, server: Server) -> bool:
    is_owner = server.owner is ask.user
    has_part = is_owner or server.permissions_of(ask.user) is not None
    match ask.query.get("type"):
        case "owner":
            return is_owner
        case "admin":
            return ask.user.is_admin and not has_part
        case "admin-all":
            return ask.user.is_admin
        case _:
            return has_part


def _anything(server: Server, text: str) -> bool:
    ip, colon, port = text.rpartition(":")
    if colon and port.isdigit():
        return any(
            str(each.port).startswith(port) and (not ip or each.ip == ip)
            for each in server.allocations
        )
    if "." in text and text.replace(".", "").isdigit():
        return any(each.ip == text for each in server.allocations)
    return (
        server.uuid.startswith(text)
        or text in (server.identifier, server.external_id)
        or text.lower() in server.name.lower()
    )


def _part(read: Callable[[Server], str | None]) -> Callable[[Server, str], bool]:
    return lambda server, text: text.lower() in (read(server) or "").lower()


_TESTS: dict[str, Callable[[Server, str], bool]] = {
    "uuid": _part(lambda server: server.uuid),
    "name": _part(lambda server: server.name),
    "description": _part(lambda server: server.description),
    "external_id": _part(lambda server: server.external_id),
    "*": _anything,
}


async def view_server(ask: Ask) -> Answer:
    body = shapes.server(ask.server, ask)
    body["meta"] = {"is_server_owner": ask.is_owner, "user_permissions": ask.rights()}
    return Answer(body=body)


async def list_permissions(ask: Ask) -> Answer:
    if ask.panel.version == "pelican":
        permissions: object = sorted(known("pelican"))
    else:
        permissions = {
            group: {"description": text, "keys": names}
            for group, (text, names) in CATALOGUE.items()
        }
    return Answer(body=shapes.item("system_permissions", {"permissions": permissions}))


async def websocket(ask: Ask) -> Answer:
    server = ask.server
    if not ask.may("websocket.connect"):
        raise forbidden("You do not have permission to connect to this server's websocket.")
    node = server.node
    token = ask.panel.socket_token(ask.user, server, ask.rights())
    socket = f"{node.url.replace('http', 'ws', 1)}/api/servers/{server.uuid}/ws"
    return Answer(body={"data": {"token": token, "socket": socket}})


async def resources(ask: Ask) -> Answer:
    server = ask.server
    now = ask.panel.clock.monotonic()
    kept = ask.panel.resources.get(server.id)
    if kept is not None and now - kept[0] < _CACHED_SECONDS:
        return Answer(body=kept[1])
    try:
        is_json = await ask.reach_node()
    except Refusal as refusal:
        if ask.panel.version == "pelican":
            return _keep(ask, now, _figures({"state": "missing"}, is_suspended=False))
        is_silent = "Could not establish" in str(refusal)
        raise refusal if is_silent else node_trouble(refusal.status) from None
    if not is_json:
        raise bug("TypeError")
    nothing: dict[str, object] = {"state": "offline"}
    figures = server.instance.stats() if server.instance is not None else nothing
    return _keep(ask, now, _figures(figures, is_suspended=server.status == "suspended"))


def _keep(ask: Ask, now: float, body: dict[str, object]) -> Answer:
    ask.panel.resources[ask.server.id] = now, body
    return Answer(body=body)


def _figures(stats: dict[str, object], *, is_suspended: bool) -> dict[str, object]:
    network = stats.get("network")
    traffic = network if isinstance(network, dict) else {}
    return shapes.item(
        "stats",
        {
            "current_state": stats["state"],
            "is_suspended": is_suspended,
            "resources": {
                "memory_bytes": stats.get("memory_bytes", 0),
                "cpu_absolute": stats.get("cpu_absolute", 0),
                "disk_bytes": stats.get("disk_bytes", 0),
                "network_rx_bytes": traffic.get("rx_bytes", 0),
                "network_tx_bytes": traffic.get("tx_bytes", 0),
                "uptime": stats.get("uptime", 0),
            },
        },
    )


async def send_command(ask: Ask) -> Answer:
    checked(ask.body, {"command": (required, string)})
    command = ask.text_of("command")
    try:
        does_it = await ask.reach_node()
    except Refusal as refusal:
        raise offline() if refusal.status == 502 else refusal from None
    instance = ask.server.instance
    if does_it and instance is not None and not instance.type(command):
        raise offline()
    ask.log("server:console.command", command=command)
    return NOTHING


def _signal_right(ask: Ask) -> str:
    signal = ask.body.get("signal")
    right = _SIGNALS.get(signal) if isinstance(signal, str) else None
    if right is None and "*" not in ask.rights():
        raise unauthorized()
    return right or "control.start"


async def send_power(ask: Ask) -> Answer:
    checked(ask.body, {"signal": (required, one_of(*_SIGNALS))})
    signal = ask.text_of("signal")
    does_it = await ask.reach_node()
    if does_it and ask.server.instance is not None:
        ask.server.instance.power(signal)
    ask.log(f"server:power.{signal}")
    return NOTHING


ROUTES = (
    Route("GET", "", list_servers),
    Route("GET", "permissions", list_permissions),
    Route("GET", "servers/{server}", view_server),
    Route("GET", "servers/{server}/websocket", websocket),
    Route("GET", "servers/{server}/resources", resources),
    Route("POST", "servers/{server}/command", send_command, "control.console"),
    Route("POST", "servers/{server}/power", send_power, _signal_right),
)
