"""/healthz and /metrics, asked over a real socket."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from bot.observe import HEARTBEAT_MAX_S, Health, Metrics, Observer

WELL = Health(gateway=True, database=True, heartbeat_age_s=12.34)


class Probe:
    def __init__(self) -> None:
        self.health = WELL

    async def __call__(self) -> Health:
        return self.health


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def probe() -> Probe:
    return Probe()


@pytest.fixture
async def asked(metrics: Metrics, probe: Probe) -> AsyncIterator[aiohttp.ClientSession]:
    observer = Observer(metrics, probe)
    port = await observer.start("127.0.0.1", 0)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
        yield session
    await observer.close()


async def test_a_well_bot_is_ok(asked: aiohttp.ClientSession) -> None:
    async with asked.get("/healthz") as answer:
        assert answer.status == 200
        assert await answer.json() == {
            "ok": True,
            "gateway": True,
            "database": True,
            "heartbeat_age_s": 12.3,
        }


@pytest.mark.parametrize(
    "health",
    [
        Health(gateway=False, database=True, heartbeat_age_s=1),
        Health(gateway=True, database=False, heartbeat_age_s=1),
        Health(gateway=True, database=True, heartbeat_age_s=HEARTBEAT_MAX_S + 1),
        Health(gateway=False, database=False, heartbeat_age_s=None),
    ],
)
async def test_whatever_is_missing_is_a_503(
    asked: aiohttp.ClientSession, probe: Probe, health: Health
) -> None:
    probe.health = health

    async with asked.get("/healthz") as answer:
        assert answer.status == 503
        assert (await answer.json())["ok"] is False


async def test_metrics_show_what_was_counted(
    asked: aiohttp.ClientSession, metrics: Metrics
) -> None:
    metrics.watch(guilds=lambda: 3, sockets=lambda: 2, tasks=lambda: 5, requests=lambda: 1)
    metrics.command_done("power restart", "answered", 0.2)
    metrics.panel_answered("limited", 0.1)
    metrics.audit_written("intent")
    metrics.lines_dropped("full_queue", 137)
    metrics.sent("limited")

    async with asked.get("/metrics") as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("text/plain")
        lines = (await answer.text()).splitlines()

    for line in (
        'roost_command_seconds_count{command="power restart",outcome="answered"} 1.0',
        'roost_panel_request_seconds_count{outcome="limited"} 1.0',
        'roost_audit_entries_total{kind="intent"} 1.0',
        'roost_console_dropped_total{where="full_queue"} 137.0',
        'roost_sent_total{outcome="limited"} 1.0',
        "roost_guilds 3.0",
        "roost_open_websockets 2.0",
        "roost_tasks 5.0",
        "roost_panel_requests_under_way 1.0",
    ):
        assert line in lines
    assert any(line.startswith("process_resident_memory_bytes") for line in lines)


async def test_two_bots_in_one_process_count_apart() -> None:
    first, second = Metrics(), Metrics()
    first.audit_written("result")

    assert b'roost_audit_entries_total{kind="result"} 1.0' in first.text()
    assert b'roost_audit_entries_total{kind="result"}' not in second.text()


async def test_there_is_nothing_else_to_be_had(asked: aiohttp.ClientSession) -> None:
    async with asked.get("/") as answer:
        assert answer.status == 404
