"""The simulated panel as a process: `python -m demo.panel --port 8800`.

Prints one line of JSON with its address, its keys and its servers, then serves until it is ended.
"""

import argparse
import asyncio
import signal
import sys
from pathlib import Path

import msgspec

from demo.panel.panel import SimPanel
from demo.panel.world import World
from demo.panel.worlds import big_world, demo_world, recorded_world


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m demo.panel", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--node-port", type=int, default=0)
    parser.add_argument("--version", choices=["1.11", "1.12", "pelican"], default="1.11")
    parser.add_argument("--world", choices=["demo", "recorded", "big"], default="demo")
    parser.add_argument("--servers", type=int, default=100, help="size of the big world")
    parser.add_argument("--requests-a-minute", type=int, help="another budget than the panel's")
    parser.add_argument("--quiet", action="store_true", help="no players that come and go")
    parser.add_argument("--recordings", type=Path)
    return parser.parse_args()


def _world(options: argparse.Namespace) -> World:
    match options.world:
        case "recorded":
            return recorded_world()
        case "big":
            return big_world(options.servers)
        case _:
            return demo_world(chatter=not options.quiet)


async def _serve(options: argparse.Namespace) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    panel = SimPanel(
        _world(options),
        version=options.version,
        host=options.host,
        port=options.port,
        node_port=options.node_port,
        recordings=options.recordings,
        requests_a_minute=options.requests_a_minute,
    )
    async with panel:
        told = {
            "url": panel.url,
            "node_url": panel.node_url,
            "keys": {label: panel.key(label) for label in panel.world.keys},
            "servers": {server.name: server.identifier for server in panel.world.servers},
        }
        sys.stdout.write(msgspec.json.encode(told).decode() + "\n")
        sys.stdout.flush()
        await ended.wait()


if __name__ == "__main__":
    asyncio.run(_serve(_arguments()))
