"""Webhooks of channels."""

import re
import secrets

from tests.wirecord.protocol import (
    THREADS,
    ChannelType,
    Json,
    Permission,
    Refusal,
    invalid,
    snowflake,
)
from tests.wirecord.routes import interactions
from tests.wirecord.routes.messages import open_by_message, seen
from tests.wirecord.routes.table import Call, check_bot_may, route
from tests.wirecord.world import Channel

PER_CHANNEL = 15
_FORBIDDEN_NAME = re.compile("clyde|discord", re.IGNORECASE)
_CHANGEABLE = ("name", "channel_id", "avatar")


def _check_name(name: str, field: str) -> None:
    if _FORBIDDEN_NAME.search(name) or not 1 <= len(name) <= 80:
        raise invalid(f"{field}: {name!r}")


def _known(call: Call, webhook: str, token: str | None = None) -> Json:
    if webhook not in call.wire.webhooks:
        raise Refusal(404, 10015, "Unknown Webhook")
    hook = call.wire.webhooks[webhook]
    if token is not None and hook["token"] != token:
        raise Refusal(401, 50027, "Invalid Webhook Token")
    return hook


def _target(call: Call, hook: Json) -> Channel:
    """The webhook's own channel, or a thread in it; a forum has threads alone."""
    own = call.wire.channel(hook["channel_id"])
    thread_id = call.query.get("thread_id")
    if thread_id is None:
        if own.type == ChannelType.FORUM:
            raise Refusal(400, 220001, "Webhooks posted to forum channels must have a thread_id")
        return own
    thread = call.wire.channel(thread_id)
    if thread.parent is not own:
        raise Refusal(404, 10003, "Unknown Channel")
    return thread


@route("GET", "/channels/{channel}/webhooks")
async def list_webhooks(call: Call, channel: str) -> object:
    check_bot_may(call.wire.channel(channel), Permission.MANAGE_WEBHOOKS)
    return [hook for hook in call.wire.webhooks.values() if hook["channel_id"] == channel]


@route("POST", "/channels/{channel}/webhooks")
async def create_webhook(call: Call, channel: str) -> object:
    found = call.wire.channel(channel)
    check_bot_may(found, Permission.MANAGE_WEBHOOKS)
    if found.type in THREADS:
        raise Refusal(400, 50024, "Cannot execute action on this channel type")
    here = [hook for hook in call.wire.webhooks.values() if hook["channel_id"] == channel]
    if len(here) >= PER_CHANNEL:
        raise Refusal(400, 30007, f"Maximum number of webhooks reached ({PER_CHANNEL})")
    _check_name(call.body["name"], "name")
    hook = {
        "id": snowflake(),
        "type": 1,
        "guild_id": found.guild.id,
        "channel_id": channel,
        "name": call.body["name"],
        "avatar": None,
        "token": secrets.token_urlsafe(51)[:68],
        "application_id": call.wire.bot_id,
        "user": call.wire.me(),
    }
    call.wire.webhooks[hook["id"]] = hook
    return hook


@route("GET PATCH DELETE", "/webhooks/{webhook}", "/webhooks/{webhook}/{token}")
async def one_webhook(call: Call, webhook: str, token: str | None = None) -> object:
    hook = _known(call, webhook, token)
    if token is None and not call.by_bot:
        raise Refusal(401, 0, "401: Unauthorized")
    if call.method == "DELETE":
        call.wire.webhooks.pop(webhook)
        return None
    if call.method == "PATCH":
        hook |= {key: call.body[key] for key in _CHANGEABLE if key in call.body}
    return hook


@route("POST", "/webhooks/{webhook}/{token}")
async def execute(call: Call, webhook: str, token: str) -> object:
    """Post by a webhook; with the application's id it is a follow-up of an interaction."""
    if webhook == call.wire.bot_id:
        return await interactions.follow_up(call, token)
    hook = _known(call, webhook, token)
    channel = _target(call, hook)
    await open_by_message(channel)
    _check_name(call.body.get("username") or hook["name"], "username")
    message = await call.wire.messages.post(channel, call.body, call.files, webhook=hook)
    return message if call.asks("wait") else None


@route("GET PATCH DELETE", "/webhooks/{webhook}/{token}/messages/{message}")
async def one_message(call: Call, webhook: str, token: str, message: str) -> object:
    """Read or change a message of a webhook, or of an interaction."""
    if webhook == call.wire.bot_id:
        return await interactions.one_answer(call, token, message)
    hook = _known(call, webhook, token)
    channel = _target(call, hook)
    found = seen(channel, message)
    if found.get("webhook_id") != webhook:
        raise Refusal(404, 10008, "Unknown Message")
    if call.method == "PATCH":
        return await call.wire.messages.amend(found, call.body, call.files)
    if call.method == "DELETE":
        await call.wire.messages.delete(found)
        return None
    return found
