"""A simulated panel with its nodes and game servers, over real HTTP and websockets.

Written from the recordings and the contract; it borrows nothing from the client it is asked by.
"""

from demo.panel.clock import Clock, SystemClock
from demo.panel.panel import SimPanel
from demo.panel.server import Server
from demo.panel.world import World
from demo.panel.worlds import big_world, demo_world, recorded_world

__all__ = [
    "Clock",
    "Server",
    "SimPanel",
    "SystemClock",
    "World",
    "big_world",
    "demo_world",
    "recorded_world",
]
