"""The JSON web tokens of a node: websocket logins and signed links (contract: signed-urls.md)."""

import base64
import hashlib
import hmac
import secrets
import string
from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec

_LETTERS: Final = string.ascii_letters + string.digits
_EARLY_SECONDS: Final = 300


class BadToken(Exception):
    """Not signed by this panel, or no token at all."""


class NodeMeta(msgspec.Struct, frozen=True):
    """What a token says about where it comes from and where it goes."""

    panel_url: str
    node_url: str
    secret: bytes


def mint(
    meta: NodeMeta,
    *,
    user_id: int,
    user_uuid: str,
    server_uuid: str,
    now: datetime,
    seconds: float,
    claims: Mapping[str, object],
    scope: str | None = None,
) -> str:
    """A signed token of `seconds`, with `claims` in the places where the panel puts its own.

    The claims of a websocket stand behind the server, those of a link before it. `scope` is what
    newer panels add.
    """
    issued = int(now.timestamp())
    jti = token_id(user_id, server_uuid)
    body: dict[str, object] = {
        "iss": meta.panel_url,
        "aud": [meta.node_url],
        "jti": jti,
        "iat": issued,
        "nbf": issued - _EARLY_SECONDS,
        "exp": issued + int(seconds),
    }
    body.update({name: claims[name] for name in ("file_path", "backup_uuid") if name in claims})
    body["server_uuid"] = server_uuid
    if "permissions" in claims:
        body["permissions"] = claims["permissions"]
    body |= {"user_uuid": user_uuid, "user_id": user_id}
    if scope is not None:
        body["scope"] = scope
    body["unique_id"] = "".join(secrets.choice(_LETTERS) for _ in range(16))
    return signed({"typ": "JWT", "alg": "HS256", "jti": jti}, body, meta.secret)


def token_id(user_id: int, server_uuid: str) -> str:
    """The `jti` of all tokens of a user for a server."""
    return hashlib.md5(f"{user_id}{server_uuid}".encode(), usedforsecurity=False).hexdigest()


def signed(header: Mapping[str, object], body: Mapping[str, object], secret: bytes) -> str:
    """The three parts of a token with any header and claims."""
    text = f"{_text(msgspec.json.encode(header))}.{_text(msgspec.json.encode(body))}"
    return f"{text}.{_text(hmac.new(secret, text.encode(), 'sha256').digest())}"


def opened(token: str, secret: bytes) -> dict[str, object]:
    """The claims of a token that this panel signed; times are not looked at.

    Raises:
        BadToken: Another form, another algorithm or another signature.
    """
    try:
        head, body, signature = token.split(".")
        header = msgspec.json.decode(_bytes(head), type=dict[str, object])
        claims = msgspec.json.decode(_bytes(body), type=dict[str, object])
        given = _bytes(signature)
    except (ValueError, msgspec.DecodeError) as error:
        raise BadToken(str(error)) from None
    right = hmac.new(secret, f"{head}.{body}".encode(), "sha256").digest()
    if header.get("alg") != "HS256" or not hmac.compare_digest(given, right):
        raise BadToken("signature")
    return claims


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _bytes(value: str) -> bytes:
    return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
