"""The node: handshakes, floods, limits of newer nodes, reboots, links."""

import asyncio
import io

import aiohttp
import pytest

from demo.panel import SimPanel
from demo.panel.blob import Pattern
from tests.clock import MovedClock
from tests.simpanel.asking import Caller
from tests.simpanel.conversation import dial, log_in

SERVER = "/servers/1eab9400"


async def _handshake(
    panel: SimPanel, session: aiohttp.ClientSession, origin: str | None, path: str = ""
) -> int:
    server = panel.world.server("Survival")
    url = f"{server.node.url}/api/servers/{path or server.uuid}/ws"
    try:
        async with session.ws_connect(url, origin=origin):
            return 101
    except aiohttp.WSServerHandshakeError as error:
        return error.status


async def test_only_the_panel_s_own_address_is_an_origin(
    panel: SimPanel, session: aiohttp.ClientSession
) -> None:
    others = [None, "", "null", "https://evil.example.com", f"{panel.url}/", panel.url.upper()]

    assert await _handshake(panel, session, panel.url) == 101
    assert [await _handshake(panel, session, origin) for origin in others] == [403] * 6
    panel.world.nodes[0].allowed_origins = ["*"]
    assert await _handshake(panel, session, None) == 101


async def test_an_unknown_server_has_no_websocket(
    panel: SimPanel, session: aiohttp.ClientSession
) -> None:
    missing = "00000000-0000-4000-8000-000000000000"

    assert await _handshake(panel, session, panel.url, missing) == 404


async def test_a_plain_request_is_no_handshake(
    panel: SimPanel, session: aiohttp.ClientSession
) -> None:
    server = panel.world.server("Survival")
    async with session.get(f"{panel.node_url}/api/servers/{server.uuid}/ws") as response:
        assert response.status == 400
        assert (await response.text()).startswith("Bad Request\n{")


@pytest.mark.parametrize(("lines", "arrive", "notices"), [(1500, 1500, 0), (5000, 2000, 1)])
async def test_a_flood_is_cut_at_2000_lines_in_100_ms_with_one_notice(
    lines: int,
    arrive: int,
    notices: int,
    panel: SimPanel,
    session: aiohttp.ClientSession,
    clock: MovedClock,
) -> None:
    server = panel.world.server("Survival")
    server.set_state("running")
    await clock.advance(1)
    line = await log_in(session, panel, "Survival")

    server.lines(f"[flood] line {number}" for number in range(lines))
    await line.settle()

    assert line.output() == [f"[flood] line {number}" for number in range(arrive)]
    told = [args[0] for event, args in line.events if event == "console output"]
    assert sum("outputting console data too quickly" in text for text in told) == notices
    await line.send("send logs")
    assert line.output()[-1] == f"[flood] line {lines - 1}"
    await line.close()


async def test_the_tty_echoes_what_is_typed_before_the_answer(
    panel: SimPanel, session: aiohttp.ClientSession, clock: MovedClock
) -> None:
    server = panel.world.server("Survival")
    server.set_state("running")
    server.join("Mira")
    line = await log_in(session, panel, "Survival")

    await line.send("send command", "list")
    await line.send("send command", "frobnicate")

    assert line.output()[0] == "list"
    assert line.output()[1].endswith("There are 1 of a max of 20 players online: Mira")
    assert "Unknown or incomplete command" in line.output()[3]
    await line.close()


async def test_text_of_the_game_passes_unchanged(
    panel: SimPanel, session: aiohttp.ClientSession
) -> None:
    texts = ["<b>&amp;</b>", "\x1b[31mred\x1b[0m", "ends with cr\r", "nul\x00", "äöü 🎮 \u2028"]
    server = panel.world.server("Survival")
    server.set_state("running")
    line = await log_in(session, panel, "Survival")

    server.lines(texts)
    await line.settle()

    assert line.output() == texts
    await line.close()


async def test_a_long_line_is_cut_and_loses_4096_bytes_at_the_cut(
    panel: SimPanel, session: aiohttp.ClientSession
) -> None:
    server = panel.world.server("Survival")
    server.set_state("running")
    line = await log_in(session, panel, "Survival")

    server.line("a" * 65_536 + "b" * 4096 + "c" * 10)
    await line.settle()

    assert line.output() == ["a" * 65_536, "c" * 10]
    await line.close()


async def test_history_is_the_last_150_lines_of_the_process(
    panel: SimPanel, session: aiohttp.ClientSession
) -> None:
    server = panel.world.server("Survival")
    server.set_state("running")
    server.lines(f"line {number}" for number in range(200))
    line = await log_in(session, panel, "Survival")

    await line.send("send logs")

    assert line.output() == [f"line {number}" for number in range(50, 200)]
    await line.close()


async def test_a_reboot_cuts_the_sockets_and_refuses_earlier_tokens(
    panel: SimPanel, session: aiohttp.ClientSession, clock: MovedClock
) -> None:
    server, alice = panel.world.server("Survival"), panel.world.user("alice")
    old = panel.socket_token(alice, server, ["*"])
    line = await log_in(session, panel, "Survival")
    await clock.advance(2)

    panel.reboot_node()

    await asyncio.wait_for(line.ended.wait(), 5)
    assert line.ws.close_code == 1006
    await clock.advance(2)
    again = await dial(session, panel, "Survival")
    await again.send("auth", old)
    assert again.events[0][1][0].endswith("created too far in past (denylist)")
    await again.send("auth", panel.socket_token(alice, server, ["*"]))
    assert "auth success" in again.names()
    await again.close()
    await line.close()


async def test_a_newer_node_takes_30_listeners_a_server(
    panel: SimPanel, session: aiohttp.ClientSession
) -> None:
    panel.world.nodes[0].newer = True
    # newer nodes want tokens with a scope, which this panel's don't have
    lines = [await dial(session, panel, "Survival") for _ in range(30)]
    instance = panel.world.server("Survival").instance
    assert instance is not None
    instance.listeners.update(instance.sockets)

    assert await _handshake(panel, session, panel.url) == 400
    for line in lines:
        await line.close()


async def test_a_newer_node_closes_1009_on_a_frame_over_4096_bytes(
    panel: SimPanel, session: aiohttp.ClientSession
) -> None:
    panel.world.nodes[0].newer = True
    fits, too_long = [await dial(session, panel, "Survival") for _ in range(2)]

    await fits.ws.send_str("x" * 4096)
    await too_long.ws.send_str("x" * 4097)

    await asyncio.wait_for(too_long.ended.wait(), 5)
    assert too_long.ws.close_code == 1009
    await fits.settle()
    assert not fits.ended.is_set()
    for line in (fits, too_long):
        await line.close()


async def test_a_newer_node_closes_4409_on_a_suspended_server(
    panel: SimPanel, session: aiohttp.ClientSession
) -> None:
    panel.world.nodes[0].newer = True
    open_one = await dial(session, panel, "Survival")
    panel.world.server("Survival").set_state("suspended")

    await asyncio.wait_for(open_one.ended.wait(), 5)
    late = await dial(session, panel, "Survival")
    await asyncio.wait_for(late.ended.wait(), 5)

    assert open_one.ws.close_code == 1006
    assert late.ws.close_code == 4409
    for line in (open_one, late):
        await line.close()


async def test_a_node_can_be_full_of_sockets_on_a_switch(
    panel: SimPanel, session: aiohttp.ClientSession, alice: Caller
) -> None:
    panel.fault("too_many_sockets", on="node")

    assert await _handshake(panel, session, panel.url) == 400
    assert (await alice.post(f"{SERVER}/power", {"signal": "start"})).status == 204


async def test_a_link_is_of_real_length_spent_by_its_first_use_and_dead_after_15_minutes(
    panel: SimPanel, alice: Caller, session: aiohttp.ClientSession, clock: MovedClock
) -> None:
    once, late = [await alice.link(f"{SERVER}/files/download?file=/eula.txt") for _ in range(2)]
    assert 580 <= len(once) <= 660

    async with session.get(once) as first, session.get(once) as second:
        assert (first.status, await first.read()) == (200, b"eula=true\n")
        assert second.status == 404

    await clock.advance(901)
    async with session.get(late) as response:
        assert response.status == 500


async def test_what_is_uploaded_can_be_downloaded_and_is_streamed_when_large(
    panel: SimPanel, alice: Caller, session: aiohttp.ClientSession
) -> None:
    data = bytes(range(256)) * 4096 * 6
    form = aiohttp.FormData()
    form.add_field("files", io.BytesIO(data), filename="big.bin")
    form.add_field("files", io.BytesIO(), filename="empty.txt")
    url = await alice.link(f"{SERVER}/files/upload")

    async with session.post(f"{url}&directory=%2Fnew%2Fdir", data=form) as response:
        assert (response.status, await response.read()) == (200, b"")

    async with session.get(await alice.link(f"{SERVER}/files/download?file=/new/dir/big.bin")) as r:
        assert await r.read() == data
    assert (await alice.get(f"{SERVER}/files/contents?file=/new/dir/empty.txt")).body == b""


async def test_a_pattern_of_any_size_is_served_without_holding_it(
    panel: SimPanel, alice: Caller, session: aiohttp.ClientSession
) -> None:
    panel.world.server("Survival").files.put("/huge.bin", Pattern(20_000_001))

    async with session.get(await alice.link(f"{SERVER}/files/download?file=/huge.bin")) as response:
        size = 0
        async for piece in response.content.iter_any():
            size += len(piece)

    assert size == 20_000_001 == response.content_length
