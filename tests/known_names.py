"""Names of hosts as the tests know them: nobody out there is asked, and nobody is waited for."""

import socket

from aiohttp.abc import AbstractResolver, ResolveResult


class KnownNames(AbstractResolver):
    """Leads `localhost` to this machine, and every other name nowhere."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        if host != "localhost":
            raise OSError(None, f"{host} leads nowhere")
        return [
            ResolveResult(
                hostname=host, host="127.0.0.1", port=port, family=family, proto=0, flags=0
            )
        ]

    async def close(self) -> None:
        pass
