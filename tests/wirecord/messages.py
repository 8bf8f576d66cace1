"""Writing, changing and deleting messages, with the events of it."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from tests.wirecord.message import components_of, sent
from tests.wirecord.protocol import (
    Component,
    Files,
    Flag,
    Interaction,
    Json,
    Permission,
    Refusal,
    invalid,
    snowflake,
    timestamp,
)

if TYPE_CHECKING:
    from tests.wirecord.member import Member
    from tests.wirecord.shown import Shown
    from tests.wirecord.wire import Wire
    from tests.wirecord.world import Channel

_CONTENTS = ("content", "embeds", "components", "sticker_ids", "poll")
_ATTACHED = "attachment://"


class Messages:
    """All messages of one Wire; they live in their channels."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def post(
        self,
        channel: Channel,
        body: Json,
        files: Files | None = None,
        *,
        author: Member | None = None,
        webhook: Json | None = None,
        private_to: Member | None = None,
        by: Shown | None = None,
    ) -> Json:
        """Write a message: of a member, of a webhook, of an interaction, else of the bot.

        Nobody but its reader hears of a private one.
        """
        if not files and not any(body.get(key) for key in _CONTENTS):
            raise Refusal(400, 50006, "Cannot send an empty message")
        self._check_size(files)
        message = self._make(channel, body, files or [], author, webhook)
        self._finish(message, channel, webhook, private_to, by)
        await self._event("MESSAGE_CREATE", channel, message, author)
        return message

    async def think(self, shown: Shown, *, private: bool) -> Json:
        """Write the "thinking" message of a deferred answer."""
        message = self._make(shown.channel, {"flags": int(Flag.LOADING)}, [], None, None)
        private_to = shown.who if private else None
        self._finish(message, shown.channel, None, private_to, shown)
        await self._event("MESSAGE_CREATE", shown.channel, message)
        return message

    async def amend(self, message: Json, body: Json, files: Files | None = None) -> Json:
        """Change a message of the bot or of a webhook."""
        channel = self._wire.channel(message["channel_id"])
        if message["id"] not in channel.messages:
            raise Refusal(404, 10008, "Unknown Message")
        self._check_size(files)
        self._edit(message, body, files or [])
        await self._event("MESSAGE_UPDATE", channel, message)
        return message

    async def delete(self, message: Json) -> None:
        channel = self._wire.channel(message["channel_id"])
        channel.messages.pop(message["id"], None)
        if "_seen_by" in message:
            return
        gone = {"id": message["id"], "channel_id": channel.id}
        if channel.recipient:
            await self._wire.dispatch("MESSAGE_DELETE", gone)
        else:
            gone["guild_id"] = channel.guild.id
            await self._wire.dispatch("MESSAGE_DELETE", gone, channel.guild)

    def _check_size(self, files: Files | None) -> None:
        if any(len(content) > self._wire.upload_limit for _, content in files or ()):
            raise Refusal(413, 40005, "Request entity too large")

    def _make(
        self,
        channel: Channel,
        body: Json,
        files: Files,
        author: Member | None,
        webhook: Json | None,
    ) -> Json:
        message: Json = {
            "id": snowflake(),
            "channel_id": channel.id,
            "author": self._author(body, author, webhook),
            "content": body.get("content") or "",
            "timestamp": timestamp(),
            "edited_timestamp": None,
            "tts": False,
            "attachments": self._wire.store_files(files),
            "embeds": body.get("embeds") or [],
            "pinned": False,
            "type": 0,
            "flags": body.get("flags") or 0,
            "components": _number(body.get("components") or []),
            "position": 0,
            "nonce": body.get("nonce"),
            "_posted_at": time.monotonic(),
        }
        reference = body.get("message_reference")
        if reference:
            self._reply(channel, message, reference)
        _link_files(message)
        allowed = body.get("allowed_mentions")
        by_bot = author is None and webhook is None
        message |= _mentions(channel, message, allowed, by_bot=by_bot)
        return message

    def _author(self, body: Json, author: Member | None, webhook: Json | None) -> Json:
        if author:
            return author.user()
        if webhook is None:
            return self._wire.me()
        return {
            "id": webhook["id"],
            "username": body.get("username") or webhook["name"],
            "discriminator": "0000",
            "avatar": None,
            "bot": True,
            "global_name": None,
        }

    @staticmethod
    def _reply(channel: Channel, message: Json, reference: Json) -> None:
        answered = channel.messages.get(str(reference.get("message_id")))
        if answered is not None and "_seen_by" not in answered:
            message["type"] = 19
            message["message_reference"] = {
                "message_id": answered["id"],
                "channel_id": channel.id,
                "guild_id": channel.guild.id,
            }
            message["referenced_message"] = sent(answered)
        elif reference.get("fail_if_not_exists", True):
            raise invalid("message_reference: Unknown message")

    def _finish(
        self,
        message: Json,
        channel: Channel,
        webhook: Json | None,
        private_to: Member | None,
        by: Shown | None,
    ) -> None:
        if webhook:
            message["webhook_id"] = webhook["id"]
            message["application_id"] = webhook["application_id"]
        if by:
            message["webhook_id"] = message["application_id"] = self._wire.bot_id
            message["type"] = 20 if by.kind == Interaction.COMMAND else 0
            message["interaction_metadata"] = {
                "id": by.id,
                "type": int(by.kind),
                "user": by.who.user(),
                "authorizing_integration_owners": {"0": by.who.guild.id},
            }
        if private_to:
            message["flags"] |= int(Flag.EPHEMERAL)
            message["_seen_by"] = private_to.id
            message["_pings"] = []
        channel.messages[message["id"]] = message

    def _edit(self, message: Json, body: Json, files: Files) -> None:
        # private stays private, Components V2 stays V2, and it is no longer thinking
        kept = message["flags"] & ~int(Flag.LOADING | Flag.SUPPRESS_EMBEDS)
        given = body.get("flags", message["flags"]) or 0
        flags = kept | given & int(Flag.SUPPRESS_EMBEDS | Flag.COMPONENTS_V2)
        content = body["content"] if "content" in body else message["content"]
        embeds = body["embeds"] if "embeds" in body else message["embeds"]
        if flags & Flag.COMPONENTS_V2 and (content or embeds):
            raise invalid("content and embeds don't go with Components V2")
        message |= {"flags": flags, "content": content or "", "embeds": embeds or []}
        if "components" in body:
            message["components"] = _number(body["components"] or [])
        if "attachments" in body or files:
            named = {str(kept.get("id")) for kept in body.get("attachments") or ()}
            held = [a for a in message["attachments"] if a["id"] in named]
            message["attachments"] = held + self._wire.store_files(files)
        if body.get("components"):
            _link_files(message)
        message["edited_timestamp"] = timestamp()

    async def _event(
        self, event: str, channel: Channel, message: Json, author: Member | None = None
    ) -> None:
        if "_seen_by" in message:
            return
        if channel.recipient:
            await self._wire.dispatch(event, message)
            return
        guild = channel.guild
        if author is None and not message.get("webhook_id"):
            author = guild.members.get(message["author"]["id"])
        told = message | {"guild_id": guild.id}
        if author:
            told["member"] = author.json(with_user=False)
        await self._wire.dispatch(event, told, guild)


def _number(components: list[Json]) -> list[Json]:
    for number, component in enumerate(components_of(components), 1):
        component.setdefault("id", number)
    return components


def _link_files(message: Json) -> None:
    """Give components that name attachment://file the address of the file that came with it."""
    for component in components_of(message["components"]):
        items = [item.get("media") for item in component.get("items") or ()]
        for holder in (component.get("media"), component.get("file"), *items):
            address = str((holder or {}).get("url", ""))
            if not holder or not address.startswith(_ATTACHED):
                continue
            name = address.removeprefix(_ATTACHED)
            for attachment in message["attachments"]:
                if attachment["filename"] == name:
                    holder["attachment_id"] = attachment["id"]
                    holder |= {key: attachment[key] for key in ("url", "proxy_url", "content_type")}
                    break
            else:
                raise invalid(f"{address}: no such file in this message")


def _mentions(channel: Channel, message: Json, allowed: Json | None, *, by_bot: bool) -> Json:
    """Whom the text mentions and the allowed mentions let through; none given lets all through."""
    text = "\n".join(
        [message["content"]]
        + [
            component["content"]
            for component in components_of(message["components"])
            if component.get("type") == Component.TEXT
        ]
    )
    guild = channel.guild
    may_all = not by_bot or bool(channel.bot_may() & Permission.MENTION_EVERYONE)
    given = allowed or {}
    parse = ["users", "roles", "everyone"] if allowed is None else given.get("parse") or []
    named = {kind: [str(x) for x in given.get(kind) or ()] for kind in ("users", "roles")}

    user_ids = [
        user_id
        for user_id in re.findall(r"<@!?(\d+)>", text)
        if "users" in parse or user_id in named["users"]
    ]
    answered = message.get("referenced_message")
    if answered and (allowed is None or given.get("replied_user")):
        user_ids.append(answered["author"]["id"])
    users = [guild.members[i] for i in dict.fromkeys(user_ids) if i in guild.members]
    roles = [
        role.id
        for role in guild.roles
        if f"<@&{role.id}>" in text
        and ("roles" in parse or role.id in named["roles"])
        and (role.mentionable or may_all)
    ]
    everyone = "everyone" in parse and may_all and bool(re.search("@(everyone|here)", text))
    return {
        "mention_everyone": everyone,
        "mentions": [user.user() for user in users],
        "mention_roles": roles,
        "_pings": ["everyone"] * everyone + [user.id for user in users] + roles,
    }
