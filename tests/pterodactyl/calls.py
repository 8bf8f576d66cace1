"""Each route of the client API as a call of our client: the table behind several tests.

From a request as it was recorded (path, query, body) it makes the call of ours that sends it, and
from what our method gives back the answer as the panel wrote it.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from bot.pterodactyl import (
    BackupList,
    Client,
    FileContents,
    NewApiKey,
    Page,
    Server,
    Startup,
    TwoFactorSetup,
    VariableUpdate,
    WebsocketCredentials,
)
from bot.pterodactyl.routes import Asked
from bot.secret import Secret

OWN_RECORDINGS = Path(__file__).parents[1] / "recordings"
"""For tests that need one by its name, whatever folder is handed in."""

Json = Any
Ids = tuple[str, ...]
Query = Mapping[str, str]
Make = Callable[[Client, Ids, Query, Json], Awaitable[object]]


def path_of(recorded: str) -> tuple[str, ...]:
    """The segments below `/api/client` of a recorded path."""
    path = urlsplit(recorded).path.removeprefix("/api/client").strip("/")
    return tuple(unquote(part) for part in path.split("/")) if path else ()


def query_of(recorded: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(recorded).query, keep_blank_values=True))


def asked(method: str, recorded: str) -> Asked:
    return Asked(method, path_of(recorded))


def number(text: str) -> int:
    """An id as our methods take it; a word stays one, since a recording may ask with it."""
    return int(text) if text.isdigit() else text  # type: ignore[return-value]


async def first_page(pages: Any) -> object:
    page = await anext(pages)
    await pages.aclose()
    return page


def servers(client: Client, _ids: Ids, query: Query, _body: Json) -> Awaitable[object]:
    rest = {key: value for key, value in query.items() if key != "include"}
    for key in ("page", "per_page"):
        if not rest.get(key, "1").lstrip("-").isdigit():
            del rest[key]
    return first_page(client.servers.iter_servers(query.get("include"), rest))


def activity(client: Client, ids: Ids, query: Query, _body: Json) -> Awaitable[object]:
    how: dict[str, Any] = {
        "page": number(query.get("page", "1")) if query.get("page", "1").isdigit() else 1,
        "per_page": number(query["per_page"]) if query.get("per_page", "").isdigit() else 25,
        "event": query.get("filter[event]"),
        "oldest_first": not query.get("sort", "timestamp").startswith("-"),
        "includes": query.get("include", ()),
    }
    if ids:
        return client.servers.list_activity(ids[0], **how)
    return client.account.list_activity(**how)


def schedule_fields(body: Json) -> dict[str, Any]:
    names = ("minute", "hour", "day_of_month", "month", "day_of_week")
    fields: dict[str, Any] = {name: body.get(name, "*") for name in names}
    fields["is_active"] = body.get("is_active", False)
    fields["only_when_online"] = body.get("only_when_online", False)
    return fields


def task_fields(body: Json) -> dict[str, Any]:
    return {
        "time_offset_seconds": body.get("time_offset", 0),
        "sequence_id": body.get("sequence_id"),
        "continue_on_failure": body.get("continue_on_failure", False),
    }


def rename(client: Client, ids: Ids, _query: Query, body: Json) -> Awaitable[object]:
    first = (body.get("files") or [{}])[0]
    pair = first if isinstance(first, dict) else {}
    return client.servers.files.rename_file(
        ids[0], pair.get("from", "a"), pair.get("to", "b"), body.get("root", "/")
    )


def chmod(client: Client, ids: Ids, _query: Query, body: Json) -> Awaitable[object]:
    modes = {each["file"]: str(each["mode"]) for each in body.get("files", [])}
    return client.servers.files.chmod_files(ids[0], modes, body.get("root", "/"))


def write(client: Client, ids: Ids, query: Query, body: Json) -> Awaitable[object]:
    contents = body if isinstance(body, str) else ""
    return client.servers.files.write_file(ids[0], query.get("file", ""), contents)


S = "servers/{server}"
CALLS: dict[tuple[str, str], Make] = {
    ("GET", ""): servers,
    ("GET", "permissions"): lambda c, i, q, b: c.servers.list_permissions(),
    ("GET", "account"): lambda c, i, q, b: c.account.get_account(),
    ("GET", "account/two-factor"): lambda c, i, q, b: c.account.get_2fa_setup_code(),
    ("POST", "account/two-factor"): lambda c, i, q, b: c.account.enable_2fa(
        b.get("code", ""), b.get("password", "")
    ),
    ("POST", "account/two-factor/disable"): lambda c, i, q, b: c.account.disable_2fa(
        b.get("password", "")
    ),
    ("PUT", "account/email"): lambda c, i, q, b: c.account.update_email(
        b.get("email", ""), b.get("password", "")
    ),
    ("PUT", "account/password"): lambda c, i, q, b: c.account.update_password(
        b.get("current_password", ""), b.get("password", ""), b.get("password_confirmation", "")
    ),
    ("PUT", "account/username"): lambda c, i, q, b: c.account.update_username(
        b.get("username", ""), b.get("password", "")
    ),
    ("GET", "account/activity"): activity,
    ("GET", "account/api-keys"): lambda c, i, q, b: c.account.api_key_list(),
    ("POST", "account/api-keys"): lambda c, i, q, b: c.account.api_key_create(
        b.get("description", ""), b.get("allowed_ips") or ()
    ),
    ("DELETE", "account/api-keys/{key}"): lambda c, i, q, b: c.account.api_key_delete(i[0]),
    ("GET", "account/ssh-keys"): lambda c, i, q, b: c.account.list_ssh_keys(),
    ("POST", "account/ssh-keys"): lambda c, i, q, b: c.account.create_ssh_key(
        b.get("name", ""), b.get("public_key", "")
    ),
    ("POST", "account/ssh-keys/remove"): lambda c, i, q, b: c.account.remove_ssh_key(
        b.get("fingerprint", "")
    ),
    ("GET", S): lambda c, i, q, b: c.servers.get_server(i[0], q.get("include")),
    ("GET", f"{S}/websocket"): lambda c, i, q, b: c.servers.get_websocket(i[0]),
    ("GET", f"{S}/resources"): lambda c, i, q, b: c.servers.get_server_utilization(i[0]),
    ("GET", f"{S}/activity"): activity,
    ("POST", f"{S}/command"): lambda c, i, q, b: c.servers.send_console_command(
        i[0], b.get("command", "")
    ),
    ("POST", f"{S}/power"): lambda c, i, q, b: c.servers.send_power_action(
        i[0], b.get("signal", "start") if isinstance(b, dict) else "start"
    ),
    ("GET", f"{S}/databases"): lambda c, i, q, b: c.servers.databases.list_databases(
        i[0], "password" in q.get("include", "")
    ),
    ("POST", f"{S}/databases"): lambda c, i, q, b: c.servers.databases.create_database(
        i[0], b.get("database", ""), b.get("remote", "%")
    ),
    ("POST", f"{S}/databases/{{database}}/rotate-password"): lambda c, i, q, b: (
        c.servers.databases.rotate_database_password(i[0], i[1])
    ),
    ("DELETE", f"{S}/databases/{{database}}"): lambda c, i, q, b: (
        c.servers.databases.delete_database(i[0], i[1])
    ),
    ("GET", f"{S}/files/list"): lambda c, i, q, b: c.servers.files.list_files(
        i[0], q.get("directory")
    ),
    ("GET", f"{S}/files/contents"): lambda c, i, q, b: c.servers.files.get_file_contents(
        i[0], q.get("file", "")
    ),
    ("GET", f"{S}/files/download"): lambda c, i, q, b: c.servers.files.download_file(
        i[0], q.get("file", "")
    ),
    ("GET", f"{S}/files/upload"): lambda c, i, q, b: c.servers.files.get_upload_file_url(i[0]),
    ("PUT", f"{S}/files/rename"): rename,
    ("POST", f"{S}/files/copy"): lambda c, i, q, b: c.servers.files.copy_file(
        i[0], b.get("location", "")
    ),
    ("POST", f"{S}/files/write"): write,
    ("POST", f"{S}/files/compress"): lambda c, i, q, b: c.servers.files.compress_files(
        i[0], b.get("files", ()), b.get("root", "/")
    ),
    ("POST", f"{S}/files/decompress"): lambda c, i, q, b: c.servers.files.decompress_file(
        i[0], b.get("file", ""), b.get("root", "/")
    ),
    ("POST", f"{S}/files/delete"): lambda c, i, q, b: c.servers.files.delete_files(
        i[0], b.get("files", ()), b.get("root", "/")
    ),
    ("POST", f"{S}/files/create-folder"): lambda c, i, q, b: c.servers.files.create_folder(
        i[0], b.get("name", ""), b.get("root", "/")
    ),
    ("POST", f"{S}/files/chmod"): chmod,
    ("POST", f"{S}/files/pull"): lambda c, i, q, b: c.servers.files.pull_file(
        i[0],
        b.get("url", ""),
        b.get("directory", "/"),
        filename=b.get("filename"),
        use_header=b.get("use_header", False),
        foreground=b.get("foreground", False),
    ),
    ("GET", f"{S}/schedules"): lambda c, i, q, b: c.servers.schedules.list_schedules(i[0]),
    ("POST", f"{S}/schedules"): lambda c, i, q, b: c.servers.schedules.create_schedule(
        i[0], b.get("name", ""), **schedule_fields(b)
    ),
    ("GET", f"{S}/schedules/{{schedule}}"): lambda c, i, q, b: c.servers.schedules.get_schedule(
        i[0],
        number(i[1]),
    ),
    ("POST", f"{S}/schedules/{{schedule}}"): lambda c, i, q, b: c.servers.schedules.update_schedule(
        i[0], number(i[1]), name=b.get("name", "x"), **schedule_fields(b)
    ),
    ("POST", f"{S}/schedules/{{schedule}}/execute"): lambda c, i, q, b: (
        c.servers.schedules.execute_schedule(i[0], number(i[1]))
    ),
    ("DELETE", f"{S}/schedules/{{schedule}}"): lambda c, i, q, b: (
        c.servers.schedules.delete_schedule(i[0], number(i[1]))
    ),
    ("POST", f"{S}/schedules/{{schedule}}/tasks"): lambda c, i, q, b: (
        c.servers.schedules.create_task(
            i[0], number(i[1]), b.get("action", "command"), b.get("payload", ""), **task_fields(b)
        )
    ),
    ("POST", f"{S}/schedules/{{schedule}}/tasks/{{task}}"): lambda c, i, q, b: (
        c.servers.schedules.update_task(
            i[0],
            number(i[1]),
            number(i[2]),
            action=b.get("action", "command"),
            payload=b.get("payload", ""),
            **task_fields(b),
        )
    ),
    ("DELETE", f"{S}/schedules/{{schedule}}/tasks/{{task}}"): lambda c, i, q, b: (
        c.servers.schedules.delete_task(i[0], number(i[1]), number(i[2]))
    ),
    ("GET", f"{S}/network/allocations"): lambda c, i, q, b: c.servers.network.list_allocations(
        i[0]
    ),
    ("POST", f"{S}/network/allocations"): lambda c, i, q, b: c.servers.network.assign_allocation(
        i[0]
    ),
    ("POST", f"{S}/network/allocations/{{allocation}}"): lambda c, i, q, b: (
        c.servers.network.set_allocation_note(i[0], number(i[1]), b.get("notes", ""))
    ),
    ("POST", f"{S}/network/allocations/{{allocation}}/primary"): lambda c, i, q, b: (
        c.servers.network.set_primary_allocation(i[0], number(i[1]))
    ),
    ("DELETE", f"{S}/network/allocations/{{allocation}}"): lambda c, i, q, b: (
        c.servers.network.unassign_allocation(i[0], number(i[1]))
    ),
    ("GET", f"{S}/users"): lambda c, i, q, b: c.servers.users.list_users(i[0]),
    ("POST", f"{S}/users"): lambda c, i, q, b: c.servers.users.create_user(
        i[0], b.get("email", ""), b.get("permissions", ())
    ),
    ("GET", f"{S}/users/{{user}}"): lambda c, i, q, b: c.servers.users.get_user(i[0], i[1]),
    ("POST", f"{S}/users/{{user}}"): lambda c, i, q, b: c.servers.users.update_user(
        i[0], i[1], b.get("permissions", ())
    ),
    ("DELETE", f"{S}/users/{{user}}"): lambda c, i, q, b: c.servers.users.delete_user(i[0], i[1]),
    ("GET", f"{S}/backups"): lambda c, i, q, b: c.servers.backups.list_backups(i[0]),
    ("POST", f"{S}/backups"): lambda c, i, q, b: c.servers.backups.create_backup(
        i[0],
        name=b.get("name") or "",
        ignored=(b.get("ignored") or "").split("\n") if b.get("ignored") else (),
        is_locked=b.get("is_locked", False),
    ),
    ("GET", f"{S}/backups/{{backup}}"): lambda c, i, q, b: c.servers.backups.get_backup_detail(
        i[0], i[1]
    ),
    ("GET", f"{S}/backups/{{backup}}/download"): lambda c, i, q, b: (
        c.servers.backups.get_backup_download(i[0], i[1])
    ),
    ("POST", f"{S}/backups/{{backup}}/lock"): lambda c, i, q, b: c.servers.backups.set_locked(
        i[0], i[1], b.get("is_locked", True)
    ),
    ("PUT", f"{S}/backups/{{backup}}/rename"): lambda c, i, q, b: c.servers.backups.rename_backup(
        i[0], i[1], b.get("name", "")
    ),
    ("POST", f"{S}/backups/{{backup}}/restore"): lambda c, i, q, b: (
        c.servers.backups.restore_backup(i[0], i[1], b.get("truncate", False))
    ),
    ("DELETE", f"{S}/backups/{{backup}}"): lambda c, i, q, b: c.servers.backups.delete_backup(
        i[0], i[1]
    ),
    ("GET", f"{S}/startup"): lambda c, i, q, b: c.servers.startup.list_variables(i[0]),
    ("PUT", f"{S}/startup/variable"): lambda c, i, q, b: c.servers.startup.update_variable(
        i[0], b.get("key", ""), b.get("value", "")
    ),
    ("POST", f"{S}/settings/rename"): lambda c, i, q, b: c.servers.settings.rename_server(
        i[0], b.get("name", ""), b.get("description")
    ),
    ("POST", f"{S}/settings/description"): lambda c, i, q, b: c.servers.settings.set_description(
        i[0], b.get("description", "")
    ),
    ("POST", f"{S}/settings/reinstall"): lambda c, i, q, b: c.servers.settings.reinstall_server(
        i[0]
    ),
    ("PUT", f"{S}/settings/docker-image"): lambda c, i, q, b: c.servers.settings.set_docker_image(
        i[0], b.get("docker_image", "")
    ),
}
"""(method, route) -> the call of ours, given client, ids of the path, query and body."""


def call(client: Client, method: str, recorded_path: str, body: Json) -> Awaitable[object] | None:
    """Our call for a recorded request; None where the client has none (HEAD, an unknown route)."""
    question = asked(method, recorded_path)
    make = CALLS.get((method, question.route))
    if make is None:
        return None
    pairs = zip(question.segments, question.route.split("/"), strict=False)
    ids = tuple(given for given, named in pairs if named.startswith("{"))
    as_object = {} if body is None else body
    if isinstance(body, str) and not question.route.endswith("files/write"):
        as_object = {}
    return make(client, ids, query_of(recorded_path), as_object)


def encoded(value: object) -> Json:
    """A struct as the panel would have written it, with what is secret shown."""

    def shown(each: object) -> object:
        if isinstance(each, Secret):
            return each.reveal()
        raise TypeError(type(each).__name__)

    return msgspec.json.decode(msgspec.json.encode(value, enc_hook=shown))


def as_panel(result: object) -> Json:
    """What our method gave back, in the envelope it came in."""
    if isinstance(result, FileContents | bytes) or result is None:
        return result
    if isinstance(result, list):
        return {"data": [{"attributes": encoded(each)} for each in result]}
    if isinstance(result, Page):
        rows = [{"attributes": encoded(each)} for each in result]
        return {"data": rows, "meta": {"pagination": encoded(result.pagination)}}
    if isinstance(result, BackupList):
        rows = [{"attributes": encoded(each)} for each in result]
        return {"data": rows, "meta": {"backup_count": result.backup_count}}
    if isinstance(result, Startup):
        meta = encoded(result)
        return {"data": [{"attributes": each} for each in meta.pop("rows")], "meta": meta}
    if isinstance(result, VariableUpdate):
        meta = encoded(result)
        return {"attributes": meta.pop("variable"), "meta": meta}
    if isinstance(result, NewApiKey):
        meta = encoded(result)
        return {"attributes": meta.pop("api_key"), "meta": meta}
    if isinstance(result, WebsocketCredentials | TwoFactorSetup):
        return {"data": encoded(result)}
    attributes = encoded(result)
    if isinstance(result, Server):
        return {"attributes": attributes, "meta": attributes}
    return {"attributes": attributes}


MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d)")
