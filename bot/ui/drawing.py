"""Draws charts, in a process of its own: `python -m bot.ui.drawing` reads orders and writes PNGs.

matplotlib takes a second to import and a quarter to draw, which is no time for the bot's loop. An
order is four bytes of length and a `Chart` in MessagePack; so is the answer, with a picture. The
process ends when its input does.
"""

import io
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LENGTH_BYTES: Final = 4
LARGEST_ORDER: Final = 8 << 20
WIDTH_PX: Final = 800
PANEL_PX: Final = 280
EDGE_PX: Final = 80
DPI: Final = 100
BACKGROUND: Final = "#1e1f22"
PANEL: Final = "#2b2d31"
GRID: Final = "#3f4147"
TEXT: Final = "#dbdee1"
FAINT: Final = "#a5a8ad"
COLOURS: Final = ("#5b9bff", "#41c98d", "#f2b34b", "#d98cf0", "#f07f6e", "#5cd0d9")
LETTER_PX: Final = 30
LEGEND_COLUMNS: Final = 3
LEGEND_PX: Final = 40


class Line(Struct, frozen=True):
    """One line: seconds since 1970 and values; where steps are missing nothing is known."""

    name: str
    at: list[float]
    values: list[float]


class Panel(Struct, frozen=True):
    """One set of axes; several lines get one legend for all axes, so their order is the same."""

    title: str
    lines: list[Line]
    unit: str = ""
    limit: float | None = None
    """Drawn as a dashed line where the values come near it."""
    is_whole: bool = False
    """Whether the values are counted rather than measured."""


class Chart(Struct, frozen=True):
    """What is to be drawn."""

    panels: list[Panel]
    since: float
    until: float
    step_seconds: float
    zone: str = "UTC"


def draw(chart: Chart) -> bytes:
    """The picture as PNG, readable at the width of a phone."""
    import matplotlib  # noqa: PLC0415  # this process alone pays for it

    matplotlib.use("Agg")
    from matplotlib import pyplot  # noqa: PLC0415

    names = max((len(panel.lines) for panel in chart.panels), default=0)
    names = names if names > 1 else 0
    height = PANEL_PX * len(chart.panels) + EDGE_PX
    height += -(-names // LEGEND_COLUMNS) * LEGEND_PX
    # sizes are in points of 1/72 inch
    pyplot.rcParams["font.size"] = LETTER_PX * 72 / DPI
    figure, axes = pyplot.subplots(
        len(chart.panels),
        1,
        sharex=True,
        squeeze=False,
        figsize=(WIDTH_PX / DPI, height / DPI),
        dpi=DPI,
        facecolor=BACKGROUND,
        layout="constrained",
    )
    for panel, ax in zip(chart.panels, axes[:, 0], strict=True):
        _panel(ax, panel, chart)
    _times(axes[-1, 0], chart)
    if names:
        figure.legend(
            handles=axes[0, 0].get_lines()[:names],
            loc="outside lower center",
            ncols=LEGEND_COLUMNS,
            frameon=False,
            labelcolor=TEXT,
            fontsize="small",
        )
    out = io.BytesIO()
    figure.savefig(out, format="png", facecolor=BACKGROUND)
    pyplot.close(figure)
    return out.getvalue()


def broken(line: Line, step_seconds: float) -> tuple[list[float], list[float]]:
    """The line's points, with a hole wherever a step is missing, so that nothing is joined over."""
    at: list[float] = []
    values: list[float] = []
    for moment, value in zip(line.at, line.values, strict=True):
        if at and moment - at[-1] > step_seconds * 1.5:
            at.append(at[-1] + step_seconds)
            values.append(float("nan"))
        at.append(moment)
        values.append(value)
    return at, values


def _panel(ax: "Axes", panel: Panel, chart: Chart) -> None:
    ax.set_facecolor(PANEL)
    title = f"{panel.title} ({panel.unit})" if panel.unit else panel.title
    ax.set_title(title, loc="left", color=TEXT, fontsize="medium", fontweight="bold")
    highest = 0.0
    for number, line in enumerate(panel.lines):
        colour = COLOURS[number % len(COLOURS)]
        at, values = broken(line, chart.step_seconds)
        where = "steps-post" if panel.is_whole else "default"
        ax.plot(at, values, color=colour, linewidth=2.5, drawstyle=where, label=line.name)
        if len(panel.lines) == 1:
            step: Literal["post"] | None = "post" if panel.is_whole else None
            ax.fill_between(at, values, step=step, color=colour, alpha=0.22, linewidth=0)
        highest = max([highest, *line.values])
    for number, line in enumerate(panel.lines):  # behind all lines, which the legend counts
        for start, value in _alone(*broken(line, chart.step_seconds)):
            ax.plot([start], [value], "o", color=COLOURS[number % len(COLOURS)], markersize=4)
    if panel.limit and highest > panel.limit * 0.6:
        ax.axhline(panel.limit, color=FAINT, linewidth=1.5, linestyle=(0, (6, 4)))
        highest = max(highest, panel.limit)
    ax.set_ylim(0, max(highest * 1.12, 1.0))
    ax.set_xlim(chart.since, chart.until)
    ax.grid(color=GRID, linewidth=1)
    ax.set_axisbelow(True)
    ax.tick_params(colors=FAINT, length=0)
    ax.locator_params(axis="y", nbins=4, integer=panel.is_whole)
    for spine in ax.spines.values():
        spine.set_visible(False)


def _alone(at: Sequence[float], values: Sequence[float]) -> list[tuple[float, float]]:
    """Points without a neighbour, which a line would not show."""
    known = [value == value for value in values]  # noqa: PLR0124  # a hole is no number
    return [
        (at[i], values[i])
        for i in range(len(at))
        if known[i] and not (i > 0 and known[i - 1]) and not (i + 1 < len(at) and known[i + 1])
    ]


def _times(ax: "Axes", chart: Chart) -> None:
    zone = ZoneInfo(chart.zone)
    lasts = chart.until - chart.since
    hours = {True: 0.25, False: 6.0}[lasts <= 2 * 3600]
    if lasts > 2 * 86400:
        hours = 48.0
    form = "%d.%m." if hours >= 24 else "%H:%M"
    ticks = ticks_of(chart.since, chart.until, timedelta(hours=hours), zone)
    ax.set_xticks(
        ticks, [datetime.fromtimestamp(t, UTC).astimezone(zone).strftime(form) for t in ticks]
    )


def ticks_of(since: float, until: float, every: timedelta, zone: ZoneInfo) -> list[float]:
    """Round times of day between two moments, in a time zone."""
    first = datetime.fromtimestamp(since, UTC).astimezone(zone)
    at = first.replace(hour=0, minute=0, second=0, microsecond=0)
    found = []
    while at.timestamp() <= until:
        if at.timestamp() >= since:
            found.append(at.timestamp())
        at += every
    return found


def main() -> None:
    """Serve orders until there are no more."""
    order_of: Any = msgspec.msgpack.Decoder(Chart)
    while head := sys.stdin.buffer.read(LENGTH_BYTES):
        order = sys.stdin.buffer.read(int.from_bytes(head, "big"))
        try:
            picture = draw(order_of.decode(order))
        except Exception as fault:  # noqa: BLE001  # the next order may be drawn all the same
            picture = repr(fault).encode()  # no PNG, so whoever ordered it knows
        sys.stdout.buffer.write(len(picture).to_bytes(LENGTH_BYTES, "big") + picture)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
