"""The objects that Discord sends along with ids: members, roles, channels, files."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from tests.wirecord.protocol import ALL, Files, Json

if TYPE_CHECKING:
    from tests.wirecord.member import Member
    from tests.wirecord.wire import Wire
    from tests.wirecord.world import Channel, Role


class Resolvable(ABC):
    """What is sent as an id, with the object itself going along."""

    @abstractmethod
    def resolve(self, into: Resolved) -> str:
        """Add the object and return its id."""


class Resolved:
    """Collects what was named in one interaction; each `add` returns the id to send."""

    def __init__(self) -> None:
        self.json: dict[str, Json] = {}

    def member(self, member: Member) -> str:
        """Add a member: the user, and the member without it."""
        self._put("users", member.id, member.user())
        held = {"permissions": str(member.permissions())}
        self._put("members", member.id, member.json(with_user=False) | held)
        return member.id

    def role(self, role: Role) -> str:
        self._put("roles", role.id, role.json())
        return role.id

    def channel(self, channel: Channel) -> str:
        self._put("channels", channel.id, channel.json() | {"permissions": str(ALL)})
        return channel.id

    def files(self, wire: Wire, files: Files) -> list[str]:
        """Add files that the member attaches; they can be fetched from the address given."""
        attachments = wire.store_files(files)
        for attachment in attachments:
            self._put("attachments", attachment["id"], attachment)
        return [attachment["id"] for attachment in attachments]

    def _put(self, kind: str, key: str, value: Json) -> None:
        self.json.setdefault(kind, {})[key] = value
