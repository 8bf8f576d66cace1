"""The key's own account, its keys, and the catalogue of rights (contract: account.md)."""

from datetime import datetime
from urllib.parse import parse_qs, urlsplit

from msgspec import UNSET, Struct, UnsetType, field

from bot.secret import Secret


class Account(Struct, frozen=True, kw_only=True):
    """The account a key belongs to. Pterodactyl tells its id and names, Pelican its uuid."""

    username: str
    email: str
    admin: bool  # a root administrator
    language: str  # a locale code
    id: int | UnsetType = UNSET
    first_name: str | UnsetType = UNSET
    last_name: str | UnsetType = UNSET
    uuid: str | UnsetType = UNSET
    image: str | UnsetType = UNSET
    root_admin: bool | UnsetType = UNSET
    has_2fa: bool | UnsetType = field(name="2fa_enabled", default=UNSET)
    created_at: datetime | UnsetType = UNSET
    updated_at: datetime | UnsetType = UNSET

    @property
    def account_id(self) -> str:
        """What tells this account from the panel's others."""
        if self.uuid is not UNSET:
            return self.uuid
        return self.username if self.id is UNSET else str(self.id)


class ApiKey(Struct, frozen=True, kw_only=True):
    """A client key, without its secret part."""

    identifier: str  # the first 16 characters of the key
    description: str
    allowed_ips: tuple[str, ...]  # addresses and ranges; () is everywhere
    last_used_at: datetime | None
    created_at: datetime


class ApiKeyMeta(Struct, frozen=True, kw_only=True):
    secret_token: Secret


class ApiKeyMade(Struct, frozen=True):
    """The answer to api_key_create, as it comes."""

    attributes: ApiKey
    meta: ApiKeyMeta


class NewApiKey(Struct, frozen=True, kw_only=True):
    """A client key just made; its secret part is shown this once."""

    api_key: ApiKey
    secret_token: Secret

    @property
    def full_key(self) -> Secret:
        """What to use as key: identifier and secret part together."""
        return Secret(self.api_key.identifier + self.secret_token.reveal())


class SshKey(Struct, frozen=True, kw_only=True):
    """A key for SFTP."""

    name: str
    fingerprint: str  # base64 SHA-256, without "SHA256:" and padding
    public_key: str  # PEM with CRLF, not what was sent
    created_at: datetime


class TwoFactorSetup(Struct, frozen=True, kw_only=True):
    """What an authenticator app needs. Every call makes a new one and ends the one before."""

    image_url_data: Secret  # an otpauth:// URI to make a QR code of; no image
    secret: Secret | UnsetType = UNSET

    @property
    def secret_code(self) -> Secret:
        """The base32 secret to type in; from the URI where an older panel gives only that."""
        if self.secret is not UNSET:
            return self.secret
        query = parse_qs(urlsplit(self.image_url_data.reveal()).query)
        return Secret(query.get("secret", [""])[0])


class RecoveryTokens(Struct, frozen=True, kw_only=True):
    """Ten codes for the day the authenticator is lost; shown this once."""

    tokens: tuple[Secret, ...]


class RightGroup(Struct, frozen=True, kw_only=True):
    description: str
    keys: dict[str, str]  # name -> what it allows


class Permissions(Struct, frozen=True, kw_only=True):
    """Every right the panel knows. Pelican lists the keys alone, without descriptions."""

    permissions: dict[str, RightGroup] | tuple[str, ...]

    @property
    def keys(self) -> frozenset[str]:
        """As subusers have them: `control.start`."""
        groups = self.permissions
        if isinstance(groups, tuple):
            return frozenset(groups)
        return frozenset(f"{name}.{key}" for name, group in groups.items() for key in group.keys)

    def describe(self, right: str) -> str | None:
        """What a right allows, in the panel's English; None where it doesn't tell."""
        if isinstance(self.permissions, tuple):
            return None
        name, _, key = right.partition(".")
        group = self.permissions.get(name)
        return group.keys.get(key) if group else None
