"""Forms as they come in: what was filled in, and how it is given back when nothing comes of it."""

import io
from typing import Any, Final

import discord
from discord import ui

from bot.posts.messages import Message
from bot.texts import _

TYPED_SHOWN: Final = 1500
"""Characters of a form that are given back in the message itself; more goes into a file."""
SECRET_FIELDS: Final = frozenset(
    {"key", "password", "code", "new_password", "new_password_again", "private_key"}
)
"""Custom ids of fields that are never repeated to anybody."""


def fields_of(rows: Any) -> dict[str, tuple[str, ...]]:
    """The fields of a form, whether in a label or, as older clients send them, in a row."""
    found: dict[str, tuple[str, ...]] = {}
    for row in rows:
        for field in (row.get("component"), *row.get("components", ())):
            if not field or "custom_id" not in field:
                continue
            values = field.get("values")
            if values is None and field.get("value") is not None:
                values = [field["value"]]
            found[str(field["custom_id"])] = tuple(str(value) for value in values or ())
    return found


def typed_into(rows: Any) -> str:
    """What was typed into a form's text fields; secrets had a field name of ours."""
    found = (field for row in rows for field in (row.get("component"), *row.get("components", ())))
    return "\n".join(
        field["value"]
        for field in found
        if field and isinstance(field.get("value"), str) and field["value"]
        if field.get("custom_id") not in SECRET_FIELDS
    )


def with_typed(message: Message, typed: str) -> Message:
    """The message with what somebody typed for nothing: shown, or attached where it is long."""
    kept = _("What you typed, so that it isn't lost:")
    view = message.as_layout()
    if len(typed) <= TYPED_SHOWN:
        view.add_item(ui.TextDisplay(f"{kept}\n```\n{typed.replace('```', 'ˋˋˋ')}\n```"))
        return Message(layout=view, files=message.files)
    file = discord.File(io.BytesIO(typed.encode("utf-8", "replace")), "typed.txt")
    view.add_item(ui.TextDisplay(kept))
    view.add_item(ui.File(f"attachment://{file.filename}"))
    return Message(layout=view, files=(*message.files, file))
