"""What a guild's file names: roles, members and channels of Discord's, servers of a panel."""

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct

Snowflake = Annotated[str, Meta(pattern=r"^\d{1,20}$")]
Uuid = Annotated[str, Meta(pattern=r"^[0-9a-f-]{36}$")]
Name = Annotated[str, Meta(max_length=100)]


class Thing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A role, member or channel of Discord's: by id, or by name where the id is unknown."""

    id: Snowflake
    name: Name = ""


class Names(Struct, frozen=True, kw_only=True):
    """What Discord's roles and channels are called."""

    guild: str
    roles: Mapping[int, str]
    channels: Mapping[int, str]

    def role(self, wanted: Thing) -> int | None:
        """The role by id, else the only one of that name."""
        return _found(wanted, self.roles)

    def channel(self, wanted: Thing) -> int | None:
        """The channel by id, else the only one of that name."""
        return _found(wanted, self.channels)


def thing(wanted: int, names: Mapping[int, str]) -> Thing:
    """As a file names it."""
    return Thing(id=str(wanted), name=names.get(wanted, ""))


def _found(wanted: Thing, names: Mapping[int, str]) -> int | None:
    if int(wanted.id) in names:
        return int(wanted.id)
    named = [key for key, name in names.items() if name == wanted.name and wanted.name]
    return named[0] if len(named) == 1 else None
