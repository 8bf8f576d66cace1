"""How a panel account looks: its keys, its two factors and its log, for its owner's eyes only."""

import io
from collections.abc import Sequence
from typing import Final

import discord
import segno
from msgspec import UNSET

from bot.fleet.panels import Connected
from bot.posts.messages import Message
from bot.pterodactyl.models import (
    Account,
    Activity,
    ApiKey,
    NewApiKey,
    Page,
    RecoveryTokens,
    SshKey,
    TwoFactorSetup,
)
from bot.texts import _, _n
from bot.ui.parts import Colour, button, card, choice
from bot.ui.text import bold, code, moment, name, plain

FADES_SECONDS: Final = 600
"""How long a secret stands in a private answer."""
QR_SCALE: Final = 8
"""Pixels a square: large enough for a phone that looks at another screen."""


def account_card(panel: Connected, account: Account) -> Message:
    """Whose key it is; the address is behind a spoiler."""
    kind = _("a root administrator") if account.admin else _("an ordinary account")
    lines = [
        f"## {name(account.username)}",
        _("On {panel}, {kind}.", panel=bold(panel.name), kind=kind),
        _("E-mail: {email}", email=_hidden(account.email)),
        _("Language: {language}", language=code(account.language, 20)),
    ]
    if account.has_2fa is not UNSET:
        lines.append(_("Two-factor is on.") if account.has_2fa else _("Two-factor is off."))
    return card("\n".join(lines))


def two_factor_card(panel: Connected) -> Message:
    """What can be done; setting it up ends an earlier set-up, so it takes a click."""
    return card(
        "## " + _("Two-factor"),
        _(
            "With two-factor, signing in to {panel} also takes a code from an authenticator app. "
            "Keys, this bot's too, go on working without one.",
            panel=bold(panel.name),
        ),
        rows=[
            [
                button("account-factor-setup", panel.id, label=_("Set up")),
                button("account-factor-off-form", panel.id, label=_("Switch off")),
            ]
        ],
    )


def setup_card(panel: Connected, setup: TwoFactorSetup) -> Message:
    """The QR code as a picture, the secret to type in, and the way on."""
    file = discord.File(io.BytesIO(qr_png(setup.image_url_data.reveal())), "two-factor.png")
    message = card(
        "## " + _("Set up two-factor"),
        _(
            "Scan this with an authenticator app, or type the secret in: {secret}",
            secret=f"||{code(setup.secret_code.reveal(), 100)}||",
        ),
        _("Then press *Enter the code*. Setting up again makes this picture worthless."),
        pictures=[file],
        rows=[[button("account-factor-on-form", panel.id, label=_("Enter the code"))]],
    )
    return _fading(message)


def recovery_card(tokens: RecoveryTokens) -> Message:
    """The codes for the day the app is lost."""
    lines = "\n".join(f"||{code(token.reveal(), 60)}||" for token in tokens.tokens)
    message = card(
        "## " + _("Two-factor is on"),
        _(
            "Keep these recovery codes where you keep passwords: each signs you in once without "
            "the app. They are shown this once, and not again."
        ),
        lines,
        colour=Colour.GREEN,
    )
    return _fading(message)


def key_line(key: ApiKey, *, is_ours: bool) -> str:
    """A key's title, and how it was used."""
    used = moment(key.last_used_at) if key.last_used_at else _("never")
    where = ", ".join(code(one, 50) for one in key.allowed_ips[:3]) or _("from everywhere")
    more = " …" if len(key.allowed_ips) > 3 else ""
    ours = " · " + _("**the connected one**") if is_ours else ""
    used_said = _("used {time}", time=used)
    return f"{bold(key.description)}{ours}\n-# {code(key.identifier)} · {used_said} · {where}{more}"


def new_key_card(panel: Connected, made: NewApiKey) -> Message:
    """A key just made, for as long as a secret may stand."""
    message = card(
        "## " + _("The key is made"),
        f"||{code(made.full_key.reveal(), 100)}||",
        _(
            "Copy it now: {panel} shows it this once. Whoever has it can do all that the account "
            "can.",
            panel=bold(panel.name),
        ),
        colour=Colour.GREEN,
    )
    return _fading(message)


def ssh_line(key: SshKey) -> str:
    """An SSH key's title and fingerprint."""
    made = moment(key.created_at, "d")
    return f"{bold(key.name)} · {made}\n-# {code('SHA256:' + key.fingerprint, 80)}"


def key_choice(panel: Connected, keys: Sequence[ApiKey]) -> Message:
    """Which API key is to go."""
    options = [(one.identifier, plain(one.description, 90), one.identifier) for one in keys]
    return card(
        "## " + _("Delete an API key"),
        _("The connected key isn't offered; `/account key-create` can replace it."),
        rows=[
            [choice("account-key-chosen", panel.id, options=options, placeholder=_("Which key"))]
        ],
    )


def ssh_choice(panel: Connected, keys: Sequence[SshKey]) -> Message:
    """Which SSH key is to go."""
    options = [(one.fingerprint, plain(one.name, 90), one.fingerprint) for one in keys]
    return card(
        "## " + _("Remove an SSH key"),
        rows=[
            [choice("account-ssh-chosen", panel.id, options=options, placeholder=_("Which key"))]
        ],
    )


def activity_card(panel: Connected, page: Page[Activity]) -> Message:
    """The latest of what was done to the account, a page of it."""
    if not page.rows:
        return card("## " + _("Activity") + "\n" + _("Nothing is in the log, or no more."))
    at = page.pagination
    row = []
    if at.total_pages > 1:
        before, after = str(at.current_page - 1), str(at.current_page + 1)
        row = [
            button(
                "account-log",
                panel.id,
                before,
                label=_("Back"),
                is_disabled=at.current_page <= 1,
            ),
            button("account-log", panel.id, after, label=_("Next"), is_disabled=at.is_last),
        ]
    return card(
        "## " + _("Activity") + "\n" + "\n".join(_activity_line(one) for one in page.rows),
        rows=[row],
        footer=_n(
            "page {page} of {pages}, {count} entry",
            "page {page} of {pages}, {count} entries",
            at.total,
            page=at.current_page,
            pages=at.total_pages,
        ),
    )


def qr_png(text: str) -> bytes:
    """A QR code, black on white with its quiet zone, whatever the reader's theme."""
    drawn = io.BytesIO()
    segno.make(text, error="m").save(
        drawn, kind="png", scale=QR_SCALE, border=4, dark="black", light="white"
    )
    return drawn.getvalue()


def _activity_line(one: Activity) -> str:
    by = _("with a key") if one.is_api else _("on the site")
    where = f" · ||{code(one.ip, 50)}||" if one.ip else ""
    return f"{code(one.event, 60)} {moment(one.happened_at)}\n-# {by}{where}"


def _hidden(text: str) -> str:
    return f"||{code(text, 191)}||"


def _fading(message: Message) -> Message:
    return Message(layout=message.layout, files=message.files, fades_seconds=FADES_SECONDS)
