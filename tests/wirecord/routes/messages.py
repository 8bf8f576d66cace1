"""Messages in channels, as the bot reads, writes, pins and reacts to them."""

from urllib.parse import unquote

from tests.wirecord.message import is_public, sent
from tests.wirecord.protocol import THREADS, Json, Permission, Refusal
from tests.wirecord.routes.table import Call, check_bot_may, route
from tests.wirecord.world import Channel

_HIGHEST = 1 << 63
_PINS = "/channels/{channel}/messages/pins"
_REACTIONS = "/channels/{channel}/messages/{message}/reactions"


def seen(channel: Channel, message_id: str) -> Json:
    """A message as the bot finds it: private answers are reached by their token alone."""
    message = channel.messages.get(message_id)
    if message is None or not is_public(message):
        raise Refusal(404, 10008, "Unknown Message")
    return message


async def open_by_message(channel: Channel) -> None:
    """A message opens an archived thread, unless it is locked.

    Raises:
        Refusal: It is, and the bot may not manage threads.
    """
    if not channel.is_archived:
        return
    if channel.is_locked and not channel.bot_may() & Permission.MANAGE_THREADS:
        raise Refusal(403, 160005, "Thread is locked")
    await channel.reopen()


@route("GET", "/channels/{channel}/messages")
async def list_messages(call: Call, channel: str) -> object:
    found = call.wire.channel(channel)
    check_bot_may(found, Permission.READ_MESSAGE_HISTORY)
    before, after = int(call.query.get("before", _HIGHEST)), int(call.query.get("after", 0))
    most = int(call.query.get("limit", 50))
    messages = [message for message in found.public() if after < int(message["id"]) < before]
    page = messages[:most] if "after" in call.query else messages[-most:]
    return list(reversed(page))


@route("POST", "/channels/{channel}/messages")
async def post_message(call: Call, channel: str) -> object:
    found = call.wire.channel(channel)
    is_thread = found.type in THREADS
    send = Permission.SEND_MESSAGES_IN_THREADS if is_thread else Permission.SEND_MESSAGES
    check_bot_may(found, send, *([Permission.ATTACH_FILES] if call.files else []))
    if call.body.get("enforce_nonce"):
        for message in found.messages.values():
            by_bot = message["author"]["id"] == call.wire.bot_id
            if by_bot and message.get("nonce") == call.body.get("nonce"):
                return message
    await open_by_message(found)
    return await call.wire.messages.post(found, call.body, call.files)


@route("GET", "/channels/{channel}/messages/{message}")
async def get_message(call: Call, channel: str, message: str) -> object:
    found = call.wire.channel(channel)
    check_bot_may(found)
    return seen(found, message)


@route("PATCH", "/channels/{channel}/messages/{message}")
async def edit_message(call: Call, channel: str, message: str) -> object:
    found = call.wire.channel(channel)
    check_bot_may(found)
    old = seen(found, message)
    if found.is_archived:
        raise Refusal(400, 50083, "Thread is archived")
    if old["author"]["id"] != call.wire.bot_id:
        raise Refusal(403, 50005, "Cannot edit a message authored by another user")
    return await call.wire.messages.amend(old, call.body, call.files)


@route("DELETE", "/channels/{channel}/messages/{message}")
async def delete_message(call: Call, channel: str, message: str) -> object:
    found = call.wire.channel(channel)
    check_bot_may(found)
    old = seen(found, message)
    if old["author"]["id"] != call.wire.bot_id:
        check_bot_may(found, Permission.MANAGE_MESSAGES)
    await call.wire.messages.delete(old)
    return None


@route("POST", "/channels/{channel}/messages/bulk-delete")
async def delete_messages(call: Call, channel: str) -> object:
    found = call.wire.channel(channel)
    check_bot_may(found, Permission.MANAGE_MESSAGES)
    ids = [str(message_id) for message_id in call.body["messages"]]
    for message_id in ids:
        found.messages.pop(message_id, None)
    gone = {"ids": ids, "channel_id": found.id, "guild_id": found.guild.id}
    await call.wire.dispatch("MESSAGE_DELETE_BULK", gone, found.guild)
    return None


@route("GET", _PINS)
async def list_pins(call: Call, channel: str) -> object:
    found = call.wire.channel(channel)
    check_bot_may(found)
    pinned = [message for message in found.public() if message["pinned"]]
    items = [{"pinned_at": m["timestamp"], "message": sent(m)} for m in reversed(pinned)]
    return {"items": items, "has_more": False}


@route("PUT DELETE", f"{_PINS}/{{message}}", "/channels/{channel}/pins/{message}")
async def pin_message(call: Call, channel: str, message: str) -> object:
    found = call.wire.channel(channel)
    check_bot_may(found, Permission.PIN_MESSAGES)
    seen(found, message)["pinned"] = call.method == "PUT"
    return None


@route("PUT", f"{_REACTIONS}/{{emoji}}/@me")
async def add_reaction(call: Call, channel: str, message: str, emoji: str) -> object:
    found = call.wire.channel(channel)
    check_bot_may(found, Permission.ADD_REACTIONS)
    reacted = seen(found, message).setdefault("_reacted", [])
    if unquote(emoji) not in reacted:
        reacted.append(unquote(emoji))
    return None


@route("DELETE", f"{_REACTIONS}/{{emoji}}/@me")
async def remove_reaction(call: Call, channel: str, message: str, emoji: str) -> object:
    found = call.wire.channel(channel)
    check_bot_may(found)
    reacted = seen(found, message).setdefault("_reacted", [])
    if unquote(emoji) in reacted:
        reacted.remove(unquote(emoji))
    return None
