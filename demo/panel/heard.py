"""What was asked of the panel, kept for tests to count and look at."""

from dataclasses import dataclass

import msgspec


@dataclass(frozen=True)
class Heard:
    """A request as it came in."""

    method: str
    path: str  # below /api/client; the node's as it is
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    user: str | None  # whose key it carried

    @property
    def json(self) -> object:
        """The body, decoded; None when there is none."""
        return msgspec.json.decode(self.body) if self.body else None
