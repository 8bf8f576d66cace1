"""The pieces that cards are put together from: Components V2 that lead to our doors."""

from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Any

import discord
from discord import ui

from bot.posts.messages import Message
from bot.texts import _
from bot.ui.doors import custom_id
from bot.ui.text import cut
from bot.ui.text import plain as plain_line

TEXT_LIMIT = 4000
"""Discord's limit for all text of one layout together."""


class Colour(Enum):
    """Says the same as the state's dot, never more."""

    GREEN = 0x2E9E5B
    YELLOW = 0xD9A520
    GREY = 0x6B7280
    BLUE = 0x3B82F6
    RED = 0xD64545
    NONE = 0


Control = ui.Button[Any] | ui.Select[Any] | ui.RoleSelect[Any] | ui.ChannelSelect[Any]
"""What may stand in a row: up to five buttons, or one select."""


def button(
    verb: str,
    *args: str,
    label: str,
    style: discord.ButtonStyle = discord.ButtonStyle.secondary,
    emoji: str | None = None,
    is_disabled: bool = False,
) -> "ui.Button[ui.LayoutView]":
    """A button that leads to the door `verb`."""
    return ui.Button(
        label=plain_line(label, 80) or _("(no name)"),
        style=style,
        emoji=emoji,
        custom_id=custom_id(verb, *args),
        disabled=is_disabled,
    )


def danger(verb: str, *args: str, label: str) -> "ui.Button[ui.LayoutView]":
    """The red one; it stands second, after Cancel."""
    return button(verb, *args, label=label, style=discord.ButtonStyle.danger)


def choice(
    verb: str,
    *args: str,
    options: Sequence[tuple[str, str, str]],
    placeholder: str,
    least: int = 1,
    most: int = 1,
    chosen: Iterable[str] = (),
) -> "ui.Select[ui.LayoutView]":
    """A select of (value, label, description) that leads to the door `verb`; at most 25.

    Labels are shown as they are, without markdown, so names come in bare.
    """
    picked = set(chosen)
    return ui.Select(
        custom_id=custom_id(verb, *args),
        placeholder=cut(placeholder, 150),
        min_values=least,
        max_values=min(most, len(options[:25])),
        options=[
            discord.SelectOption(
                value=value,
                label=plain_line(label, 100) or _("(no name)"),
                description=plain_line(description, 100) or None,
                default=value in picked,
            )
            for value, label, description in options[:25]
        ],
    )


def role_choice(
    verb: str, *args: str, placeholder: str, chosen: int | None = None, may_be_none: bool = False
) -> "ui.RoleSelect[Any]":
    """A select of the guild's roles that leads to the door `verb`."""
    return ui.RoleSelect(
        custom_id=custom_id(verb, *args),
        placeholder=cut(placeholder, 150),
        min_values=0 if may_be_none else 1,
        max_values=1,
        default_values=[discord.Object(chosen, type=discord.Role)] if chosen else [],
    )


def roles_choice(
    verb: str, *args: str, placeholder: str, chosen: Sequence[int] = (), most: int = 10
) -> "ui.RoleSelect[Any]":
    """A select of several of the guild's roles, or none, that leads to the door `verb`."""
    return ui.RoleSelect(
        custom_id=custom_id(verb, *args),
        placeholder=cut(placeholder, 150),
        min_values=0,
        max_values=most,
        default_values=[discord.Object(one, type=discord.Role) for one in chosen[:most]],
    )


def channel_choice(
    verb: str, *args: str, placeholder: str, chosen: int | None = None, may_be_none: bool = False
) -> "ui.ChannelSelect[Any]":
    """A select of the guild's channels that people write in; leads to the door `verb`."""
    return ui.ChannelSelect(
        custom_id=custom_id(verb, *args),
        placeholder=cut(placeholder, 150),
        channel_types=[discord.ChannelType.text, discord.ChannelType.news],
        min_values=0 if may_be_none else 1,
        max_values=1,
        default_values=[discord.SelectDefaultValue.from_channel(discord.Object(chosen))]
        if chosen
        else [],
    )


def voice_choice(
    verb: str, *args: str, placeholder: str, chosen: int | None = None
) -> "ui.ChannelSelect[Any]":
    """A select of the guild's voice channels that leads to the door `verb`."""
    return ui.ChannelSelect(
        custom_id=custom_id(verb, *args),
        placeholder=cut(placeholder, 150),
        channel_types=[discord.ChannelType.voice, discord.ChannelType.stage_voice],
        min_values=1,
        max_values=1,
        default_values=[discord.SelectDefaultValue.from_channel(discord.Object(chosen))]
        if chosen
        else [],
    )


def said_beside(text: str, control: "ui.Button[Any]") -> "ui.Section[Any]":
    """A sentence with the one button that changes what it says."""
    return ui.Section(ui.TextDisplay(text), accessory=control)


def framed(
    items: Sequence[ui.Item[Any]],
    *,
    colour: Colour = Colour.NONE,
    files: Sequence[discord.File] = (),
) -> Message:
    """A container of pieces that are already made."""
    accent = None if colour is Colour.NONE else discord.Colour(colour.value)
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.Container(*items, accent_colour=accent))
    return Message(layout=view, files=files)


def card(
    *texts: str,
    colour: Colour = Colour.NONE,
    rows: Sequence[Sequence[Control]] = (),
    footer: str = "",
    files: Sequence[discord.File] = (),
    kept_files: Sequence[str] = (),
    pictures: Sequence[discord.File] = (),
) -> Message:
    """A container with paragraphs, rows of buttons or one select, and a quiet last line.

    `kept_files` are names of files that the message holds already, where it is edited.
    """
    parts: list[ui.Item[Any]] = [ui.TextDisplay(text) for text in texts if text]
    if pictures:
        gallery: ui.MediaGallery[Any] = ui.MediaGallery()
        for picture in pictures:
            gallery.add_item(media=f"attachment://{picture.filename}")
        parts.append(gallery)
    named = [*(file.filename for file in files), *kept_files]
    parts += [ui.File(f"attachment://{filename}") for filename in named]
    parts += [ui.ActionRow(*row) for row in rows if row]
    if footer:
        parts.append(ui.TextDisplay(f"-# {footer}"))
    return framed(parts, colour=colour, files=(*files, *pictures))


def plain(*texts: str, rows: Sequence[Sequence[Control]] = ()) -> Message:
    """Text without a frame, with rows of buttons below."""
    view = ui.LayoutView(timeout=None)
    for text in texts:
        if text:
            view.add_item(ui.TextDisplay(text))
    for row in rows:
        if row:
            view.add_item(ui.ActionRow(*row))
    return Message(layout=view)


def field(
    name: str,
    *,
    label: str,
    placeholder: str = "",
    value: str = "",
    is_long: bool = False,
    is_required: bool = True,
    most: int = 4000,
    description: str = "",
) -> "ui.Label[ui.Modal]":
    """A text field of a form; `name` is how the handler asks for it."""
    style = discord.TextStyle.paragraph if is_long else discord.TextStyle.short
    return ui.Label(
        text=cut(label, 45),
        description=cut(description, 100) or None,
        component=ui.TextInput(
            custom_id=name,
            style=style,
            placeholder=cut(placeholder, 100) or None,
            default=value or None,
            required=is_required,
            max_length=most,
        ),
    )


def role_field(
    name: str, *, label: str, description: str = "", chosen: int | None = None
) -> "ui.Label[ui.Modal]":
    """A select of one of the guild's roles, or none, in a form."""
    return ui.Label(
        text=cut(label, 45),
        description=cut(description, 100) or None,
        component=ui.RoleSelect(
            custom_id=name,
            required=False,
            min_values=0,
            max_values=1,
            default_values=[discord.Object(chosen, type=discord.Role)] if chosen else [],
        ),
    )


def checkbox(
    name: str, *, label: str, description: str = "", is_checked: bool = False
) -> "ui.Label[ui.Modal]":
    """A box of a form; a handler finds "True" or "False" in its field."""
    return ui.Label(
        text=cut(label, 45),
        description=cut(description, 100) or None,
        component=ui.Checkbox(custom_id=name, default=is_checked),
    )


def form(
    verb: str, *args: str, title: str, fields: Sequence["ui.Label[ui.Modal] | ui.TextDisplay[Any]"]
) -> ui.Modal:
    """A form that leads to the door `verb`, also when the bot restarted meanwhile."""
    modal = ui.Modal(title=cut(title, 45), timeout=None, custom_id=custom_id(verb, *args))
    for item in fields:
        modal.add_item(item)
    modal.stop()  # our doors take the submission; discord.py need not keep the form
    return modal
