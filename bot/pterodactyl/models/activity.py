"""Activity logs of accounts and servers (contract: activity.md)."""

from datetime import datetime

from msgspec import UNSET, Struct, UnsetType, field

from bot.pterodactyl.models.envelope import One


class Actor(Struct, frozen=True, kw_only=True):
    """The account that did something."""

    uuid: str
    username: str
    email: str
    image: str  # URL of a picture
    has_2fa: bool = field(name="2fa_enabled")
    created_at: datetime
    language: str | UnsetType = UNSET  # Pelican
    admin: bool | UnsetType = UNSET  # Pelican
    root_admin: bool | UnsetType = UNSET  # Pelican
    updated_at: datetime | UnsetType = UNSET  # Pelican


class ActivityRelations(Struct, frozen=True, kw_only=True):
    actor: One[Actor] | UnsetType = UNSET


class Activity(Struct, frozen=True, kw_only=True):
    """Something that was done. Properties may hold what people typed: `repr` leaves them out."""

    id: str  # stable, without order
    event: str  # "server:power.start"; new ones may come
    is_api: bool  # with an API key
    description: str | None
    properties: dict[str, object] | tuple[object, ...]  # () where an older panel has none
    has_additional_metadata: bool
    happened_at: datetime = field(name="timestamp")
    ip: str | None = None  # None unless the account's own, or for administrators
    batch: str | UnsetType | None = UNSET  # groups entries of one action; Pelican has none
    relationships: ActivityRelations = ActivityRelations()

    @property
    def actor(self) -> Actor | None:
        """None for the system, and where `include=["actor"]` was not asked."""
        related = self.relationships.actor
        return None if related is UNSET else related.attributes

    def __repr__(self) -> str:
        return f"Activity(event={self.event!r}, happened_at={self.happened_at.isoformat()!r})"
