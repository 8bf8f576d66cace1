"""Files that the node fetches itself; the net of the simulated node is a dictionary."""

from typing import Final
from urllib.parse import urlsplit

from demo.panel.ask import Ask
from demo.panel.refusal import node_said

AT_ONCE: Final = 3


async def pull(ask: Ask) -> None:
    """Fetch what `panel.internet` holds under the URL into the server's folder.

    In the background whatever goes wrong stays unseen, as on a real node.

    Raises:
        Refusal: 500 in the foreground, the node could not fetch it.
    """
    source = ask.text_of("url")
    name = ask.text_of("filename") or urlsplit(source).path.rsplit("/", 1)[-1]
    folder = ask.text_of("directory") or "/"
    if ask.flag("foreground"):
        if source not in ask.panel.internet or not name:
            raise node_said(500)
        ask.server.files.put(f"{folder}/{name}", ask.panel.internet[source], ask.now)
        return
    running = ask.panel.pulls.get(ask.server.id, 0)
    if running >= AT_ONCE:
        raise node_said(400, "This server has reached its limit of 3 simultaneous remote downloads")
    ask.panel.pulls[ask.server.id] = running + 1
    ask.panel.tasks.start(f"pull {name}", _fetch(ask, source, f"{folder}/{name}"))


async def _fetch(ask: Ask, source: str, path: str) -> None:
    try:
        await ask.panel.clock.sleep(ask.panel.pull_seconds)
        if source in ask.panel.internet:
            ask.server.files.put(path, ask.panel.internet[source], ask.now)
    finally:
        ask.panel.pulls[ask.server.id] -= 1
