"""The simulated panel held to the recordings: the same question, an answer of the same form."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from yarl import URL

from demo.panel import SimPanel, recorded_world
from tests.clock import MovedClock, flow
from tests.simpanel.forms import differences, header_differences
from tests.simpanel.stages import Stage, prepare

NOT_PLAYED: dict[str, str] = {}
SAME_WORLD = re.compile(r"servers_|slash_end|config_2fa_required_admins_alice")
"""Names of recordings whose numbers must agree too: the world is the recorded one."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "recorded" in metafunc.fixturenames:
        folder = Path(metafunc.config.getoption("--recordings")) / "panel"
        metafunc.parametrize("recorded", sorted(path.stem for path in folder.glob("*.json")))


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    clock = MovedClock()
    async with (
        SimPanel(recorded_world(), clock=clock) as panel,
        aiohttp.ClientSession() as session,
    ):
        yield Stage(panel, clock, session)


@pytest.mark.recording
async def test_the_panel_answers_as_recorded(recorded: str, stage: Stage, recordings: Path) -> None:
    if recorded in NOT_PLAYED:
        pytest.skip(NOT_PLAYED[recorded])
    question = json.loads((recordings / "panel" / f"{recorded}.json").read_bytes())
    await prepare(stage, recorded)

    status, headers, body = await _ask(stage, recorded, question["request"])

    theirs = question["response"]
    assert status == theirs["status"], body[:500]
    wrong: list[str] = []
    is_node = "wings" in recorded
    if not is_node:
        wrong += header_differences(headers, theirs["headers"])
    if theirs.get("body_kind") == "json" or (is_node and theirs["status"] >= 400):
        recorded_body = theirs["body"]
        if isinstance(recorded_body, str):
            recorded_body = json.loads(recorded_body)
        ours = json.loads(body)
        wrong += differences(ours, recorded_body)
        if SAME_WORLD.match(recorded) and "meta" in recorded_body:
            wrong += _other_numbers(ours, recorded_body)
    elif theirs["headers"].get("content-type", "").startswith("text/"):
        assert body.decode() == theirs["body"]
    assert wrong == []


def _other_numbers(ours: dict[str, Any], theirs: dict[str, Any]) -> list[str]:
    mine, recorded = ours["meta"]["pagination"], theirs["meta"]["pagination"]
    wrong = [name for name in recorded if name != "links" and mine[name] != recorded[name]]
    links = {name: link.partition("/api/")[2] for name, link in mine["links"].items()}
    if links != {name: link.partition("/api/")[2] for name, link in recorded["links"].items()}:
        wrong.append(f"links: {links}")
    names = [item["attributes"]["identifier"] for item in ours["data"]]
    if names != [item["attributes"]["identifier"] for item in theirs["data"]]:
        wrong.append(f"other servers: {names}")
    return wrong


async def _ask(
    stage: Stage, name: str, question: dict[str, Any]
) -> tuple[int, dict[str, str], bytes]:
    url = stage.url or question["path"]
    if url.startswith("/"):
        url = stage.panel.url + url
    headers = dict(question.get("headers") or {})
    if question.get("key"):
        headers["Authorization"] = f"Bearer {stage.panel.key(question['key'])}"
    if name.startswith("apikeys_use_new_"):
        headers["Authorization"] = f"Bearer {stage.headers[name.removeprefix('apikeys_use_new_')]}"
    data = _body(stage.body if stage.body is not None else question.get("body"), headers)
    asking = asyncio.create_task(_answer(stage, question["method"], url, headers, data))
    await flow(stage.clock, asking)  # a node that hangs is given 15 s
    return asking.result()


async def _answer(
    stage: Stage,
    method: str,
    url: str,
    headers: dict[str, str],
    data: bytes | aiohttp.FormData | None,
) -> tuple[int, dict[str, str], bytes]:
    async with stage.session.request(
        method,
        URL(url, encoded=True),
        headers=headers,
        data=data,
        allow_redirects=False,
        skip_auto_headers=["Content-Type"] if isinstance(data, bytes) else None,
    ) as answer:
        return answer.status, dict(answer.headers), await answer.read()


def _body(given: object, headers: dict[str, str]) -> bytes | aiohttp.FormData | None:
    if given is None:
        return None
    if isinstance(given, str):
        if (size := re.fullmatch(r"<(\d+) bytes>", given)) is not None:
            return b"x" * int(size[1])
        if (form := re.fullmatch(r"multipart: (\w+)=(\S+)", given)) is not None:
            data = aiohttp.FormData()
            data.add_field(form[1], b"one", filename=form[2])
            return data
        return given.encode()
    headers.setdefault("Content-Type", "application/json")
    return json.dumps(given).encode()
