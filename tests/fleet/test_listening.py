"""What a listener that is too slow loses, and is told."""

from bot.fleet.listening import QUEUE_EVENTS, Listener
from bot.observe import Metrics
from bot.pterodactyl.console_events import ConsoleLine, Lost, Stats


async def test_lines_that_were_lost_are_counted_and_figures_are_no_lines() -> None:
    listener = Listener(Metrics())
    for number in range(30):
        listener.put(ConsoleLine(f"line {number}"))
        listener.put(Stats(state="running"))
    listener.put(Lost(cause="queue", lines=7, others=1))  # lost before it came here
    for _ in range(QUEUE_EVENTS):
        listener.put(ConsoleLine("later"))

    assert await anext(listener) == Lost(cause="queue", lines=37, others=31)
    assert await anext(listener) == ConsoleLine("later")
