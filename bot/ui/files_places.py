"""Places in a server's files under short tokens: paths are too long for custom ids and choices."""

import base64
import hashlib
import secrets
from typing import Final

from msgspec import Struct
from msgspec.msgpack import encode

from bot.texts import _
from bot.ui.errors import Unfit
from bot.ui.files_paths import clean, clean_or_none, folder_of, join, name_of

MEMBERS: Final = 500
PLACES_A_MEMBER: Final = 400
"""A page of the browser takes about fifteen; the oldest go first."""
CHOICE_MARK: Final = "#"
_CHOICE_CHARACTERS: Final = 100


class Place(Struct, frozen=True):
    """A folder with things chosen in it, or with nothing chosen: the folder itself."""

    server_id: str
    folder: str
    names: tuple[str, ...] = ()
    search: str = ""
    """What the folder is filtered by."""

    @property
    def path(self) -> str:
        """The path of the one thing, or of the folder."""
        return join(self.folder, self.names[0]) if self.names else self.folder


class Places:
    """Tokens of each member's places; the same place has the same token while it is remembered."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(16)
        self._members: dict[int, dict[str, Place]] = {}

    def token(self, member_id: int, place: Place) -> str:
        """Remember a place, and name it in 12 characters that a custom id may hold."""
        digest = hashlib.blake2b(encode((member_id, place)), digest_size=9, key=self._key).digest()
        token = base64.urlsafe_b64encode(digest).decode()
        own = self._members.pop(member_id, {})
        own.pop(token, None)
        own[token] = place
        self._members[member_id] = own
        while len(own) > PLACES_A_MEMBER:
            del own[next(iter(own))]
        while len(self._members) > MEMBERS:
            del self._members[next(iter(self._members))]
        return token

    def find(self, member_id: int, server_id: str, token: str) -> Place:
        """The place of a token.

        Raises:
            Unfit: It is forgotten, another member's or another server's.
        """
        place = self._members.get(member_id, {}).get(token)
        if place is None or place.server_id != server_id:
            raise Unfit(
                _(
                    "This view is too old, so I no longer know it. `/files browse` opens a fresh "
                    "one."
                )
            )
        return place

    def choice(self, member_id: int, server_id: str, path: str) -> str:
        """The path as the value of an option: itself, or a token where it can't stand there."""
        if len(path) <= _CHOICE_CHARACTERS and clean_or_none(path) == path:
            return path
        place = Place(server_id, folder_of(path), (name_of(path),))
        return CHOICE_MARK + self.token(member_id, place)

    def path(self, member_id: int, server_id: str, value: str) -> str:
        """What an option means: a path that was picked, or one that was typed.

        Raises:
            Unfit: See `files_paths.clean`.
        """
        place = self._members.get(member_id, {}).get(value.removeprefix(CHOICE_MARK))
        if value.startswith(CHOICE_MARK) and place is not None and place.server_id == server_id:
            return place.path
        return clean(value)
