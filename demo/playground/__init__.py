"""The playground: the bot as it is, with Discord and a panel played on this machine.

It is put together by `bot.app` from the same parts as the real one. Only what Discord answers is
simulated, and the panel it is connected to; between the bot and that panel there are real requests
and websockets.
"""

from demo.playground.opening import Playground, main, open_playground
from demo.playground.stage import PortUnusable

__all__ = ["Playground", "PortUnusable", "main", "open_playground"]
