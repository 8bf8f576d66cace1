"""The objects of the panel as JSON: one function for each kind of the contract."""

import hashlib
from typing import Final

from demo.panel.ask import Ask
from demo.panel.clock import stamp
from demo.panel.filesystem import Entry
from demo.panel.records import (
    Allocation,
    Backup,
    Database,
    Key,
    Schedule,
    SshKey,
    Subuser,
    Task,
    User,
    Variable,
)
from demo.panel.server import Server

Json = dict[str, object]
NULL: Final[Json] = {"object": "null_resource", "attributes": None}


def item(kind: str, attributes: Json, meta: Json | None = None) -> Json:
    """An object in its envelope."""
    body: Json = {"object": kind, "attributes": attributes}
    if meta is not None:
        body["meta"] = meta
    return body


def collection(items: list[Json]) -> Json:
    return {"object": "list", "data": items}


def account(user: User, version: str) -> Json:
    """The caller's own account."""
    if version == "pelican":
        more: Json = {"admin": user.is_admin, "root_admin": user.is_admin}
        return item("user", {**_person(user, version), **more})
    return item(
        "user",
        {
            "id": user.id,
            "admin": user.is_admin,
            "username": user.username,
            "email": user.email,
            "first_name": user.first_name,
            "last_name": user.last_name,
            "language": user.language,
        },
    )


def person(user: User, version: str) -> Json:
    """Somebody else, as in activity logs."""
    return item("user", _person(user, version))


def _person(user: User, version: str) -> Json:
    digest = hashlib.md5(user.email.lower().encode(), usedforsecurity=False).hexdigest()
    shown: Json = {
        "uuid": user.uuid,
        "username": user.username,
        "email": user.email,
        "image": f"https://gravatar.com/avatar/{digest}",
        "2fa_enabled": user.is_2fa_enabled,
        "created_at": stamp(user.created_at),
    }
    if version == "pelican":
        shown |= {
            "language": user.language,
            "admin": user.is_admin,
            "root_admin": user.is_admin,
            "updated_at": stamp(user.created_at),
        }
    return shown


def subuser(row: Subuser, version: str) -> Json:
    return item("server_subuser", {**_person(row.user, version), "permissions": row.permissions})


def api_key(key: Key) -> Json:
    return item(
        "api_key",
        {
            "identifier": key.identifier,
            "description": key.description,
            "allowed_ips": key.allowed_ips,
            "last_used_at": stamp(key.last_used_at),
            "created_at": stamp(key.created_at),
        },
    )


def ssh_key(key: SshKey) -> Json:
    return item(
        "ssh_key",
        {
            "name": key.name,
            "fingerprint": key.fingerprint,
            "public_key": key.public_key,
            "created_at": stamp(key.created_at),
        },
    )


def allocation(row: Allocation, server: Server, *, with_notes: bool = True) -> Json:
    return item(
        "allocation",
        {
            "id": row.id,
            "ip": row.ip,
            "ip_alias": row.alias,
            "port": row.port,
            "notes": row.notes if with_notes else None,
            "is_default": row is server.primary,
        },
    )


def variable(row: Variable, server: Server) -> Json:
    return item(
        "egg_variable",
        {
            "name": row.name,
            "description": row.description,
            "env_variable": row.env_variable,
            "default_value": row.default_value,
            "server_value": server.values.get(row.env_variable),
            "is_editable": row.is_editable,
            "rules": row.rules,
        },
    )


def invocation(server: Server, *, is_open: bool) -> str:
    """The start command with values filled in; hidden where one may not see them."""
    text = server.egg.startup.replace("{{SERVER_MEMORY}}", str(server.memory_mib))
    for row in server.egg.variables:
        value = server.values.get(row.env_variable) or row.default_value
        shown = value if is_open and row.is_viewable else "[hidden]"
        text = text.replace("{{" + row.env_variable + "}}", shown)
    return text


def server(row: Server, ask: Ask) -> Json:
    """A server as the caller may see it."""
    version = ask.panel.version
    rights = ask.rights(row)
    is_all = "*" in rights
    limits: Json = {
        "memory": row.memory_mib,
        "swap": 0,
        "disk": row.disk_mib,
        "io": 500,
        "cpu": row.cpu_percent,
        "threads": None,
        "oom_disabled": True,
    }
    sftp: Json = {"ip": row.node.fqdn, "port": row.node.sftp_port}
    if version == "pelican":
        limits["oom_killer"] = False
        sftp["alias"] = None
    sees_startup = is_all or "startup.read" in rights
    attributes: Json = {
        "server_owner": row.owner is ask.user,
        "identifier": row.identifier,
        "internal_id": row.id,
        "uuid": row.uuid,
        "name": row.name,
        "node": row.node.name,
        "is_node_under_maintenance": row.node.is_under_maintenance,
        "sftp_details": sftp,
        "description": row.description,
        "limits": limits,
        "invocation": invocation(row, is_open=sees_startup),
        "docker_image": row.docker_image,
        "egg_features": row.egg.features,
        "feature_limits": {
            "databases": row.database_limit,
            "allocations": row.allocation_limit,
            "backups": row.backup_limit,
        },
        "status": row.status,
        "is_suspended": row.status == "suspended",
        "is_installing": row.status in ("installing", "install_failed"),
        "is_transferring": row.is_transferring,
        "relationships": _relations(row, ask, is_all=is_all, rights=rights),
    }
    return item("server", attributes)


def _relations(row: Server, ask: Ask, *, is_all: bool, rights: list[str]) -> Json:
    if is_all or "allocation.read" in rights:
        shown = [allocation(each, row) for each in row.allocations]
    else:
        primary = [each for each in row.allocations if each is row.primary]
        shown = [allocation(each, row, with_notes=False) for each in primary]
    relations: Json = {"allocations": collection(shown)}
    if is_all or "startup.read" in rights:
        viewable = [each for each in row.egg.variables if each.is_viewable]
        relations["variables"] = collection([variable(each, row) for each in viewable])
    else:
        relations["variables"] = NULL
    if ask.includes("egg"):
        relations["egg"] = item("egg", {"uuid": row.egg.uuid, "name": row.egg.name})
    if ask.includes("subusers"):
        if is_all or "user.read" in rights:
            people = [subuser(each, ask.panel.version) for each in row.subusers]
            relations["subusers"] = collection(people)
        else:
            relations["subusers"] = NULL
    return relations


def backup(row: Backup, version: str) -> Json:
    attributes: Json = {
        "uuid": row.uuid,
        "is_successful": row.is_successful,
        "is_locked": row.is_locked,
        "name": row.name,
        "ignored_files": row.ignored_files,
        "checksum": row.checksum,
        "bytes": row.size_bytes,
        "created_at": stamp(row.created_at),
        "completed_at": stamp(row.completed_at),
    }
    if version == "pelican":
        attributes["is_scheduled"] = row.is_scheduled
    return item("backup", attributes)


def database(row: Database, ask: Ask, *, with_password: bool) -> Json:
    attributes: Json = {
        "id": row.number if ask.panel.version == "pelican" else row.id,
        "host": {"address": "127.0.0.1", "port": 3306},
        "name": row.name,
        "username": row.username,
        "connections_from": row.remote,
        "max_connections": None if row.is_new else 0,
    }
    if with_password:
        right = "view-password" if ask.panel.version == "pelican" else "view_password"
        secret = item("database_password", {"password": row.password})
        is_shown = ask.may(f"database.{right}")
        attributes["relationships"] = {"password": secret if is_shown else NULL}
    return item("server_database", attributes)


def task(row: Task) -> Json:
    return item(
        "schedule_task",
        {
            "id": row.id,
            "sequence_id": row.sequence_id,
            "action": row.action,
            "payload": row.payload,
            "time_offset": row.time_offset,
            "is_queued": row.is_queued,
            "continue_on_failure": row.continue_on_failure,
            "created_at": stamp(row.created_at),
            "updated_at": stamp(row.updated_at),
        },
    )


def schedule(row: Schedule) -> Json:
    return item(
        "server_schedule",
        {
            "id": row.id,
            "name": row.name,
            "cron": {
                "day_of_week": row.day_of_week,
                "day_of_month": row.day_of_month,
                "month": row.month,
                "hour": row.hour,
                "minute": row.minute,
            },
            "is_active": row.is_active,
            "is_processing": row.is_processing,
            "only_when_online": row.only_when_online,
            "last_run_at": stamp(row.last_run_at),
            "next_run_at": stamp(row.next_run_at),
            "created_at": stamp(row.created_at),
            "updated_at": stamp(row.updated_at),
            "relationships": {"tasks": collection([task(each) for each in row.tasks])},
        },
    )


def file_object(entry: Entry) -> Json:
    kind = "-" if entry.is_file else "d"
    letters = "".join(
        letter if entry.mode & (1 << (8 - place)) else "-"
        for place, letter in enumerate("rwxrwxrwx")
    )
    return item(
        "file_object",
        {
            "name": entry.name,
            "mode": kind + letters,
            "mode_bits": f"{entry.mode:o}",
            "size": entry.size,
            "is_file": entry.is_file,
            "is_symlink": False,
            "mimetype": entry.kind,
            "created_at": stamp(entry.changed_at),
            "modified_at": stamp(entry.modified_at),
        },
    )


def signed_url(url: str) -> Json:
    return item("signed_url", {"url": url})
