"""The simulated panel's own promises: worlds, versions, budgets, work that takes time, its end."""

import asyncio
import hashlib
import json
import re
import sys
import time
from pathlib import Path
from urllib.parse import quote

import aiohttp
import pytest

from demo.panel import SimPanel, big_world, demo_world, recorded_world
from demo.panel.table import routes
from tests.clock import MovedClock
from tests.simpanel.asking import Caller
from tests.simpanel.conversation import log_in

SERVER = "/servers/1eab9400"
ROOT = Path(__file__).resolve().parents[2]


def test_there_are_69_calls_and_the_fork_has_its_own() -> None:
    assert len(routes("1.11")) == len(routes("1.12")) == 69
    names = {route.name for route in routes("pelican")}
    assert "PUT account/username" in names
    assert "GET account/two-factor" not in names


def test_ids_and_keys_of_a_world_never_change() -> None:
    one, two = demo_world(), demo_world()

    assert [server.uuid for server in one.servers] == [server.uuid for server in two.servers]
    assert one.key("alice") == two.key("alice")
    assert re.fullmatch(r"ptlc_\w{43}", one.key("alice"))
    assert one.key("alice") != one.key("bob")


async def test_every_call_answers_something_of_its_own(panel: SimPanel, alice: Caller) -> None:
    for route in routes("1.11"):
        path = re.sub(r"\{server\}", "1eab9400", route.path)
        path = re.sub(r"\{\w+\}", "1", path)
        got = await alice(route.method, f"/{path}")
        assert got.status != 500 or got.code == "TypeError", route.name


async def test_the_playground_has_servers_in_several_states(session: aiohttp.ClientSession) -> None:
    async with SimPanel(demo_world(boot_seconds=0, stop_seconds=0)) as panel:
        alice = Caller(panel, session, "alice")
        shown = (await alice.get("")).json["data"]
        states = {item["attributes"]["name"]: item["attributes"]["status"] for item in shown}
        assert states.keys() >= {"Survival", "Creative", "Modded", "Lobby", "Rust Island"}
        assert set(states.values()) == {None, "installing", "suspended"}
        assert (await Caller(panel, session, "eve").get("")).json["data"] == []


async def test_a_game_of_one_panel_is_never_taken_for_that_of_another() -> None:
    async with SimPanel(demo_world()) as open_one, SimPanel(demo_world()) as closed:
        for server in open_one.world.servers:
            await open_one.open_query(server.name)
        theirs = closed.world.server("Lobby").primary

        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(theirs.ip, theirs.port)


async def test_a_big_world_is_paged(session: aiohttp.ClientSession) -> None:
    async with SimPanel(big_world(230)) as panel:
        alice = Caller(panel, session, "alice")
        pages = [(await alice.get(f"?per_page=100&page={page}")).json for page in (1, 2, 3)]
    names = [item["attributes"]["name"] for page in pages for item in page["data"]]
    assert names == [f"Server {number:04d}" for number in range(1, 231)]
    assert pages[0]["meta"]["pagination"]["total_pages"] == 3


async def test_a_world_outlives_its_panel(session: aiohttp.ClientSession) -> None:
    world = recorded_world()
    async with SimPanel(world):
        world.server("Survival").set_state("running")
    async with SimPanel(world) as again:
        got = await Caller(again, session, "alice").get(f"{SERVER}/resources")
    assert got.attributes["current_state"] == "running"


async def test_it_ends_at_once_whatever_is_under_way(session: aiohttp.ClientSession) -> None:
    world = demo_world(chatter=True)
    panel = SimPanel(world)
    async with panel:
        alice = Caller(panel, session, "alice")
        line = await log_in(session, panel, "Survival")
        panel.fault("hang", route="GET /account")
        asking = asyncio.create_task(alice.post(f"/servers/{world.servers[1].uuid}/power", {}))
        hanging = asyncio.create_task(alice.get("/account"))
        await asking
        begun = time.perf_counter()
    assert time.perf_counter() - begun < 1.0
    with pytest.raises(aiohttp.ClientError):
        await hanging
    await line.close()


async def test_players_come_and_go_the_same_way_each_time() -> None:
    outputs = []
    for _ in range(2):
        clock, world = MovedClock(), demo_world(chatter=True)
        async with SimPanel(world, clock=clock) as panel, aiohttp.ClientSession() as session:
            line = await log_in(session, panel, "Survival")
            for _ in range(10):
                await clock.advance(15)
                await line.settle()
            await line.close()
            outputs.append(line.output())
    assert any("joined the game" in text for text in outputs[0])
    assert outputs[0] == outputs[1]


async def test_the_budget_is_a_fixed_window_of_a_user_over_all_keys(
    panel: SimPanel, alice: Caller, bob: Caller, clock: MovedClock
) -> None:
    panel.requests_a_minute = 3
    await alice.get("/account")
    await clock.advance(40)
    left = [(await alice.get("/account")).headers["X-RateLimit-Remaining"] for _ in range(2)]

    refused = await alice.get("/account")

    assert left == ["1", "0"]
    assert (refused.status, refused.headers["Retry-After"]) == (429, "20")
    assert int(refused.headers["X-RateLimit-Reset"]) == int(clock.now().timestamp()) + 20
    assert (await bob.get("/account")).status == 200
    await clock.advance(20)
    assert (await alice.get("/account")).status == 200


@pytest.mark.parametrize(("version", "budget"), [("1.11", "720"), ("1.12", "256")])
async def test_versions_differ_in_their_budgets(
    version: str, budget: str, session: aiohttp.ClientSession
) -> None:
    async with SimPanel(recorded_world(), version=version) as panel:  # type: ignore[arg-type]  # from the list above
        alice = Caller(panel, session, "alice")
        assert (await alice.get("/account")).headers["X-RateLimit-Limit"] == budget
        seen = [(await alice.get(f"{SERVER}/websocket")).status for _ in range(6)]
    assert seen == [200] * 5 + [200 if version == "1.11" else 429]


async def test_the_fork_shows_its_own_objects(session: aiohttp.ClientSession) -> None:
    async with SimPanel(recorded_world(), version="pelican") as panel:
        alice = Caller(panel, session, "alice")
        assert panel.key("alice").startswith("pacc_")
        assert panel.key("admin_application").startswith("papp_")
        account = (await alice.get("/account")).attributes
        assert {"uuid", "root_admin"} <= account.keys()
        assert "first_name" not in account
        assert (await alice.get("/account/two-factor")).status == 404
        assert isinstance((await alice.get("/permissions")).attributes["permissions"], list)
        dead = await alice.get("/servers/57024daf/resources")
        assert dead.attributes["current_state"] == "missing"
        made = await alice.post(f"{SERVER}/databases", {"database": "players", "remote": "%"})
        assert isinstance(made.attributes["id"], int)


async def test_a_backup_takes_its_time_and_can_be_downloaded_and_restored(
    panel: SimPanel, alice: Caller, session: aiohttp.ClientSession, clock: MovedClock
) -> None:
    server = panel.world.server("Survival")
    server.backup_seconds = server.restore_seconds = 5
    uuid = (await alice.post(f"{SERVER}/backups", {"ignored": "*.jar"})).attributes["uuid"]
    assert (await alice.get(f"{SERVER}/backups/{uuid}")).attributes["completed_at"] is None
    await clock.advance(5)

    done = (await alice.get(f"{SERVER}/backups/{uuid}")).attributes
    async with session.get(await alice.link(f"{SERVER}/backups/{uuid}/download")) as response:
        data = await response.read()
    assert done["is_successful"]
    assert done["bytes"] == len(data)
    digest = hashlib.sha1(data, usedforsecurity=False).hexdigest()
    assert done["checksum"] == f"sha1:{digest}"

    server.files.put("/later.txt", "made after the backup")
    got = await alice.post(f"{SERVER}/backups/{uuid}/restore", {"truncate": True})
    assert got.status == 204
    assert (await alice.get(f"{SERVER}/backups")).status == 409
    await clock.advance(5)
    assert (await alice.get(f"{SERVER}/backups")).status == 200
    assert server.files.find("/later.txt") is None
    assert server.files.find("/server.jar") is None
    assert server.files.find("/eula.txt") is not None


async def test_resources_are_kept_for_20_seconds(
    panel: SimPanel, alice: Caller, clock: MovedClock
) -> None:
    await alice.get(f"{SERVER}/resources")
    panel.world.server("Survival").set_state("running")
    await clock.advance(19)

    early = await alice.get(f"{SERVER}/resources")
    await clock.advance(1)
    late = await alice.get(f"{SERVER}/resources")

    assert early.attributes["current_state"] == "offline"
    assert late.attributes["current_state"] == "running"


async def test_a_server_can_be_deleted_and_added_while_the_panel_runs(
    panel: SimPanel, alice: Caller, session: aiohttp.ClientSession
) -> None:
    line = await log_in(session, panel, "Survival")

    panel.world.remove_server("Survival")
    made = panel.world.add_server("New", panel.world.user("alice"))
    panel.add_instance(made)

    await asyncio.wait_for(line.ended.wait(), 5)
    assert (await alice.get(SERVER)).status == 404
    assert (await alice.get(f"/servers/{made.identifier}")).attributes["name"] == "New"
    await line.close()


async def test_taking_a_right_away_refuses_the_subuser_s_socket(
    panel: SimPanel, alice: Caller, session: aiohttp.ClientSession, clock: MovedClock
) -> None:
    bob = panel.world.user("bob")
    line = await log_in(session, panel, "Survival", user="bob")
    await clock.advance(2)

    await alice.post(f"{SERVER}/users/{bob.uuid}", {"permissions": ["file.read"]})
    await line.send("send stats")

    assert line.events[-1] == ("jwt error", ["jwt: created too far in past (denylist)"])
    await line.close()


async def test_an_administrator_s_star_does_not_make_an_owner(
    panel: SimPanel, session: aiohttp.ClientSession
) -> None:
    got = (await Caller(panel, session, "admin").get(SERVER)).json

    assert got["meta"]["is_server_owner"] is False
    assert "admin.websocket.errors" in got["meta"]["user_permissions"]


async def test_files_with_hostile_names_come_back_as_they_are(
    panel: SimPanel, alice: Caller
) -> None:
    for name in ("a b.txt", "100%25.txt", "#1.txt", "ü&ö.txt", "a+b.txt"):
        path = quote(f"/odd/{name}", safe="")
        server = panel.world.server("Survival").uuid
        written = await alice("POST", f"/servers/{server}/files/write?file={path}", data=b"x")
        assert written.status == 204
        assert panel.world.server("Survival").files.find(f"/odd/{name}") is not None
        assert (await alice.get(f"/servers/{server}/files/contents?file={path}")).body == b"x"


async def test_as_a_process_it_tells_its_address_and_keys_and_ends_on_a_signal() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "demo.panel",
        "--world",
        "big",
        "--servers",
        "3",
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    assert process.stdout is not None
    told = json.loads(await asyncio.wait_for(process.stdout.readline(), 30))
    async with aiohttp.ClientSession() as session:
        key = told["keys"]["alice"]
        headers = {"Authorization": f"Bearer {key}", "Accept": "application/json"}
        async with session.get(f"{told['url']}/api/client", headers=headers) as response:
            assert len((await response.json())["data"]) == 3
    process.terminate()
    assert await asyncio.wait_for(process.wait(), 10) == 0
