"""How a page of `/config` looks: a row that leads to the others, then a sentence a setting."""

from collections.abc import Sequence
from typing import Any, Final

import discord
from discord import ui

from bot.posts.messages import Message
from bot.store.guilds import GuildSettings
from bot.texts import _
from bot.ui.parts import (
    Control,
    button,
    channel_choice,
    choice,
    field,
    form,
    framed,
    role_choice,
    said_beside,
)
from bot.ui.settings import shown_pages
from bot.ui.settings.kinds import (
    ChannelPick,
    Choice,
    Choices,
    Entry,
    Option,
    Page,
    RolePick,
    Setting,
    Toggle,
)

BUTTONS_A_ROW: Final = 5
Item = ui.Item[Any]


def settings_page(
    page: Page, settings: GuildSettings, *, before: Sequence[Item] = (), after: Sequence[Item] = ()
) -> Message:
    """A page with what is on it, and what stands `before` and `after` its settings."""
    shown: list[Item] = [ui.TextDisplay(f"## {_('Settings')}: {page.title()}"), *pages_rows(page)]
    shown += before
    for setting in page.settings:
        shown += _shown(setting, settings)
    shown += after
    return framed(shown)


def pages_rows(page: Page) -> "list[ui.ActionRow[Any]]":
    """A button for each page, the one that is open in colour; rows of much the same length."""
    styles = {True: discord.ButtonStyle.primary, False: discord.ButtonStyle.secondary}
    buttons = [
        button("config", one.key, label=one.title(), style=styles[one.key == page.key])
        for one in shown_pages()
    ]
    rows = -(-len(buttons) // BUTTONS_A_ROW)
    size = -(-len(buttons) // rows)
    return [ui.ActionRow(*buttons[at : at + size]) for at in range(0, len(buttons), size)]


def entry_form(setting: Entry, settings: GuildSettings) -> ui.Modal:
    """The form in which a setting is typed."""
    return form(
        "config-entered",
        setting.key,
        title=setting.label(),
        fields=[
            field(
                "value",
                label=setting.label(),
                description=setting.hint(),
                value=setting.value(settings),
                is_required=False,
                most=setting.most,
            )
        ],
    )


def which(page: Page, setting: Setting, options: Sequence[Option]) -> Message:
    """Several values fit what was typed: pick one."""
    rows: list[list[Control]] = [
        [choice("config-pick", setting.key, options=options, placeholder=setting.label())],
        [button("config", page.key, label=_("Back"))],
    ]
    return framed(
        [
            ui.TextDisplay(f"## {setting.label()}\n" + _("Several fit. Which one do you mean?")),
            *(ui.ActionRow(*row) for row in rows),
        ]
    )


def _shown(setting: Setting, settings: GuildSettings) -> list[Item]:
    said = setting.says(settings)
    held = getattr(settings, setting.key)
    match setting:
        case Toggle():
            label = _("Switch off") if held else _("Switch on")
            return [said_beside(said, button("config-flip", setting.key, label=label))]
        case Entry():
            change = button("config-enter", setting.key, label=_("Change …"))
            return [said_beside(said, change)]
        case Choice():
            control: Control = choice(
                "config-choose",
                setting.key,
                options=setting.options(),
                placeholder=setting.label(),
                chosen=[setting.value(settings)],
            )
        case Choices():
            options = setting.options()
            control = choice(
                "config-choose",
                setting.key,
                options=options,
                placeholder=setting.label(),
                least=0,
                most=len(options),
                chosen=held,
            )
        case RolePick():
            control = role_choice(
                "config-role",
                setting.key,
                placeholder=setting.label(),
                chosen=held,
                may_be_none=True,
            )
        case ChannelPick():
            control = channel_choice(
                "config-place",
                setting.key,
                placeholder=setting.label(),
                chosen=held,
                may_be_none=True,
            )
        case _:
            raise TypeError(f"no control for {setting!r}")
    return [ui.TextDisplay(said), ui.ActionRow(control)]
