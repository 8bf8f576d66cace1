"""What members may do by themselves."""

from typing import Final

from bot.texts import _
from bot.ui.settings.kinds import Page, Toggle, on_or_off

MEMBERS: Final = Page(
    key="members",
    title=lambda: _("Members"),
    settings=(
        Toggle(
            key="linking_allowed",
            label=lambda: _("Own keys"),
            says=lambda settings: _(
                "**Own keys** (`/link`): {state}. Members may then act with their own panel key.",
                state=on_or_off(settings.linking_allowed),
            ),
        ),
        Toggle(
            key="account_commands",
            label=lambda: _("Account commands"),
            says=lambda settings: _(
                "**Account commands** (`/account`): {state}. For who connected the panel.",
                state=on_or_off(settings.account_commands),
            ),
        ),
    ),
)
