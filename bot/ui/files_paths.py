"""Paths on a server as people type them: one form, and nothing that leads out of the folder. Pure.

A path here is absolute below the server's root: "/", "/plugins", "/plugins/config.yml".
"""

import re
from typing import Final

from bot.texts import _
from bot.ui.errors import Unfit
from bot.ui.text import code

NAME_BYTES: Final = 255
"""What a file system takes."""
PATH_BYTES: Final = 1024
ROOT: Final = "/"

_ARCHIVE: Final = re.compile(
    r"\.(zip|rar|7z|tar|tgz|tbz2?|txz|tar\.(gz|bz2|xz|zst|lz4|br|sz))$", re.I
)
_PART: Final = re.compile(r"[/\\]")
_UNSENDABLE: Final = re.compile(r"[^A-Za-z0-9._-]+")


def clean(typed: str) -> str:
    """A typed path in its one form; empty is the root.

    Raises:
        Unfit: It would lead out of the server's folder, is too long, or no name can be like that.
    """
    text = typed.strip()
    if ".." in _PART.split(text):
        raise Unfit(
            _(
                "{path} leads out of a folder. Name the path from the server's own root, such as "
                "`/plugins/config.yml`.",
                path=code(typed, 80),
            )
        )
    parts = [part for part in text.split("/") if part not in ("", ".")]
    for part in parts:
        _check_name(part)
    path = ROOT + "/".join(parts)
    if len(path.encode()) > PATH_BYTES:
        raise Unfit(_("That path is too long; {most} bytes is the most.", most=PATH_BYTES))
    return path


def clean_or_none(typed: str) -> str | None:
    """The path in its one form; None where `clean` refuses it."""
    try:
        return clean(typed)
    except Unfit:
        return None


def clean_name(typed: str) -> str:
    """A typed name of one file or folder.

    Raises:
        Unfit: It is empty, has folders in it, or no name can be like that.
    """
    text = typed.strip()
    if not text or text in (".", "..") or "/" in text:
        raise Unfit(
            _("{name} is no name: it must be one word without a slash.", name=code(typed, 80))
        )
    _check_name(text)
    return text


def is_name(text: str) -> bool:
    """Whether a node's entry can be what it says: a single name, not a way somewhere else."""
    return text not in ("", ".", "..") and "/" not in text and "\0" not in text


def join(folder: str, name: str) -> str:
    """The path of `name` in `folder`."""
    return f"{folder.rstrip('/')}/{name}"


def folder_of(path: str) -> str:
    """The folder that a path lies in; the root's own is the root."""
    return path.rpartition("/")[0] or ROOT


def name_of(path: str) -> str:
    """The last part; empty for the root."""
    return path.rpartition("/")[2]


def below_root(path: str) -> str:
    """The path without its leading slash, as the panel wants names relative to the root."""
    return path.lstrip("/")


def crumbs(path: str) -> list[str]:
    """The folders on the way to `path`, the root first and itself last."""
    parts = [part for part in path.split("/") if part]
    return [ROOT, *(ROOT + "/".join(parts[: at + 1]) for at in range(len(parts)))]


def lies_in(path: str, folder: str) -> bool:
    """Whether `path` is `folder` or below it."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def is_archive(name: str) -> bool:
    """Whether the node may be able to unpack it, by its ending."""
    return _ARCHIVE.search(name) is not None


def sendable_name(name: str) -> str:
    """The name under which Discord takes an attachment without changing it."""
    kept = _UNSENDABLE.sub("_", name).strip("._")
    return kept[-80:] or "file"


def _check_name(name: str) -> None:
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        size = NAME_BYTES + 1
    if size > NAME_BYTES:
        raise Unfit(
            _(
                "{name} is too long for a name; {most} bytes is the most.",
                name=code(name, 40),
                most=NAME_BYTES,
            )
        )
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in name):
        raise Unfit(_("A name can't have line breaks or other control characters in it."))
