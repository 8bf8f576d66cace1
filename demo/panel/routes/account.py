"""The caller's own account: e-mail, password, two factors (contract: account.md)."""

import base64
import hmac
import re
import secrets
import struct
from urllib.parse import quote

from demo.panel import shapes
from demo.panel.ask import NOTHING, Answer, Ask, Route
from demo.panel.refusal import Invalid, Refusal, bad_request, bug
from demo.panel.validation import at_least, at_most, checked, email, exactly, required, string

_CHANGES_A_DAY = 3
_DAY_SECONDS = 86_400.0
_STEP_SECONDS = 30
_STEPS_OFF = 4


async def get_account(ask: Ask) -> Answer:
    return Answer(body=shapes.account(ask.user, ask.panel.version))


async def update_email(ask: Ask) -> Answer:
    _check_password(ask, "password")
    checked(ask.body, {"email": (required, email, at_most(191))})
    new, user = ask.text_of("email"), ask.user
    taken = ask.panel.world.user_by_email(new)
    if taken is not None and taken is not user:
        raise Invalid([("email", "unique", "The email has already been taken.")])
    if new != user.email:
        if ask.panel.version != "1.11":
            _count_change(ask)
        ask.log_account("user:account.email-changed", old=user.email, new=new)
        user.email = new
    return NOTHING


def _count_change(ask: Ask) -> None:
    now = ask.panel.clock.monotonic()
    recent = [at for at in ask.user.email_changes if now - at < _DAY_SECONDS]
    if len(recent) >= _CHANGES_A_DAY:
        detail = "Your account's email address has been changed too many times today."
        raise Refusal(429, "TooManyRequestsHttpException", detail)
    ask.user.email_changes = [*recent, now]


async def update_password(ask: Ask) -> Answer:
    _check_password(ask, "current_password")
    checked(ask.body, {"password": (required, string, at_least(8))})
    if ask.body.get("password") != ask.body.get("password_confirmation"):
        raise Invalid([("password", "confirmed", "The password confirmation does not match.")])
    ask.user.password = ask.text_of("password")
    ask.log_account("user:account.password-changed")
    return NOTHING


def _check_password(ask: Ask, field: str) -> None:
    if ask.body.get(field) != ask.user.password:
        raise Refusal(
            400,
            "InvalidPasswordProvidedException",
            "The password provided was invalid for this account.",
        )


async def setup_2fa(ask: Ask) -> Answer:
    if ask.user.is_2fa_enabled:
        raise bad_request("Two-factor authentication is already enabled on this account.")
    secret = base64.b32encode(secrets.token_bytes(20)).decode()
    ask.user.totp_secret = secret
    app = "Pterodactyl"
    url = f"otpauth://totp/{app}:{quote(ask.user.email, safe='')}?secret={secret}&issuer={app}"
    return Answer(body={"data": {"image_url_data": url, "secret": secret}})


async def enable_2fa(ask: Ask) -> Answer:
    checked(ask.body, {"code": (required, string, exactly(6)), "password": (required, string)})
    if ask.body["password"] != ask.user.password:
        raise bad_request("The password provided was not valid.")
    if ask.user.totp_secret is None:
        raise bug("DecryptException")
    if not _is_current(ask, ask.user.totp_secret, ask.text_of("code")):
        raise Refusal(
            400,
            "TwoFactorAuthenticationTokenInvalid",
            "The provided two-factor authentication token was not valid.",
        )
    ask.user.is_2fa_enabled = True
    ask.log_account("user:two-factor.create")
    tokens = [secrets.token_hex(5) for _ in range(10)]
    return Answer(body=shapes.item("recovery_tokens", {"tokens": tokens}))


async def disable_2fa(ask: Ask) -> Answer:
    if ask.body.get("password") != ask.user.password:
        raise bad_request("The password provided was not valid.")
    ask.user.is_2fa_enabled = False
    ask.log_account("user:two-factor.delete")
    return NOTHING


def totp(secret: str, moment: float) -> str:
    """The code of an authenticator app at a moment (unix seconds)."""
    key = base64.b32decode(secret)
    digest = hmac.new(key, struct.pack(">Q", int(moment) // _STEP_SECONDS), "sha1").digest()
    start = digest[-1] & 15
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


def _is_current(ask: Ask, secret: str, code: str) -> bool:
    now = ask.now.timestamp()
    return any(
        totp(secret, now + step * _STEP_SECONDS) == code
        for step in range(-_STEPS_OFF, _STEPS_OFF + 1)
    )


async def update_username(ask: Ask) -> Answer:
    """Pelican only (contract: pelican.md)."""
    _check_password(ask, "password")
    checked(ask.body, {"username": (required, string, at_most(255))})
    if not re.fullmatch(r"[\w.-]+", ask.text_of("username")):
        raise Invalid([("username", "regex", "The username format is invalid.")])
    ask.user.username = ask.text_of("username")
    return NOTHING


ROUTES = (Route("GET", "account", get_account, is_open_without_2fa=True),)
PANEL_ROUTES = (
    Route("GET", "account/two-factor", setup_2fa, is_open_without_2fa=True),
    Route("POST", "account/two-factor", enable_2fa, is_open_without_2fa=True),
    Route("POST", "account/two-factor/disable", disable_2fa, is_open_without_2fa=True),
)
CHANGES = (
    Route("PUT", "account/email", update_email),
    Route("PUT", "account/password", update_password),
)
PELICAN_ROUTES = (Route("PUT", "account/username", update_username),)
