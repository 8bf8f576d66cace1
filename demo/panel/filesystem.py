"""The files of one game server, in memory, with the manners of the node (contract: files.md)."""

import fnmatch
import io
import posixpath
import tarfile
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Literal

from demo.panel.blob import Blob, Bytes, whole

Trouble = Literal["missing", "escape", "directory", "exists", "conflict", "mode", "archive"]
_FOLDER_BYTES: Final = 4096
_MIMETYPES: Final = {
    ".json": "application/json",
    ".gz": "application/gzip",
    ".zip": "application/zip",
    ".jar": "application/jar",
    ".png": "image/png",
    ".dat": "application/octet-stream",
    ".mca": "application/octet-stream",
}


class FileTrouble(Exception):
    """The node could not do it; which answer that makes depends on the node's version."""

    def __init__(self, kind: Trouble) -> None:
        super().__init__(kind)
        self.kind: Final = kind


@dataclass(eq=False)
class Entry:
    """A file (with contents) or a folder (with children)."""

    name: str
    mode: int
    modified_at: datetime
    changed_at: datetime
    blob: Blob | None = None
    children: "dict[str, Entry]" = field(default_factory=dict)
    mimetype: str | None = None

    @property
    def is_file(self) -> bool:
        return self.blob is not None

    @property
    def size(self) -> int:
        return _FOLDER_BYTES if self.blob is None else self.blob.size

    @property
    def kind(self) -> str:
        """The media type as the node sniffs it."""
        if self.blob is None:
            return "inode/directory"
        if self.mimetype is not None:
            return self.mimetype
        return _MIMETYPES.get(posixpath.splitext(self.name)[1], "text/plain; charset=utf-8")


class FileSystem:
    """A tree of folders and files; every path is relative to its root and cannot leave it."""

    def __init__(self, now: datetime) -> None:
        self._root = Entry("", 0o755, now, now)

    def put(self, path: str, contents: str | bytes | Blob, now: datetime | None = None) -> None:
        """Write a file and the folders it lies in, from a test or a world.

        Raises:
            FileTrouble: A folder has that name.
        """
        if isinstance(contents, str):
            contents = contents.encode()
        blob = Bytes(contents) if isinstance(contents, bytes) else contents
        parts = _parts(path)
        now = now or datetime.now(UTC)
        folder = self._make(parts[:-1], now)
        present = folder.children.get(parts[-1]) if parts else self._root
        if present is not None and not present.is_file:
            raise FileTrouble("conflict")
        mode = present.mode if present is not None else 0o644
        folder.children[parts[-1]] = Entry(parts[-1], mode, now, now, blob)
        if present is None:
            folder.modified_at = folder.changed_at = now

    def find(self, path: str) -> Entry | None:
        """What lies at `path`; None when nothing does or it leads outside."""
        try:
            return self._at(_parts(path))
        except FileTrouble:
            return None

    def listing(self, path: str) -> list[Entry]:
        """The entries of a folder, in the order a real node gave: files backwards, then folders."""
        folder = self._at(_parts(path))
        if folder.is_file:
            raise FileTrouble("missing")
        entries = sorted(folder.children.values(), key=lambda entry: entry.name)
        return [entry for entry in reversed(entries) if entry.is_file] + [
            entry for entry in entries if not entry.is_file
        ]

    def read(self, path: str) -> Blob:
        entry = self._at(_parts(path))
        if entry.blob is None:
            raise FileTrouble("directory")
        return entry.blob

    def make_folder(self, root: str, name: str, now: datetime) -> None:
        self._make(_parts(f"{root}/{name}"), now)

    def rename(self, root: str, old: str, new: str, now: datetime) -> None:
        """Move one entry; a missing source is no error, an existing target is."""
        source = _parts(f"{root}/{old}")
        target = _parts(f"{root}/{new}")
        try:
            entry = self._at(source)
        except FileTrouble:
            return
        if not source or not target:
            raise FileTrouble("escape")
        folder = self._make(target[:-1], now)
        if target[-1] in folder.children:
            raise FileTrouble("exists")
        del self._at(source[:-1]).children[source[-1]]
        entry.name = target[-1]
        entry.changed_at = now
        folder.children[entry.name] = entry

    def copy(self, location: str, now: datetime) -> str:
        """Copy a file beside itself and return the name of the copy."""
        parts = _parts(location)
        entry = self._at(parts)
        if entry.blob is None:
            raise FileTrouble("missing")
        folder = self._at(parts[:-1])
        stem, ending = _split(entry.name)
        name, number = f"{stem} copy{ending}", 0
        while name in folder.children:
            number += 1
            name = f"{stem} copy {number}{ending}"
        folder.children[name] = Entry(name, entry.mode, now, now, entry.blob)
        return name

    def delete(self, root: str, name: str) -> None:
        """Remove a file or a folder with all it holds; a missing one is no error."""
        parts = _parts(f"{root}/{name}")
        try:
            if parts:
                self._at(parts[:-1]).children.pop(parts[-1], None)
        except FileTrouble as trouble:
            if trouble.kind == "escape":
                raise

    def chmod(self, root: str, name: str, mode: str, now: datetime) -> None:
        try:
            bits = int(mode, 8)
        except ValueError:
            raise FileTrouble("mode") from None
        if (entry := self.find(f"{root}/{name}")) is not None:
            entry.mode = bits
            entry.changed_at = now

    def compress(self, root: str, names: Iterable[str], now: datetime) -> Entry:
        """Pack `names` of the folder into an archive in it; missing names are left out."""
        folder = self._make(_parts(root), now)
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as tar:
            for name in names:
                entry = self.find(f"{root}/{name}")
                if entry is not None:
                    for path, file in _walk(entry, name.strip("/")):
                        _pack(tar, path, file)
        name = f"archive-{now:%Y-%m-%dT%H%M%SZ}.tar.gz"
        made = Entry(name, 0o644, now, now, Bytes(packed.getvalue()))
        folder.children[name] = made
        return Entry(name, 0o644, now, now, made.blob, mimetype="application/tar+gzip")

    def decompress(self, root: str, file: str, now: datetime) -> None:
        """Unpack an archive of the folder into it, over what is there."""
        blob = self.read(f"{root}/{file}")
        for path, data in _unpacked(whole(blob)):
            self.put(f"{root}/{path}", data, now)

    def archive(self, ignored: Iterable[str]) -> bytes:
        """All files as a tar.gz, without those that match one of `ignored`."""
        patterns = [pattern.strip("/") for pattern in ignored if pattern]
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as tar:
            for path, file in self.files():
                if not any(_matches(path, pattern) for pattern in patterns):
                    _pack(tar, path, file)
        return packed.getvalue()

    def clear(self) -> None:
        """Remove everything."""
        self._root.children.clear()

    def restore(self, archive: bytes, now: datetime, *, truncate: bool) -> list[str]:
        """Put back what an archive holds, after removing everything if asked; the paths."""
        if truncate:
            self.clear()
        paths = []
        for path, data in _unpacked(archive):
            self.put(path, data, now)
            paths.append(path)
        return paths

    def files(self) -> Iterator[tuple[str, Entry]]:
        """Every file with its path."""
        yield from _walk(self._root, "")

    @property
    def size(self) -> int:
        return sum(entry.size for _, entry in self.files())

    def _at(self, parts: list[str]) -> Entry:
        entry = self._root
        for part in parts:
            if entry.is_file or part not in entry.children:
                raise FileTrouble("missing")
            entry = entry.children[part]
        return entry

    def _make(self, parts: list[str], now: datetime) -> Entry:
        entry = self._root
        for part in parts:
            if part not in entry.children:
                entry.children[part] = Entry(part, 0o755, now, now)
            entry = entry.children[part]
            if entry.is_file:
                raise FileTrouble("conflict")
        return entry


def _parts(path: str) -> list[str]:
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            if not parts:
                raise FileTrouble("escape")
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return parts


def _split(name: str) -> tuple[str, str]:
    if name.endswith(".tar.gz"):
        return name[:-7], ".tar.gz"
    return posixpath.splitext(name)


def _walk(entry: Entry, path: str) -> Iterator[tuple[str, Entry]]:
    if entry.is_file:
        yield path, entry
    for child in entry.children.values():
        yield from _walk(child, f"{path}/{child.name}".lstrip("/"))


def _matches(path: str, pattern: str) -> bool:
    return (
        fnmatch.fnmatch(path, pattern)
        or fnmatch.fnmatch(path.rsplit("/", 1)[-1], pattern)
        or path.startswith(f"{pattern}/")
    )


def _pack(tar: tarfile.TarFile, path: str, entry: Entry) -> None:
    data = whole(entry.blob) if entry.blob is not None else b""
    info = tarfile.TarInfo(path)
    info.size = len(data)
    info.mode = entry.mode
    info.mtime = int(entry.modified_at.timestamp())
    tar.addfile(info, io.BytesIO(data))


def _unpacked(data: bytes) -> Iterator[tuple[str, bytes]]:
    try:
        if zipfile.is_zipfile(io.BytesIO(data)):
            with zipfile.ZipFile(io.BytesIO(data)) as packed:
                for name in packed.namelist():
                    if not name.endswith("/"):
                        yield name, packed.read(name)
            return
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            for member in tar:
                if (reader := tar.extractfile(member)) is not None:
                    yield member.name, reader.read()
    except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError):
        raise FileTrouble("archive") from None
