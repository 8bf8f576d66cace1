"""API keys and SSH keys of the caller's account (contract: account.md)."""

import base64
import hashlib
import ipaddress
import secrets
import string

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.dsa import DSAPublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from demo.panel import shapes
from demo.panel.ask import NOTHING, Answer, Ask, Route
from demo.panel.paging import listed
from demo.panel.records import SshKey
from demo.panel.refusal import Invalid, display, unknown
from demo.panel.validation import array, at_most, checked, required
from demo.panel.validation import string as text_rule

_LETTERS = string.ascii_letters + string.digits
_KEYS = 25
_RSA_BITS = 2048


async def list_keys(ask: Ask) -> Answer:
    keys = [key for key in ask.user.keys if key.kind == "client"]
    return Answer(body=listed(shapes.api_key(key) for key in keys))


async def create_key(ask: Ask) -> Answer:
    checked(
        ask.body,
        {"description": (required, text_rule, at_most(500)), "allowed_ips": (array,)},
    )
    given = ask.body.get("allowed_ips")
    addresses = [str(each) for each in given] if isinstance(given, list) else []
    broken = [
        (f"allowed_ips.{number}", "", f'"{each}" is not a valid IP address or CIDR range.')
        for number, each in enumerate(addresses)
        if not _is_range(each)
    ]
    if broken:
        raise Invalid(broken)
    if sum(1 for key in ask.user.keys if key.kind == "client") >= _KEYS:
        raise display("You have reached the account limit for number of API keys.")
    prefix = "pacc_" if ask.panel.version == "pelican" else "ptlc_"
    made = ask.panel.world.add_key(
        ask.user,
        label=f"key {ask.panel.world.number('key')} of {ask.user.username}",
        allowed_ips=addresses,
        description=ask.text_of("description"),
        text=prefix + _random(11) + _random(32),
        created_at=ask.now,
    )
    ask.log_account("user:api-key.create", identifier=made.identifier)
    body = shapes.api_key(made)
    body["meta"] = {"secret_token": made.secret}
    return Answer(body=body)


async def delete_key(ask: Ask) -> Answer:
    for key in ask.user.keys:
        if key.kind == "client" and key.identifier == ask.args["identifier"]:
            ask.panel.world.drop_key(key)
            ask.log_account("user:api-key.delete", identifier=key.identifier)
            return NOTHING
    raise unknown(has_budget=True)


async def list_ssh_keys(ask: Ask) -> Answer:
    return Answer(body=listed(shapes.ssh_key(key) for key in ask.user.ssh_keys))


async def create_ssh_key(ask: Ask) -> Answer:
    checked(ask.body, {"name": (required, text_rule), "public_key": (required, text_rule)})
    fingerprint, pem = _loaded(ask.text_of("public_key"))
    if any(key.fingerprint == fingerprint for key in ask.user.ssh_keys):
        text = "The public key provided already exists on your account."
        raise Invalid([("public_key", "", text)])
    made = SshKey(ask.text_of("name"), fingerprint, pem, ask.now)
    ask.user.ssh_keys.append(made)
    ask.log_account("user:ssh-key.create", fingerprint=fingerprint)
    return Answer(body=shapes.ssh_key(made))


async def remove_ssh_key(ask: Ask) -> Answer:
    checked(ask.body, {"fingerprint": (required, text_rule)})
    _drop_ssh_key(ask, ask.text_of("fingerprint"))
    return NOTHING


async def delete_ssh_key(ask: Ask) -> Answer:
    """Pelican's way: by the path, 404 when there is none."""
    if not _drop_ssh_key(ask, ask.args["fingerprint"]):
        raise unknown(has_budget=True)
    return NOTHING


def _drop_ssh_key(ask: Ask, fingerprint: str) -> bool:
    for key in ask.user.ssh_keys:
        if key.fingerprint == fingerprint:
            ask.user.ssh_keys.remove(key)
            ask.log_account("user:ssh-key.delete", fingerprint=fingerprint)
            return True
    return False


def _loaded(text: str) -> tuple[str, str]:
    """The fingerprint and the PEM of a public key in OpenSSH's form."""
    invalid = Invalid([("public_key", "", "The public key provided is not valid.")])
    try:
        key = serialization.load_ssh_public_key(text.encode())
        blob = base64.b64decode(text.split()[1])
    except (ValueError, IndexError, UnsupportedAlgorithm):
        raise invalid from None
    if isinstance(key, DSAPublicKey) or (
        isinstance(key, RSAPublicKey) and key.key_size < _RSA_BITS
    ):
        raise invalid
    pem = key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    digest = base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
    return digest, pem.decode().strip().replace("\n", "\r\n")


def _is_range(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _random(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


ROUTES = (
    Route("GET", "account/api-keys", list_keys),
    Route("POST", "account/api-keys", create_key),
    Route("DELETE", "account/api-keys/{identifier}", delete_key),
    Route("GET", "account/ssh-keys", list_ssh_keys),
    Route("POST", "account/ssh-keys", create_ssh_key),
)
PANEL_ROUTES = (Route("POST", "account/ssh-keys/remove", remove_ssh_key),)
PELICAN_ROUTES = (Route("DELETE", "account/ssh-keys/{fingerprint}", delete_ssh_key),)
