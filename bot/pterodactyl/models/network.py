"""Allocations: the addresses and ports of a server (contract: network.md)."""

from msgspec import Struct


class Allocation(Struct, frozen=True, kw_only=True):
    """An address and port of a server."""

    id: int
    ip: str  # IPv4 or IPv6 the node binds
    ip_alias: str | None  # what to show to players when set
    port: int
    notes: str | None  # also None where the account may not see it
    is_default: bool  # the primary one

    @property
    def address(self) -> str:
        """`host:port` as players type it; IPv6 in brackets."""
        host = self.ip_alias or self.ip
        return f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"
