"""The bot itself: login, the application, its commands, direct conversations."""

from tests.wirecord.protocol import ChannelType, Json, Refusal, snowflake
from tests.wirecord.routes.table import Call, route
from tests.wirecord.world import Channel


@route("GET", "/users/@me")
async def get_me(call: Call) -> object:
    return call.wire.me()


@route("GET", "/gateway/bot")
async def get_gateway(call: Call) -> object:
    limit = {"total": 1000, "remaining": 999, "reset_after": 1000, "max_concurrency": 1}
    return {"url": call.wire.gateway_url, "shards": 1, "session_start_limit": limit}


@route("GET", "/oauth2/applications/@me", "/applications/@me")
async def get_application(call: Call) -> object:
    return {
        "id": call.wire.bot_id,
        "name": "Roost",
        "icon": None,
        "description": "",
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": "",
        "flags": 0,
        "owner": call.wire.me(),
        "team": None,
        "summary": "",
        "terms_of_service_url": None,
        "privacy_policy_url": None,
    }


@route("GET", "/applications/{application}/emojis")
async def get_emojis(call: Call, application: str) -> object:
    return {"items": []}


@route("GET", "/applications/{application}/commands")
async def get_commands(call: Call, application: str) -> object:
    return call.wire.commands["global"]


@route("PUT", "/applications/{application}/commands")
async def put_commands(call: Call, application: str) -> object:
    before = call.wire.commands["global"]
    call.wire.commands["global"] = [_stored(call, command, before) for command in call.body]
    return call.wire.commands["global"]


@route("GET", "/applications/{application}/guilds/{guild}/commands")
async def get_guild_commands(call: Call, application: str, guild: str) -> object:
    return call.wire.commands.get(guild, [])


@route("PUT", "/applications/{application}/guilds/{guild}/commands")
async def put_guild_commands(call: Call, application: str, guild: str) -> object:
    call.wire.known_guild(guild)
    before = call.wire.commands.get(guild, [])
    call.wire.commands[guild] = [
        _stored(call, command, before) | {"guild_id": guild} for command in call.body
    ]
    return call.wire.commands[guild]


@route("GET", "/applications/{application}/guilds/{guild}/commands/permissions")
async def get_command_permissions(call: Call, application: str, guild: str) -> object:
    return call.wire.known_guild(guild).command_permissions


def _stored(call: Call, command: Json, before: list[Json]) -> Json:
    """The command as Discord keeps it: the id stays as long as the name does."""
    name = command["name"], command.get("type", 1)
    kept = [old["id"] for old in before if (old["name"], old["type"]) == name]
    filled_in: Json = {
        "id": kept[0] if kept else snowflake(),
        "application_id": call.wire.bot_id,
        "version": snowflake(),
        "default_member_permissions": None,
        "type": 1,
        "nsfw": False,
        "options": [],
        "description": "",
    }
    return filled_in | command


@route("POST", "/users/@me/channels")
async def open_direct(call: Call) -> object:
    user_id = str(call.body["recipient_id"])
    for guild in call.wire.guilds.values():
        if user_id in guild.members:
            if user_id not in call.wire.direct:
                recipient = guild.members[user_id]
                call.wire.direct[user_id] = Channel(
                    guild, "dm", ChannelType.DM, recipient=recipient
                )
            return call.wire.direct[user_id].json()
    raise Refusal(404, 10013, "Unknown User")


@route("DELETE", "/users/@me/guilds/{guild}")
async def leave_guild(call: Call, guild: str) -> object:
    await call.wire.known_guild(guild).kick_bot()
    return None
