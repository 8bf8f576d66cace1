"""The playground, opened in the test's own process, its servers starting in a blink."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.panel import demo_world
from demo.playground import Playground, open_playground
from tests.logs import Secrets

SEEN_WITHIN = 20.0  # seconds


@pytest.fixture
async def playground(tmp_path: Path, secrets: Secrets) -> AsyncIterator[Playground]:
    # the page's renderer tells of every line it reads, at each refresh
    logging.getLogger("markdown_it").setLevel(logging.INFO)
    world = demo_world(boot_seconds=0.3, stop_seconds=0.1)
    secrets.add(*(key.text for key in world.keys.values()))
    async with open_playground(tmp_path, world=world) as playground:
        yield playground


async def seen_by(playground: Playground, member: Any) -> str:
    """All that a member sees in the channel; None is what everybody sees."""
    async with playground.stage.turn():
        history = playground.guild.channel.history(viewer=member)
    return "\n".join(text for message in history for text in _texts(message))


async def until_seen(playground: Playground, member: Any, text: str) -> None:
    """Wait for a text to stand in the channel."""
    try:
        async with asyncio.timeout(SEEN_WITHIN):
            while text not in await seen_by(playground, member):
                await asyncio.sleep(0.05)
    except TimeoutError:
        said = await seen_by(playground, member)
        pytest.fail(f"{text!r} was never seen; there is:\n{said}")


def _texts(message: Any) -> Iterator[str]:
    if message.content:
        yield message.content
    for component in message.components:
        yield from _component_texts(component)


def _component_texts(component: Any) -> Iterator[str]:
    content = getattr(component, "content", None)
    if isinstance(content, str):
        yield content
    for child in getattr(component, "children", ()):
        yield from _component_texts(child)
