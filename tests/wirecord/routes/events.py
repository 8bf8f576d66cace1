"""Scheduled events of a guild, those at a place outside of Discord."""

from datetime import datetime

from tests.wirecord.protocol import Json, Permission, Refusal, snowflake
from tests.wirecord.routes.table import Call, route
from tests.wirecord.world import Guild

EXTERNAL = 3
SCHEDULED = 1


@route("GET", "/guilds/{guild}/scheduled-events")
async def list_events(call: Call, guild: str) -> object:
    return list(call.wire.known_guild(guild).events.values())


@route("POST", "/guilds/{guild}/scheduled-events")
async def create_event(call: Call, guild: str) -> object:
    known, body = call.wire.known_guild(guild), call.body
    _check_may(call, known)
    _check(body)
    made: Json = {
        "id": snowflake(),
        "guild_id": guild,
        "channel_id": None,
        "creator_id": call.wire.bot_id,
        "name": body["name"],
        "description": body.get("description"),
        "scheduled_start_time": body["scheduled_start_time"],
        "scheduled_end_time": body["scheduled_end_time"],
        "privacy_level": body["privacy_level"],
        "status": SCHEDULED,
        "entity_type": EXTERNAL,
        "entity_id": None,
        "entity_metadata": body["entity_metadata"],
        "image": None,
        "recurrence_rule": None,
        "user_rsvp": None,
        "guild_scheduled_event_exceptions": [],
    }
    known.events[made["id"]] = made
    return made


@route("GET", "/guilds/{guild}/scheduled-events/{event}")
async def get_event(call: Call, guild: str, event: str) -> object:
    return _known(call.wire.known_guild(guild), event)


@route("DELETE", "/guilds/{guild}/scheduled-events/{event}")
async def delete_event(call: Call, guild: str, event: str) -> None:
    known = call.wire.known_guild(guild)
    _known(known, event)
    _check_may(call, known)
    del known.events[event]


def _known(guild: Guild, event: str) -> Json:
    if event not in guild.events:
        raise Refusal(404, 10070, "Unknown Guild Scheduled Event")
    return guild.events[event]


def _check_may(call: Call, guild: Guild) -> None:
    held = guild.members[call.wire.bot_id].permissions()
    if not held & (Permission.CREATE_EVENTS | Permission.MANAGE_EVENTS | Permission.ADMINISTRATOR):
        raise Refusal(403, 50013, "Missing Permissions")


def _check(body: Json) -> None:
    """What Discord holds besides the form: a place, and an end that comes after the start."""
    is_whole = (
        body.get("entity_type") == EXTERNAL
        and body.get("entity_metadata", {}).get("location")
        and body.get("scheduled_end_time")
    )
    if not is_whole or _moment(body["scheduled_end_time"]) <= _moment(body["scheduled_start_time"]):
        raise Refusal(400, 50035, "Invalid Form Body")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
