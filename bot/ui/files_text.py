"""A file's bytes as text that people edit, and back with all they didn't touch as it was. Pure."""

import codecs
import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from bot.texts import _, _n
from bot.ui.errors import Unfit
from bot.ui.files_diff import opcodes
from bot.ui.text import code, cut

FORM_CHARACTERS: Final = 4000
"""What a form's field holds, counted as browsers count: in units of UTF-16."""

_BOMS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LINE: Final = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")
_CONTROLS: Final = bytes(set(range(32)) - set(b"\t\n\r\f\x1b"))
_BINARY_SHARE: Final = 0.02
"""Compressed data has a tenth of control characters, prose in an old code page none."""
_FORM_KEEPS: Final = frozenset("\t\n")
_LANGUAGES: Final = {
    "yml": "yaml", "yaml": "yaml", "json": "json", "json5": "json", "mcmeta": "json",
    "properties": "properties", "toml": "toml", "ini": "ini", "cfg": "ini", "conf": "ini",
    "xml": "xml", "html": "html", "css": "css", "js": "js", "ts": "ts", "lua": "lua", "sh": "bash",
    "bat": "bat", "ps1": "powershell", "py": "py", "java": "java", "cs": "cs", "sql": "sql",
    "md": "md", "sk": "yaml", "mcfunction": "bash",
}  # fmt: skip


class FileText(Struct, frozen=True):
    """What a text file says, and how it was written down."""

    text: str
    """With "\\n" as its only line break, as people see it."""
    encoding: str
    bom: bytes
    lines: tuple[str, ...]
    """The same with each line's own end."""

    @property
    def ends(self) -> tuple[str, ...]:
        """The different line breaks in it, the most frequent first."""
        found = [_end_of(line) for line in self.lines if _end_of(line)]
        return tuple(sorted(set(found), key=found.count, reverse=True))

    @property
    def fits_form(self) -> bool:
        """Whether a form can show it whole and give it back unharmed."""
        is_kept = all(c in _FORM_KEEPS or unicodedata.category(c) != "Cc" for c in self.text)
        return is_kept and len(self.text.encode("utf-16-le")) // 2 <= FORM_CHARACTERS

    @property
    def form_text(self) -> str:
        """What the form shows: without the line breaks at the end, which `rewritten` keeps."""
        return self.text.rstrip("\n")


def file_text(data: bytes) -> FileText | None:
    """Read bytes as text; None where they are none."""
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _decoded(data[len(bom) :], encoding, bom)
    if b"\0" in data:
        return None
    found = _decoded(data, "utf-8", b"")
    if found is not None:
        return found
    controls = len(data) - len(data.translate(None, _CONTROLS))
    if controls > len(data) * _BINARY_SHARE:
        return None
    return _decoded(data, "cp1252", b"") or _decoded(data, "latin-1", b"")


def settled(before: FileText | None, typed: str) -> str:
    """The text as it is meant: forms cut blanks off at both ends, which nobody asked for.

    A new file ends with a line break; an existing one begins and ends as it did.
    """
    text = typed.replace("\r\n", "\n").replace("\r", "\n")
    old = before.text if before else ""
    if not text.strip():
        return "" if old.strip() else old
    if before is None:
        return text.rstrip("\n") + "\n"
    head = old[: len(old) - len(old.lstrip())]
    if head and old.strip() and not text[0].isspace():
        text = head + text
    body, old_body = text.rstrip(), old.rstrip()
    if body.rpartition("\n")[2] == old_body.rpartition("\n")[2]:
        return body + old[len(old_body) :]
    return text.rstrip("\n") + old[len(old.rstrip("\n")) :]


def rewritten(before: FileText | None, text: str) -> bytes:
    """The bytes of `text`, in the encoding and with the line breaks of what was there before.

    Args:
        before: None for a new file: UTF-8 with "\\n".
        text: As `settled` gives it.

    Raises:
        Unfit: The encoding has no such letter.
    """
    if before is None:
        return text.encode("utf-8", "replace")
    ends = before.ends
    if len(ends) > 1:
        text = _with_own_ends(before.lines, text, ends[0])
    elif ends:
        text = text.replace("\n", ends[0])
    try:
        return before.bom + text.encode(before.encoding)
    except UnicodeEncodeError as error:
        raise Unfit(
            _(
                "The file is written in {encoding}, which has no letter {letter}. Leave it out, or "
                "save the file as UTF-8 and send it with `/files upload`.",
                encoding=code(before.encoding),
                letter=code(text[error.start : error.start + 1]),
            )
        ) from None


def traits(found: FileText) -> str:
    """How a file is written down, as far as it isn't the usual, for a quiet line."""
    said = []
    if found.encoding != "utf-8" or found.bom:
        said.append(found.encoding.upper() + (" + BOM" if found.bom else ""))
    if len(found.ends) > 1:
        said.append(_("mixed line breaks"))
    elif found.ends and found.ends[0] != "\n":
        said.append("CRLF" if found.ends[0] == "\r\n" else "CR")
    if found.text and not found.text.endswith("\n"):
        said.append(_("no line break at the end"))
    return ", ".join(said)


def language(name: str) -> str:
    """Discord's name for the colours of a file, by its ending; empty for plain text."""
    return _LANGUAGES.get(name.rpartition(".")[2].lower(), "")


def coded(text: str, limit: int, colours: str = "", *, shows_end: bool = False) -> str:
    """File contents as a code block that they can't end, cut to whole lines, tricks made visible.

    Args:
        text: With "\\n" between lines.
        limit: Of characters in the block.
        colours: See `language`.
        shows_end: Keep the last lines instead of the first, as for a log.
    """
    lines = visible(text).rstrip("\n").split("\n")
    kept: list[str] = []
    size = 0
    for line in reversed(lines) if shows_end else lines:
        size += len(line) + 1
        if size > limit:
            break
        kept.append(line)
    if not kept:
        kept = [cut(lines[-1] if shows_end else lines[0], limit)]
    left = len(lines) - len(kept)
    if shows_end:
        kept.reverse()
    body = "\n".join(kept) or " "
    block = f"```{colours}\n{body}\n```"
    if not left:
        return block
    if shows_end:
        return _n("… {count} line before", "… {count} lines before", left) + "\n" + block
    return block + "\n" + _n("… {count} line more", "… {count} lines more", left)


def visible(text: str) -> str:
    """Text whose invisible characters are named, and which can't end a code block."""
    return "".join(_named(c) for c in text).replace("```", "ˋˋˋ")


def _named(character: str) -> str:
    if character in "\t\n" or not _is_hidden(character):
        return character
    return f"⟨U+{ord(character):04X}⟩"


def _is_hidden(character: str) -> bool:
    if character in "\u200d\ufe0f":
        return False
    return unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def _decoded(data: bytes, encoding: str, bom: bytes) -> FileText | None:
    try:
        raw = data.decode(encoding)
    except UnicodeDecodeError:
        return None
    if "\0" in raw:
        return None
    lines = tuple(_LINE.findall(raw))
    text = "".join(line.rstrip("\r\n") + ("\n" if _end_of(line) else "") for line in lines)
    return FileText(text, encoding, bom, lines)


def _end_of(line: str) -> str:
    if line.endswith("\r\n"):
        return "\r\n"
    return line[-1] if line[-1] in "\r\n" else ""


def _with_own_ends(before: Sequence[str], text: str, usual: str) -> str:
    """Give each line that stayed its own break back; a new one gets the usual."""
    old = [line.rstrip("\r\n") for line in before]
    new = text.split("\n")
    is_ended = new[-1] == ""
    if is_ended:
        new.pop()
    ends = [usual] * len(new)
    for tag, old_from, old_to, new_from, new_to in opcodes(old, new):
        if tag == "equal" or old_to - old_from == new_to - new_from:
            for offset in range(new_to - new_from):
                ends[new_from + offset] = _end_of(before[old_from + offset]) or usual
    if not is_ended and ends:
        ends[-1] = ""
    return "".join(line + end for line, end in zip(new, ends, strict=True))
