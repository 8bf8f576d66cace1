"""Everybody who watches a server over a websocket, and what is told to them."""

from typing import Final, Protocol

from demo.panel.frames import DAEMON, frame
from demo.panel.server import Server


class Listener(Protocol):
    """A websocket."""

    def deliver(self, text: str, right: str | None) -> None:
        """Pass an event on, unless its token says no or `right` is missing."""
        ...

    def end(self, code: int | None, reason: str) -> None:
        """Close it with a code, or cut it."""
        ...


class Channel:
    """The websockets of one server."""

    def __init__(self, server: Server) -> None:
        self.server: Final = server
        self.listeners: Final[set[Listener]] = set()  # those that have authenticated
        self.sockets: Final[set[Listener]] = set()  # all

    def publish(self, event: str, *args: str, right: str | None = None) -> None:
        """Send an event to everybody who may see it."""
        text = frame(event, *args)
        for listener in list(self.listeners):
            listener.deliver(text, right)

    def say(self, text: str) -> None:
        """Print a line of the node's own."""
        line = DAEMON.format(text).replace("Pterodactyl Daemon", self.server.node.app_name)
        self.publish("console output", line)

    def forget(self, listener: Listener) -> None:
        """Let go of a socket that has ended."""
        self.listeners.discard(listener)
        self.sockets.discard(listener)

    def end_sockets(self, code: int | None, reason: str) -> None:
        """Close every socket; without a code they are cut."""
        for socket in list(self.sockets):
            socket.end(code, reason)
