"""Buttons and selects on a message from yesterday: each is answered, and nothing is half done.

Every command is typed, a day passes, and everything that it left to press or choose is pressed.
"""

import copy
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.clock import Clock
from demo.panel import SimPanel, demo_world
from tests.clock import MovedClock
from tests.commands.matrix import RIGHTS
from tests.commands.test_bad_input import SERVER, Options, commands_of, good_options, left_there
from tests.logs import Secrets
from tests.wirecord import Json, Shown, components_of
from tests.wirecord.protocol import SELECTS, Component
from tests.world import World

DAY = 24 * 3600.0
# these wait for what a clock has to bring; their own tests move it
FOLLOWED = ("r:start:", "r:stop:", "r:restart:", "r:console")
# a day has many moments to move through, so the others wait for `make test-all`
ALWAYS = {"backup", "files", "policy", "alerts"}
GROUPS = sorted({name.split()[0] for name in RIGHTS} - {"power", "console"})


@pytest.fixture(scope="module")
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
async def panel(clock: Clock, recordings: Path, secrets: Secrets) -> AsyncIterator[SimPanel]:
    people = demo_world(boot_seconds=0.0, stop_seconds=0.0)
    secrets.add(*(key.text for key in people.keys.values()))
    secrets.add(*(user.password for user in people.users))
    world = SimPanel(people, clock=clock, recordings=recordings, requests_a_minute=100_000)
    async with world as panel:
        left_there(panel)
        yield panel


@pytest.mark.parametrize(
    "group",
    [one if one in ALWAYS else pytest.param(one, marks=pytest.mark.long) for one in GROUPS],
)
async def test_what_a_message_of_yesterday_offers_is_answered_today(
    roost: World, panel: SimPanel, clock: MovedClock, group: str
) -> None:
    if group == "account":
        await roost.switch("account_commands")
    old = [shown for shown in await _typed(roost, panel, group) if shown.modal is None]
    assert old

    await clock.advance(DAY)

    for shown in old:
        shown.expire()
        yesterday = copy.deepcopy(shown.message)  # a press changes it for all that come after
        for offered in _offered(yesterday):
            changed = len(_changes(panel))
            pressed = await shown.who.click(
                yesterday, custom_id=offered["custom_id"], values=_first(roost, offered)
            )
            await pressed.answered()
            about = f"{offered['custom_id']}: {pressed.text}, {_changes(panel)[changed:]}"
            assert pressed.modal or pressed.text, about
            assert len(_changes(panel)[changed:]) <= 1, about


async def _typed(world: World, panel: SimPanel, group: str) -> list[Shown]:
    found: list[Shown] = []
    server_id = panel.world.server(SERVER).identifier
    every: dict[str, Options] = commands_of(world, group)
    for command, options in every.items():
        given = good_options(world, options, server_id)
        shown = await world.admin.slash(world.channel, command, **given)
        await shown.answered()
        found.append(shown)
    return found


def _offered(message: Json) -> list[Json]:
    found = components_of(message.get("components"))
    return [
        one
        for one in found
        if one.get("custom_id") and not one.get("disabled")
        if not str(one["custom_id"]).startswith(FOLLOWED)
    ]


def _first(world: World, offered: Json) -> list[str]:
    kind = offered["type"]
    if kind not in SELECTS:
        return []
    entities = {
        Component.ROLE_SELECT: world.mods.id,
        Component.CHANNEL_SELECT: world.channel.id,
        Component.USER_SELECT: world.admin.id,
    }
    return [entities.get(kind) or offered["options"][0]["value"]]


def _changes(panel: SimPanel) -> list[str]:
    return [asked for asked in panel.asked if not asked.startswith("GET ")]
