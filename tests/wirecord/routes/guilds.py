"""Guilds: their channels, roles, members, audit log."""

from tests.wirecord.protocol import THREADS, Intent, Permission, Refusal
from tests.wirecord.routes.table import Call, route

_HIGHEST = 1 << 63


@route("GET", "/guilds/{guild}")
async def get_guild(call: Call, guild: str) -> object:
    known = call.wire.known_guild(guild)
    data = known.json(all_members=False)
    if call.query.get("with_counts") in ("1", "true"):
        count = len(known.members)
        data |= {"approximate_member_count": count, "approximate_presence_count": count}
    return data


@route("GET", "/guilds/{guild}/channels")
async def list_channels(call: Call, guild: str) -> object:
    channels = call.wire.known_guild(guild).channels.values()
    return [channel.json() for channel in channels if channel.type not in THREADS]


@route("GET", "/guilds/{guild}/threads/active")
async def list_threads(call: Call, guild: str) -> object:
    channels = call.wire.known_guild(guild).channels.values()
    threads = [channel.json() for channel in channels if channel.type in THREADS]
    return {"threads": threads, "members": [], "has_more": False}


@route("GET", "/guilds/{guild}/roles")
async def list_roles(call: Call, guild: str) -> object:
    return [role.json() for role in call.wire.known_guild(guild).roles]


@route("GET", "/guilds/{guild}/roles/member-counts")
async def count_roles(call: Call, guild: str) -> object:
    known = call.wire.known_guild(guild)
    members = known.members.values()
    return {role.id: sum(role in m.roles for m in members) for role in known.roles[1:]}


@route("GET", "/guilds/{guild}/members")
async def list_members(call: Call, guild: str) -> object:
    if not call.wire.intents >> Intent.MEMBERS & 1:
        raise Refusal(403, 50001, "Missing Access")
    after, most = int(call.query.get("after", 0)), int(call.query.get("limit", 1))
    members = call.wire.known_guild(guild).members.values()
    found = sorted((m for m in members if int(m.id) > after), key=lambda m: int(m.id))
    return [member.json() for member in found[:most]]


@route("GET", "/guilds/{guild}/members/search")
async def search_members(call: Call, guild: str) -> object:
    query, most = call.query.get("query", ""), int(call.query.get("limit", 1))
    members = call.wire.known_guild(guild).members.values()
    return [member.json() for member in members if member.name.startswith(query)][:most]


@route("GET", "/guilds/{guild}/members/{member}")
async def get_member(call: Call, guild: str, member: str) -> object:
    members = call.wire.known_guild(guild).members
    if member not in members:
        raise Refusal(404, 10007, "Unknown Member")
    return members[member].json()


@route("GET", "/guilds/{guild}/webhooks")
async def list_guild_webhooks(call: Call, guild: str) -> object:
    return [hook for hook in call.wire.webhooks.values() if hook["guild_id"] == guild]


@route("GET", "/guilds/{guild}/audit-logs")
async def get_audit_log(call: Call, guild: str) -> object:
    known, query = call.wire.known_guild(guild), call.query
    held = known.members[call.wire.bot_id].permissions()
    if not held & (Permission.VIEW_AUDIT_LOG | Permission.ADMINISTRATOR):
        raise Refusal(403, 50013, "Missing Permissions")
    before, most = int(query.get("before", _HIGHEST)), int(query.get("limit", 50))
    entries = [
        entry
        for entry in reversed(known.audit)
        if int(entry["id"]) < before
        and str(entry["action_type"]) == query.get("action_type", str(entry["action_type"]))
        and entry["user_id"] == query.get("user_id", entry["user_id"])
    ]
    return {
        "audit_log_entries": entries[:most],
        "users": [member.user() for member in known.members.values()],
        "webhooks": [],
        "threads": [],
        "integrations": [],
        "application_commands": [],
        "auto_moderation_rules": [],
        "guild_scheduled_events": [],
    }
