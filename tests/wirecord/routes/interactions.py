"""Answers to interactions: the acknowledgement, follow-ups, and changing them by the token."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.wirecord.message import is_public, sent
from tests.wirecord.protocol import Callback, Flag, Interaction, Json, Refusal, invalid
from tests.wirecord.routes.table import Call, route
from tests.wirecord.shown import ACKNOWLEDGE_WITHIN

if TYPE_CHECKING:
    from tests.wirecord.shown import Shown

_ANSWERS = {
    Interaction.COMMAND: (Callback.MESSAGE, Callback.DEFERRED_MESSAGE, Callback.MODAL),
    Interaction.COMPONENT: (
        Callback.MESSAGE,
        Callback.DEFERRED_MESSAGE,
        Callback.DEFERRED_UPDATE,
        Callback.UPDATE,
        Callback.MODAL,
    ),
    Interaction.AUTOCOMPLETE: (Callback.CHOICES,),
    Interaction.MODAL: (Callback.MESSAGE, Callback.DEFERRED_MESSAGE),
}
_OF_A_MESSAGE = (Callback.DEFERRED_UPDATE, Callback.UPDATE)
_WITH_MESSAGE = (Callback.MESSAGE, Callback.DEFERRED_MESSAGE, Callback.UPDATE)


@route("POST", "/interactions/{interaction}/{token}/callback")
async def acknowledge(call: Call, interaction: str, token: str) -> object:
    shown = call.wire.interactions.get(token)
    if shown is None or shown.id != interaction:
        raise Refusal(404, 10062, "Unknown interaction")
    if shown.type is not None:
        raise Refusal(400, 40060, "Interaction has already been acknowledged.")
    if call.wire.own_time.now() - shown.sent_at_own > ACKNOWLEDGE_WITHIN:
        raise Refusal(404, 10062, "Unknown interaction")
    kind: int = call.body["type"]
    allowed = _ANSWERS[shown.kind]
    if shown.kind == Interaction.MODAL and shown.source:
        allowed += _OF_A_MESSAGE  # a modal that a component opened may change its message
    if kind not in allowed:
        raise invalid(f"type: {kind} does not answer an interaction of type {int(shown.kind)}")
    message = await _first_answer(call, shown, kind)
    shown.type = kind
    shown.acknowledged_after = time.monotonic() - shown.sent_at
    shown.acknowledged.set()
    return _outcome(shown, message) if call.asks("with_response") else None


async def _first_answer(call: Call, shown: Shown, kind: int) -> Json | None:
    data = call.body.get("data") or {}
    private = bool((data.get("flags") or 0) & Flag.EPHEMERAL)
    messages = call.wire.messages
    match kind:
        case Callback.CHOICES:
            shown.choices = data.get("choices") or []
            return None
        case Callback.MODAL:
            shown.modal = data
            return None
        case Callback.MESSAGE:
            private_to = shown.who if private else None
            message = await messages.post(
                shown.channel, data, call.files, private_to=private_to, by=shown
            )
        case Callback.DEFERRED_MESSAGE:
            message = await messages.think(shown, private=private)
            shown.is_waiting = True
        case _:
            message = _source(call, shown)
            if kind == Callback.UPDATE:
                message = await messages.amend(message, data, call.files)
    shown.original = message
    if kind != Callback.DEFERRED_UPDATE:
        shown.messages.append(message)
    return message


def _source(call: Call, shown: Shown) -> Json:
    if shown.source is None:
        raise invalid("type: there is no message to update")
    channel = call.wire.channel(shown.source["channel_id"])
    return channel.messages.get(shown.source["id"], shown.source)


def _outcome(shown: Shown, message: Json | None) -> Json:
    interaction = {
        "id": shown.id,
        "type": int(shown.kind),
        "response_message_id": message["id"] if message else None,
        "response_message_loading": shown.type == Callback.DEFERRED_MESSAGE,
        "response_message_ephemeral": bool(message and not is_public(message)),
    }
    resource: Json = {"type": shown.type}
    if message and shown.type in _WITH_MESSAGE:
        resource["message"] = sent(message)
    return {"interaction": interaction, "resource": resource}


def _known(call: Call, token: str) -> Shown:
    shown = call.wire.interactions.get(token)
    if shown is None:
        raise Refusal(404, 10015, "Unknown Webhook")
    shown.check_token()
    return shown


async def follow_up(call: Call, token: str) -> Json:
    """Post one more answer; the first one to a "thinking" answer fills that in."""
    shown = _known(call, token)
    if shown.is_waiting and shown.original:
        shown.is_waiting = False
        return await call.wire.messages.amend(shown.original, call.body, call.files)
    private = bool((call.body.get("flags") or 0) & Flag.EPHEMERAL)
    message = await call.wire.messages.post(
        shown.channel,
        call.body,
        call.files,
        private_to=shown.who if private else None,
        by=shown,
    )
    shown.messages.append(message)
    return message


async def one_answer(call: Call, token: str, message_id: str) -> Json | None:
    """Read, change or delete an answer; `@original` is the first."""
    shown = _known(call, token)
    found = _answer(shown, message_id)
    if found is None or found["id"] not in call.wire.channel(found["channel_id"]).messages:
        raise Refusal(404, 10008, "Unknown Message")
    if call.method == "GET":
        return found
    if found is shown.original:
        shown.is_waiting = False
    if call.method == "DELETE":
        shown.messages = [message for message in shown.messages if message is not found]
        await call.wire.messages.delete(found)
        return None
    await call.wire.messages.amend(found, call.body, call.files)
    if not any(message is found for message in shown.messages):
        shown.messages.append(found)
    return found


def _answer(shown: Shown, message_id: str) -> Json | None:
    if message_id == "@original":
        return shown.original
    for message in [*shown.messages, shown.source]:
        if message and message["id"] == message_id:
            return message
    return None
