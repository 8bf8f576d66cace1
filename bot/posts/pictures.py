"""A picture for what has none: a pattern of its own for each name, as a PNG."""

import colorsys
import hashlib
import struct
import zlib
from typing import Final

_CELLS: Final = 5
_CELL_PIXELS: Final = 24
_BORDER_PIXELS: Final = 4


def pattern_picture(name: str) -> bytes:
    """A symmetrical pattern in one colour, the same for the same name; 128 × 128 pixels, PNG."""
    digest = hashlib.sha256(name.encode("utf-8", "replace")).digest()
    red, green, blue = colorsys.hls_to_rgb(digest[0] / 256, 0.55, 0.6)
    ink = bytes(round(part * 255) for part in (red, green, blue))
    paper = b"\xf2\xf3\xf5"
    half = _CELLS // 2 + 1
    rows = bytearray()
    margin = paper * _BORDER_PIXELS
    width = _CELLS * _CELL_PIXELS + 2 * _BORDER_PIXELS
    blank = b"\x00" + paper * width
    rows += blank * _BORDER_PIXELS
    for y in range(_CELLS):
        line = bytearray(b"\x00" + margin)
        for x in range(_CELLS):
            bit = y * half + min(x, _CELLS - 1 - x)
            line += (ink if digest[1 + bit // 8] >> bit % 8 & 1 else paper) * _CELL_PIXELS
        line += margin
        rows += bytes(line) * _CELL_PIXELS
    rows += blank * _BORDER_PIXELS
    header = struct.pack(">IIBBBBB", width, width, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(bytes(rows), 9))
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    checked = kind + content
    return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))
