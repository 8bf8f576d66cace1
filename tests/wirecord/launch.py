"""Pointing an unmodified discord.py at this Discord, here or in a process of its own.

Run as a script it does so in the new process and then runs what its arguments name, as
`python -m module …` or `python script …` would.
"""

import asyncio
import os
import runpy
import sys
from pathlib import Path

import discord.gateway
import discord.http
import yarl

BASE = "WIRECORD"  # the environment variable with the address


class Pointer:
    """Remembers where discord.py pointed before."""

    def __init__(self) -> None:
        self._api = discord.http.Route.BASE
        self._gateway = discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY

    def point(self, base: str) -> None:
        discord.http.Route.BASE = f"{base}/api/v10"
        gateway = yarl.URL(base.replace("http", "ws") + "/gateway")
        discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = gateway

    def restore(self) -> None:
        discord.http.Route.BASE = self._api
        discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = self._gateway


async def start(
    argv: list[str], cwd: Path, *, base: str, env: dict[str, str], log: Path | None
) -> asyncio.subprocess.Process:
    """Start `argv` through this script; see `Wire.launch`."""
    python, *rest = argv
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("ROOST_")}
    environment = inherited | {BASE: base} | env
    command = (python, "-P", __file__, *rest)  # this folder is no place to import from
    if log is None:
        return await asyncio.create_subprocess_exec(*command, cwd=cwd, env=environment)
    with log.open("ab") as out:
        return await asyncio.create_subprocess_exec(
            *command, cwd=cwd, env=environment, stdout=out, stderr=out
        )


def _main() -> None:
    Pointer().point(os.environ[BASE])
    sys.path.insert(0, str(Path.cwd()))
    sys.argv = sys.argv[1:]
    if sys.argv[0] == "-m":
        sys.argv = sys.argv[1:]
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    else:
        sys.path[0] = str(Path(sys.argv[0]).resolve().parent)
        runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    _main()
