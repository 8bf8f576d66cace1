"""Subusers: other accounts that may use a server (contract: users.md)."""

from datetime import datetime

from msgspec import UNSET, Struct, UnsetType, field


class Subuser(Struct, frozen=True, kw_only=True):
    """An account that may use a server, and what it may do there."""

    uuid: str  # of the account
    username: str
    email: str
    image: str  # URL of a picture
    has_2fa: bool = field(name="2fa_enabled")
    created_at: datetime  # the account's, not the grant's
    permissions: tuple[str, ...]  # in no order
    language: str | UnsetType = UNSET  # Pelican
    admin: bool | UnsetType = UNSET  # Pelican
    root_admin: bool | UnsetType = UNSET  # Pelican
    updated_at: datetime | UnsetType = UNSET  # Pelican
