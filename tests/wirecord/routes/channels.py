"""Channels and threads."""

import time

from tests.wirecord.protocol import THREADS, ChannelType, Permission, Refusal
from tests.wirecord.routes.messages import seen
from tests.wirecord.routes.table import Answer, Call, check_bot_may, route
from tests.wirecord.world import Channel

RENAMES = 2  # in
RENAMES_PER = 600.0  # seconds


@route("GET", "/channels/{channel}")
async def get_channel(call: Call, channel: str) -> object:
    return call.wire.channel(channel).json()


@route("PATCH", "/channels/{channel}")
async def edit_channel(call: Call, channel: str) -> object:
    found = call.wire.channel(channel)
    check_bot_may(found)
    if {"name", "topic"} & call.body.keys():
        _count_rename(found)
    found.name = call.body.get("name", found.name)
    found.topic = call.body.get("topic", found.topic)
    if found.is_locked and {"archived", "locked"} & call.body.keys():
        check_bot_may(found, Permission.MANAGE_THREADS)
    found.is_archived = call.body.get("archived", found.is_archived)
    found.is_locked = call.body.get("locked", found.is_locked)
    event = "THREAD_UPDATE" if found.type in THREADS else "CHANNEL_UPDATE"
    await call.wire.dispatch(event, found.json(), found.guild)
    return found.json()


def _count_rename(channel: Channel) -> None:
    now = time.monotonic()
    channel.renamed_at = [at for at in channel.renamed_at if at > now - RENAMES_PER]
    if len(channel.renamed_at) >= RENAMES:
        free_in = channel.renamed_at[0] + RENAMES_PER - now
        raise Refusal(429, 0, "You are being rate limited.", retry_after=free_in)
    channel.renamed_at.append(now)


@route("DELETE", "/channels/{channel}")
async def delete_channel(call: Call, channel: str) -> object:
    found = call.wire.channel(channel)
    check_bot_may(found, Permission.MANAGE_CHANNELS)
    await found.delete()
    return found.json()


@route("POST", "/channels/{channel}/typing")
async def type_in(call: Call, channel: str) -> object:
    check_bot_may(call.wire.channel(channel), Permission.SEND_MESSAGES)
    return None


@route("POST", "/channels/{channel}/threads", "/channels/{channel}/messages/{message}/threads")
async def open_thread(call: Call, channel: str, message: str | None = None) -> object:
    parent = call.wire.channel(channel)
    check_bot_may(parent, Permission.CREATE_PUBLIC_THREADS)
    thread = Channel(parent.guild, call.body["name"], ChannelType.PUBLIC_THREAD, parent=parent)
    if message:
        thread.id = seen(parent, message)["id"]  # a thread at a message has its id
    if thread.id in parent.guild.channels:
        raise Refusal(400, 160004, "A thread has already been created for this message")
    parent.guild.channels[thread.id] = thread
    made = thread.json() | {"newly_created": True}
    await call.wire.dispatch("THREAD_CREATE", made, parent.guild)
    return Answer(thread.json(), 201)
