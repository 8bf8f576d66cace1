"""Faults on a switch: each looks on the wire as it does in life, and goes when it is cleared."""

import asyncio
import base64
import json

import aiohttp
import pytest

from demo.panel import SimPanel
from demo.panel.faults import STATUSES
from tests.clock import MovedClock, flow
from tests.simpanel.asking import Caller

SERVER = "/servers/1eab9400"


async def test_a_refused_panel_listens_again_on_the_same_address_when_cleared(
    panel: SimPanel, alice: Caller
) -> None:
    url = panel.url
    assert (await alice.get("/account")).status == 200
    panel.fault("refused")

    with pytest.raises(aiohttp.ClientConnectorError):
        await alice.get("/account")

    panel.faults_clear()
    assert (await alice.get("/account")).status == 200
    assert panel.url == url


async def test_a_refused_node_is_a_504_of_the_panel_and_refuses_its_own_callers(
    panel: SimPanel, alice: Caller, session: aiohttp.ClientSession
) -> None:
    panel.fault("refused", on="node")

    assert (await alice.post(f"{SERVER}/power", {"signal": "start"})).status == 504
    link = await alice.link(f"{SERVER}/files/download?file=/eula.txt")
    with pytest.raises(aiohttp.ClientConnectorError):
        await session.get(link)


async def test_a_panel_that_hangs_lets_go_when_the_fault_is_cleared(
    panel: SimPanel, alice: Caller
) -> None:
    panel.fault("hang", route="POST */power")
    asking = asyncio.create_task(alice.post(f"{SERVER}/power", {"signal": "start"}))
    assert (await alice.get("/permissions")).status == 200
    assert not asking.done()

    panel.faults_clear()

    with pytest.raises(aiohttp.ClientError):
        await asking


async def test_a_node_that_hangs_is_given_15_seconds(
    panel: SimPanel, alice: Caller, clock: MovedClock
) -> None:
    panel.fault("hang", on="node", route="POST */power")
    asking = asyncio.create_task(alice.post(f"{SERVER}/power", {"signal": "start"}))

    await flow(clock, asking)

    assert asking.result().status == 504
    assert clock.monotonic() == pytest.approx(1015.0)


async def test_a_reset_breaks_the_body_off_in_the_middle(panel: SimPanel, alice: Caller) -> None:
    panel.fault("reset", times=1)

    with pytest.raises(aiohttp.ClientError):
        await alice.get("")

    assert (await alice.get("")).status == 200


async def test_a_drop_comes_before_the_first_byte_and_the_work_may_be_done(
    panel: SimPanel, alice: Caller
) -> None:
    panel.fault("drop", route="POST */rename", is_done=True)

    with pytest.raises(aiohttp.ClientError):
        await alice.post(f"{SERVER}/settings/rename", {"name": "Renamed"})

    assert panel.world.servers[0].name == "Renamed"


async def test_a_slow_panel_drips_by_the_clock(
    panel: SimPanel, alice: Caller, clock: MovedClock
) -> None:
    panel.fault("slow", seconds=2.0)
    asking = asyncio.create_task(alice.get("/account"))

    await flow(clock, asking)

    assert asking.result().attributes["username"] == "alice"
    assert clock.monotonic() >= 1016.0


async def test_truncated_json_is_a_whole_answer_with_half_the_text(
    panel: SimPanel, alice: Caller
) -> None:
    panel.fault("truncated")

    got = await alice.get("/account")

    assert got.status == 200
    with pytest.raises(json.JSONDecodeError):
        json.loads(got.body)


async def test_wrong_types_keep_the_keys_and_change_every_value(
    panel: SimPanel, alice: Caller
) -> None:
    right = (await alice.get("/account")).attributes
    panel.fault("wrong_types")

    wrong = (await alice.get("/account")).attributes

    assert wrong.keys() == right.keys()
    assert all(type(wrong[key]) is not type(right[key]) for key in right)


@pytest.mark.parametrize("kind", ["html200", "html403", "html404", "html502", "html503", "html504"])
async def test_pages_of_the_web_server_are_html(kind: str, panel: SimPanel, alice: Caller) -> None:
    panel.fault(kind)

    got = await alice.get("/account")

    assert got.status == int(kind[4:])
    assert got.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("kind", sorted(STATUSES))
async def test_a_status_is_an_error_of_the_panel(kind: str, panel: SimPanel, alice: Caller) -> None:
    panel.fault(kind, seconds=7)

    got = await alice.get("/account")

    assert got.status == int(kind)
    assert got.json["errors"][0]["status"] == kind
    assert ("Retry-After" in got.headers) == (kind in ("429", "503"))


async def test_a_redirect_leads_to_the_login(panel: SimPanel, alice: Caller) -> None:
    panel.fault("redirect")

    got = await alice.get("/account")

    assert (got.status, got.headers["Location"]) == (302, "/auth/login")


async def test_a_fault_plays_on_its_route_so_often_and_not_before(
    panel: SimPanel, alice: Caller
) -> None:
    panel.fault("503", route="GET /servers/{}", times=2, after=1)

    seen = [(await alice.get(SERVER)).status for _ in range(4)]

    assert seen == [200, 503, 503, 200]
    assert (await alice.get("/account")).status == 200


async def test_short_tokens_expire_when_the_fault_says(
    panel: SimPanel, alice: Caller, clock: MovedClock
) -> None:
    panel.fault("short_tokens", seconds=100)

    token = (await alice.get(f"{SERVER}/websocket")).json["data"]["token"]

    claims = json.loads(_part(token))
    assert claims["exp"] - claims["iat"] == 100


def _part(token: str) -> bytes:
    middle = token.split(".")[1]
    return base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4))


async def test_an_unknown_fault_is_refused(panel: SimPanel) -> None:
    with pytest.raises(ValueError, match="no such fault"):
        panel.fault("explode")


@pytest.mark.recording
async def test_a_recorded_answer_is_played_by_name(panel: SimPanel, bob: Caller) -> None:
    panel.script["POST /servers/{}/power"] = "err_429_power"

    got = await bob.post(f"{SERVER}/power", {"signal": "start"})

    assert (got.status, got.code) == (429, "ThrottleRequestsException")
    assert got.headers["Retry-After"] == "43"
    assert panel.asked == ["POST /servers/1eab9400/power"]


@pytest.mark.recording
async def test_several_recorded_answers_are_played_in_turn(panel: SimPanel, alice: Caller) -> None:
    panel.script["POST */backups"] = ["err_429_backups_throttle", "backups_create"]

    seen = [(await alice.post(f"{SERVER}/backups", {})).status for _ in range(3)]

    assert seen == [429, 200, 200]
    assert panel.count("POST /servers/{}/backups") == 3


async def test_requests_are_kept_with_their_caller_and_body(
    panel: SimPanel, alice: Caller, bob: Caller
) -> None:
    await alice.post(f"{SERVER}/power", {"signal": "start"})
    await bob.get("?page=2")

    assert panel.asked == ["POST /servers/1eab9400/power", "GET /"]
    first, second = panel.requests
    assert (first.user, first.json) == ("alice", {"signal": "start"})
    assert (second.user, second.query) == ("bob", {"page": "2"})
