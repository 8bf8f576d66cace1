"""Recorded answers, played by name instead of the panel's own."""

import re
from pathlib import Path

import msgspec
from aiohttp import web

from demo.panel.faults import pattern

_SKIPPED = frozenset({"content-length", "transfer-encoding", "connection", "date"})


class Recorded(msgspec.Struct, frozen=True):
    """The answer in a recording."""

    status: int
    headers: dict[str, str]
    body_kind: str
    body: object


class Recording(msgspec.Struct, frozen=True):
    """A recording, as far as it is played."""

    name: str
    response: Recorded


class Script:
    """`panel.script["POST /servers/{}/power"] = "err_429_power"`: a name, or several in a row."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._lines: dict[str, tuple[re.Pattern[str] | None, list[str], bool]] = {}

    def __setitem__(self, route: str, names: str | list[str]) -> None:
        """Play `names` for requests like `route`: one name for ever, each of a list once."""
        row = [names] if isinstance(names, str) else list(names)
        self._lines[route] = pattern(route), row, isinstance(names, str)

    def __delitem__(self, route: str) -> None:
        del self._lines[route]

    def clear(self) -> None:
        self._lines.clear()

    def play(self, text: str) -> web.Response | None:
        """The answer for a request, if one is in the script."""
        for wanted, names, is_for_ever in self._lines.values():
            if names and (wanted is None or wanted.fullmatch(text)):
                return self._response(names[0] if is_for_ever else names.pop(0))
        return None

    def _response(self, name: str) -> web.Response:
        if self._folder is None:
            raise LookupError("the simulated panel was given no folder of recordings")
        file = self._folder / f"{name}.json"
        if not file.exists():
            file = self._folder / "panel" / f"{name}.json"
        recorded = msgspec.json.decode(file.read_bytes(), type=Recording).response
        headers = {k: v for k, v in recorded.headers.items() if k.lower() not in _SKIPPED}
        if recorded.status == 204:
            body = b""
        elif recorded.body_kind == "json":
            body = msgspec.json.encode(recorded.body)
        else:
            body = str(recorded.body).encode()
        return web.Response(status=recorded.status, body=body, headers=headers)
