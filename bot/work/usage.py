"""What servers used over time, as a picture and in words."""

from collections.abc import Sequence

import structlog

from bot.access.gate import Gate
from bot.clock import Clock
from bot.fleet.directory import Directory, Server
from bot.fleet.samples import Sample, up_share
from bot.texts import _
from bot.ui.charts import Charts, NotDrawn
from bot.ui.drawing import Chart, Line, Panel
from bot.ui.text import plain, size
from bot.work.history import RANGES, History

log = structlog.stdlib.get_logger(__name__)

GIB = 1 << 30
LINES_AT_MOST = 6
"""More lines in one set of axes tell nobody anything."""
NAME_CHARACTERS = 18


class Usage:
    """Reads history and has it drawn."""

    def __init__(
        self, history: History, charts: Charts, gate: Gate, directory: Directory, clock: Clock
    ) -> None:
        self._history = history
        self._charts = charts
        self._gate = gate
        self._directory = directory
        self._clock = clock

    def is_on(self, guild_id: int) -> bool:
        """Whether the guild's history is kept."""
        return self._history.is_on(guild_id)

    async def samples(self, server: Server, range_key: str) -> list[Sample]:
        """What is known of a server in a range."""
        return await self._history.read(server, range_key)

    async def server_chart(
        self, server: Server, range_key: str, samples: Sequence[Sample]
    ) -> bytes | None:
        """CPU, memory and players of one server; None where it couldn't be drawn."""
        at = [_at(sample) for sample in samples]
        panels = [
            Panel(
                _("CPU"),
                [Line("", at, [sample.cpu_percent for sample in samples])],
                unit="%",
                limit=float(server.cpu_limit_percent) or None,
            ),
            Panel(
                _("Memory"),
                [Line("", at, [sample.memory_bytes / GIB for sample in samples])],
                unit="GiB",
                limit=server.memory_limit_bytes / GIB or None,
            ),
        ]
        counted = [sample for sample in samples if sample.players is not None]
        if any(sample.players for sample in counted):
            line = Line("", [_at(s) for s in counted], [float(s.players or 0) for s in counted])
            panels.append(Panel(_("Players"), [line], is_whole=True))
        return await self._draw(server.guild_id, panels, range_key)

    async def board_chart(
        self, guild_id: int, servers: Sequence[Server], range_key: str
    ) -> tuple[bytes, str] | None:
        """CPU and memory of a board's servers, and a line of words; None where nothing is known."""
        cpu, memory = [], []
        for server in servers:
            samples = await self._history.read(server, range_key)
            if not samples:
                continue
            label = plain(self._directory.label(server), NAME_CHARACTERS)
            at = [_at(sample) for sample in samples]
            cpu.append(Line(label, at, [sample.cpu_percent for sample in samples]))
            memory.append(Line(label, at, [sample.memory_bytes / GIB for sample in samples]))
        if not cpu:
            return None
        busiest = sorted(range(len(cpu)), key=lambda i: -sum(cpu[i].values))[:LINES_AT_MOST]
        shown = sorted(busiest)
        panels = [
            Panel(_("CPU"), [cpu[i] for i in shown], unit="%"),
            Panel(_("Memory"), [memory[i] for i in shown], unit="GiB"),
        ]
        picture = await self._draw(guild_id, panels, range_key)
        if picture is None:
            return None
        words = range_words(range_key)
        if len(cpu) > len(shown):
            words = _("{range}, the {count} busiest", range=words, count=len(shown))
        return picture, words

    async def _draw(self, guild_id: int, panels: list[Panel], range_key: str) -> bytes | None:
        wanted, now = RANGES[range_key], self._clock.now()
        chart = Chart(
            panels=panels,
            since=(now - wanted.lasts).timestamp(),
            until=now.timestamp(),
            step_seconds=float(wanted.step_seconds),
            zone=self._gate.book(guild_id).settings.time_zone,
        )
        try:
            return await self._charts.draw(chart)
        except NotDrawn as error:
            log.warning("chart not drawn", guild=guild_id, error=str(error))
            return None


def range_words(range_key: str) -> str:
    """A range in words."""
    return {
        "1h": _("the last hour"),
        "24h": _("the last 24 hours"),
        "7d": _("the last 7 days"),
    }[range_key]


def usage_words(samples: Sequence[Sample], range_key: str) -> list[str]:
    """What the picture shows, in words: uptime, averages, peaks, and what is missing."""
    known_minutes = sum(sample.known for sample in samples)
    wanted = RANGES[range_key].lasts.total_seconds() / 60
    up = [sample for sample in samples if sample.up]
    head = f"**{capital(range_words(range_key))}**"
    share = up_share(samples)
    said = [
        head if share is None else _("{range}: up {percent} %", range=head, percent=_percent(share))
    ]
    if up:
        average = sum(one.cpu_percent for one in up) / len(up)
        peak = max(one.cpu_percent for one in up)
        said.append(
            _("CPU {average} % on average while it ran, at most {peak} %",
              average=round(average), peak=round(peak))
        )  # fmt: skip
        memory = sum(one.memory_bytes for one in up) / len(up)
        most = max(one.memory_bytes for one in up)
        said.append(
            _("Memory {average} on average, at most {peak}",
              average=size(round(memory)), peak=size(most))
        )  # fmt: skip
    counted = [one.players for one in samples if one.players is not None]
    if any(counted):
        said.append(_("At most {count} players at a time", count=max(counted)))
    if known_minutes < wanted * 0.97:
        said.append(
            _("Known for {percent} % of that time; where the picture has a gap I know nothing.",
              percent=_percent(min(1.0, known_minutes / wanted)))
        )  # fmt: skip
    return said


def capital(text: str) -> str:
    """With a capital letter at its beginning, and the rest as it was."""
    return text[:1].upper() + text[1:]


def _percent(share: float) -> str:
    text = f"{share * 100:.1f}"
    return text.removesuffix(".0")


def _at(sample: Sample) -> float:
    return sample.at.timestamp()
