"""Charts drawn in one process of ours: begun when the first is wanted, killed when it hangs."""

import asyncio
import contextlib
import os
import sys
import tempfile
from pathlib import Path
from typing import Final

import msgspec
import structlog

from bot.clock import Clock
from bot.ui.drawing import LENGTH_BYTES, Chart

log = structlog.stdlib.get_logger(__name__)

DRAW_SECONDS: Final = 20.0
"""With the import of matplotlib, on a slow machine; a chart that takes longer is given up."""
IDLE_SECONDS: Final = 600.0
"""The process holds some 80 MB, so it goes when nobody wants anything."""
PNG: Final = b"\x89PNG"
LARGEST_PICTURE: Final = 8 << 20
_ROOT: Final = Path(__file__).resolve().parent.parent.parent


class NotDrawn(Exception):
    """The process failed or took too long."""


class Charts:
    """Has one chart drawn at a time."""

    def __init__(self, clock: Clock, *, draw_seconds: float = DRAW_SECONDS) -> None:
        self._clock = clock
        self._draw_seconds = draw_seconds
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._used_at = 0.0
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    async def draw(self, chart: Chart) -> bytes:
        """The chart as PNG.

        Raises:
            NotDrawn: The process failed or took too long.
        """
        async with self._turn:
            self._used_at = self._clock.monotonic()
            try:
                # a real process knows no moved clock
                async with asyncio.timeout(self._draw_seconds):
                    picture = await self._ask(chart)
            except (TimeoutError, OSError, asyncio.IncompleteReadError) as error:
                await self.close()
                raise NotDrawn(type(error).__name__) from error
            except BaseException:  # half an answer may lie in the pipe
                self._kill()
                raise
            if not picture.startswith(PNG):
                raise NotDrawn(picture[:200].decode(errors="replace"))
            return picture

    @property
    def process_id(self) -> int | None:
        """Of the process that draws; None while there is none."""
        return self._process.pid if self._process is not None else None

    async def watch(self) -> None:
        """End the process when it wasn't needed for a while."""
        while True:
            await self._clock.sleep(IDLE_SECONDS)
            if self._clock.monotonic() - self._used_at >= IDLE_SECONDS and not self._turn.locked():
                await self.close()

    async def close(self) -> None:
        """Kill the process; the next chart begins another."""
        process = self._process
        self._kill()
        if process is not None:
            await process.wait()
        folder, self._folder = self._folder, None
        if folder is not None:
            folder.cleanup()

    def _kill(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()

    async def _ask(self, chart: Chart) -> bytes:
        process = await self._started()
        if process.stdin is None or process.stdout is None:
            raise OSError("a process without pipes")
        order = msgspec.msgpack.encode(chart)
        process.stdin.write(len(order).to_bytes(LENGTH_BYTES, "big") + order)
        await process.stdin.drain()
        size = int.from_bytes(await process.stdout.readexactly(LENGTH_BYTES), "big")
        if size > LARGEST_PICTURE:
            raise OSError("a picture too large")
        return await process.stdout.readexactly(size)

    async def _started(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            self._folder = self._folder or tempfile.TemporaryDirectory(prefix="roost-charts-")
            # nothing of ours but what it needs: neither token nor keys
            environment = {
                "PATH": os.environ.get("PATH", ""),
                "PYTHONPATH": str(_ROOT),
                "MPLCONFIGDIR": self._folder.name,
            }
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "bot.ui.drawing",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env=environment,
            )
            log.info("drawing process begun", pid=self._process.pid)
        return self._process
