"""A node of the panel: the machine that runs servers, as far as the panel knows it."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from demo.panel.tokens import NodeMeta


@dataclass(eq=False)
class Node:
    """A machine with Wings on it. Its flags may be changed while the panel runs."""

    name: str
    sftp_port: int = 2022
    fqdn: str = "127.0.0.1"
    is_under_maintenance: bool = False
    is_dead: bool = False  # nothing listens
    newer: bool = False  # the socket limits of Wings after 1.12
    files: Literal["1.11", "later"] = "1.11"  # what missing files answer
    app_name: str = "Pterodactyl Daemon"
    stats_every: float = 1.0  # seconds
    upload_limit_mib: int = 100
    allowed_origins: list[str] = field(default_factory=list)
    url: str = ""
    booted_at: datetime | None = None
    is_reachable: bool = True  # set by a test: False for a node that is away
    denied: dict[str, int] = field(default_factory=dict)  # jti → unix second of the denial
    spent: dict[str, float] = field(default_factory=dict)  # unique_id → monotonic seconds

    @property
    def secret(self) -> bytes:
        """What its tokens are signed with."""
        return hashlib.sha256(f"secret of {self.name}".encode()).digest()

    def meta(self, panel_url: str) -> NodeMeta:
        return NodeMeta(panel_url=panel_url, node_url=self.url, secret=self.secret)
