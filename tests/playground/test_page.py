"""The page of the playground in a browser, as a visitor uses it."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from bot.posts.messages import Message
from demo.playground import Playground
from tests.playground.visitor import Visitor, visiting

pytestmark = pytest.mark.browser

SOAK_SECONDS = 90.0


@pytest.fixture
async def visitor(playground: Playground, chromium: str) -> AsyncIterator[Visitor]:
    async with visiting(chromium, playground.page.url) as visitor:
        yield visitor
        assert visitor.refused == []


async def test_a_member_restarts_a_server_through_the_page_and_sees_it_up_again(
    playground: Playground, visitor: Visitor
) -> None:
    await visitor.slash("power restart", server="Survival")

    await visitor.sees("Mia restarted Survival")
    await visitor.sees("Up again")
    await visitor.sees("Survival is running")
    assert playground.panel.world.server("Survival").state == "running"


async def test_a_moderator_sends_a_command_by_the_form_behind_a_cards_button(
    visitor: Visitor,
) -> None:
    await visitor.become("Max")
    await visitor.slash("server info", server="Survival")

    await visitor.press("Command …")
    form = visitor.page.get_by_role("dialog", name="Command for Survival")
    await form.get_by_label("Command").fill("tps")
    await form.get_by_role("button", name="Submit").click()

    await visitor.sees("TPS from last 1m")


@pytest.mark.long
@pytest.mark.timeout(SOAK_SECONDS + 60)
async def test_every_click_is_taken_while_a_stream_of_posts_goes_on(
    playground: Playground, visitor: Visitor
) -> None:
    await visitor.become("Max")
    posting = playground.app.supervisor.start("stream of posts", _post_for_ever(playground))
    ends_at = time.perf_counter() + SOAK_SECONDS

    while time.perf_counter() < ends_at:
        await visitor.slash("server info", server="Survival")
        await visitor.press("Refresh")
        await visitor.press("Console")
        await visitor.press("Follow")
        await visitor.slash("power restart", server="Lobby")
        await visitor.become("Mia")
        await visitor.slash("server list")
        await visitor.become("Max")

    posting.cancel()
    assert visitor.done > SOAK_SECONDS / 3
    assert visitor.refused == []


async def _post_for_ever(playground: Playground) -> None:
    guild = playground.guild
    number = 0
    while True:
        number += 1
        lines = "\n".join(
            f"[12:00:00 INFO]: line {number}.{line} of a console" for line in range(8)
        )
        message = Message(f"```\n{lines}\n```")
        await playground.app.parts.places.send(guild.id, guild.channel.id, message)
        await asyncio.sleep(0.5)
