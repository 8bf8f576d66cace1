"""Each method of the client is reached by a command that exists."""

from operator import attrgetter

import pytest

from bot.client import bare_tree
from bot.pterodactyl import Client
from docs.methods import COMMANDS


def test_all_fifty_one_are_named() -> None:
    assert len(COMMANDS) == 51


async def test_every_method_is_there() -> None:
    async with Client("https://panel.example.com", "ptlc_" + "a" * 43) as client:
        for method in COMMANDS:
            assert callable(attrgetter(method)(client)), method


@pytest.mark.parametrize("method", sorted(COMMANDS))
def test_its_commands_exist(method: str) -> None:
    there = {one.qualified_name for one in bare_tree().walk_commands()}

    assert set(COMMANDS[method]) <= there
