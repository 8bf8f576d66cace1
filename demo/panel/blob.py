"""What a file holds: bytes in memory, bytes on disk when many, or a pattern of any size."""

import os
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Protocol

CHUNK_BYTES: Final = 64 * 1024
IN_MEMORY_BYTES: Final = 4 * 1024 * 1024


class Blob(Protocol):
    """Contents that can be measured and read from the start."""

    @property
    def size(self) -> int: ...

    def chunks(self) -> Iterator[bytes]: ...


class Bytes:
    """Contents in memory."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    @property
    def size(self) -> int:
        return len(self.data)

    def chunks(self) -> Iterator[bytes]:
        for start in range(0, len(self.data), CHUNK_BYTES):
            yield self.data[start : start + CHUNK_BYTES]


class Pattern:
    """`size` bytes that cost no memory: 0, 1, … 255, over and over."""

    _PIECE = bytes(range(256)) * (CHUNK_BYTES // 256)

    def __init__(self, size: int) -> None:
        self._size = size

    @property
    def size(self) -> int:
        return self._size

    def chunks(self) -> Iterator[bytes]:
        left = self._size
        while left > 0:
            yield self._PIECE[:left]
            left -= CHUNK_BYTES


class OnDisk:
    """Contents in a temporary file that goes when nobody refers to it any more."""

    def __init__(self) -> None:
        handle, name = tempfile.mkstemp(prefix="simpanel-")
        os.close(handle)
        self._path = Path(name)
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        self._size = 0
        weakref.finalize(self, self._path.unlink, missing_ok=True)

    @property
    def size(self) -> int:
        return self._size

    def append(self, data: bytes) -> None:
        self._waiting.append(data)
        self._waiting_bytes += len(data)
        self._size += len(data)
        if self._waiting_bytes > IN_MEMORY_BYTES:
            self._flush()

    def chunks(self) -> Iterator[bytes]:
        self._flush()
        with self._path.open("rb") as reader:
            while piece := reader.read(CHUNK_BYTES):
                yield piece

    def _flush(self) -> None:
        with self._path.open("ab") as file:
            file.writelines(self._waiting)
        self._waiting.clear()
        self._waiting_bytes = 0


class Intake:
    """Collects what is uploaded; moves to disk once it is more than fits in memory."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._disk: OnDisk | None = None
        self.size = 0

    def add(self, data: bytes) -> None:
        self.size += len(data)
        if self._disk is not None:
            self._disk.append(data)
            return
        self._pieces.append(data)
        if self.size > IN_MEMORY_BYTES:
            self._disk = OnDisk()
            for piece in self._pieces:
                self._disk.append(piece)
            self._pieces.clear()

    def blob(self) -> Blob:
        return self._disk if self._disk is not None else Bytes(b"".join(self._pieces))


def whole(blob: Blob) -> bytes:
    """All of it at once."""
    return blob.data if isinstance(blob, Bytes) else b"".join(blob.chunks())
