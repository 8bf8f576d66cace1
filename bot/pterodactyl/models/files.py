"""Files of a server, and links to carry them (contract: files.md, signed-urls.md)."""

from datetime import datetime

from msgspec import Struct, field

from bot.secret import Secret


class FileObject(Struct, frozen=True, kw_only=True):
    """A file or folder in a listing."""

    name: str  # without its path
    mode: str  # "-rw-r--r--"
    mode_bits: str  # octal: "644"
    size_bytes: int = field(name="size")  # of a folder: its entry's, not its contents'
    is_file: bool  # False: a folder
    is_symlink: bool  # always False on Wings 1.11.11
    mimetype: str  # sniffed by the node
    created_at: datetime  # when the entry last changed, not when it was made
    modified_at: datetime


class SignedUrl(Struct, frozen=True, kw_only=True):
    """A link on the node (or a storage), good for minutes and mostly for one use.

    Whoever holds it needs no key, so it is a secret. Send no Authorization along.
    """

    url: Secret
