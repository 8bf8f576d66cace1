"""What a guild may use up, and what a hostile panel may send: over the limit it is told, and out.

The limits are small here.
"""

import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiohttp import web
from msgspec import structs

from bot.app import App
from bot.config import LimitSettings
from demo.panel import SimPanel
from tests.running import running
from tests.wirecord import Wire
from tests.world import World, config, private

LIMITS = LimitSettings(
    panels_per_guild=1,
    servers_per_panel=3,
    rules_per_guild=4,
    body_cap_mib=1,
    interactions_per_minute=300,
)
GROUPS = 20
Answer = web.Response | dict[str, object]


@pytest_asyncio.fixture(scope="module")
async def app(wire: Wire, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[App]:
    settings = structs.replace(config(wire, tmp_path_factory.mktemp("bot")), limits=LIMITS)
    async with running(wire, settings) as app:
        yield app


async def ask(world: World, command: str, **options: object) -> str:
    return await private(await world.admin.slash(world.channel, command, **options))


async def test_a_guild_connects_as_many_panels_as_it_may(roost: World, panel: SimPanel) -> None:
    form = await roost.admin.slash(roost.channel, "panel add")

    said = await private(await roost.admin.submit(form, "Second", panel.url, panel.key("bob")))

    assert "at most" in said or "limit" in said
    assert len(roost.app.parts.panels.of(int(roost.guild.id))) == 1


async def test_of_a_panel_with_more_servers_only_so_many_are_taken(
    roost: World, panel: SimPanel
) -> None:
    assert len(roost.app.parts.directory.of(int(roost.guild.id))) == LIMITS.servers_per_panel


async def test_a_guild_sets_as_many_rules_as_it_may_and_the_preset_over_it_not_at_all(
    roost: World, panel: SimPanel
) -> None:
    for right in ("file.read", "file.create", "file.delete"):
        assert "Set on" in await ask(roost, "access grant", role=roost.mods, right=right)

    said = await ask(roost, "access grant", role=roost.mods, right="moderator")

    assert "at most" in said or "limit" in said
    assert len(roost.app.parts.gate.book(int(roost.guild.id)).all) == 3


async def test_a_guild_has_as_many_groups_as_it_may(guild: World) -> None:
    for number in range(GROUPS + 1):
        shown = await guild.admin.slash(guild.channel, "config", page="servers")
        await private(shown)
        form = await guild.admin.click(shown.message, label="New group …")
        made = await guild.admin.submit(form, f"Group {number}")
        await made.answered()

    assert f"{GROUPS} groups" in made.text
    assert len(guild.app.parts.gate.book(int(guild.guild.id)).settings.groups) == GROUPS


# a hostile panel


def _server(number: int, name: str) -> dict[str, object]:
    return {"object": "server", "attributes": {"identifier": f"{number:08x}", "name": name}}


def _listed(data: object, pages: int = 1) -> dict[str, object]:
    pagination = {
        "total": 10**9,
        "count": 1,
        "per_page": 1,
        "current_page": 1,
        "total_pages": pages,
        "links": {},
    }
    return {"object": "list", "data": data, "meta": {"pagination": pagination}}


ACCOUNT = {
    "object": "user",
    "attributes": {
        "id": 1,
        "admin": False,
        "username": "eve",
        "email": "eve@example.com",
        "first_name": "E",
        "last_name": "V",
        "language": "en",
    },
}
HOSTILE: dict[str, bytes] = {
    "a body without end": b'{"object":"list","data":["' + b"x" * (3 << 20) + b'"]}',
    "brackets a hundred thousand deep": b'{"object":"list","data":' + b"[" * 100_000,
    "objects a hundred thousand deep": b'{"a":' * 100_000,
    "a number of a megabyte": b'{"object":"list","data":[],"meta":' + b"9" * 900_000 + b"}",
    "a list of nothing known": json.dumps(_listed([{"x": 1}] * 1000)).encode(),
    "pages without end": json.dumps(_listed([], pages=10**9)).encode(),
    "names of a hundred kilobytes": json.dumps(_listed([_server(1, "n" * 100_000)] * 5)).encode(),
    "no text at all": bytes(range(256)) * 100,
}


@pytest.mark.parametrize("kind", HOSTILE)
async def test_a_hostile_panel_is_answered_in_words_and_asked_so_often_and_no_more(
    guild: World, kind: str
) -> None:
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        if request.path.endswith("/account"):
            return web.json_response(ACCOUNT)
        return web.Response(body=HOSTILE[kind], content_type="application/json")

    server = web.Application()
    server.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(server)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        (address,) = runner.addresses
        form = await guild.admin.slash(guild.channel, "panel add")
        key = "ptlc_" + "a" * 43
        shown = await guild.admin.submit(form, "Evil", f"http://127.0.0.1:{address[1]}", key)
        said = await private(await shown.settled())
    finally:
        await runner.cleanup()

    assert said
    assert len(said) < 2000
    assert len(asked) <= 210, len(asked)
    guild_id = int(guild.guild.id)
    assert len(guild.app.parts.directory.of(guild_id)) <= LIMITS.servers_per_panel
    assert "What you can do" in await ask(guild, "help")
