"""Somebody with a key who calls the simulated panel."""

from dataclasses import dataclass
from typing import Any

import aiohttp
import msgspec

from demo.panel import SimPanel


@dataclass(frozen=True)
class Got:
    """An answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)

    @property
    def attributes(self) -> Any:
        return self.json["attributes"]

    @property
    def code(self) -> str:
        """The class of the first error."""
        return str(self.json["errors"][0]["code"])


class Caller:
    """Calls the API with one key."""

    def __init__(self, panel: SimPanel, session: aiohttp.ClientSession, key: str) -> None:
        self._panel = panel
        self._session = session
        self._key = key

    async def __call__(
        self, method: str, path: str, body: object = None, *, data: bytes | None = None
    ) -> Got:
        headers = {
            "Authorization": f"Bearer {self._panel.key(self._key)}",
            "Accept": "application/json",
        }
        if data is not None:
            headers["Content-Type"] = "text/plain"
        async with self._session.request(
            method,
            f"{self._panel.url}/api/client{path}",
            json=body,
            data=data,
            headers=headers,
            allow_redirects=False,
        ) as response:
            return Got(response.status, dict(response.headers), await response.read())

    async def get(self, path: str) -> Got:
        return await self("GET", path)

    async def post(self, path: str, body: object = None) -> Got:
        return await self("POST", path, body)

    async def link(self, path: str) -> str:
        """A signed link from the panel."""
        return str((await self.get(path)).attributes["url"])
