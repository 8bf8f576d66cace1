"""The simulated node held to recorded websockets: the same words, the same events in order."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from demo.panel import SimPanel, recorded_world
from tests.clock import MovedClock
from tests.simpanel.conversation import Player, entries_of, gist, heard

BOOT_SIX_SECONDS = {"power-busy", "crash-exit-zero", "power-errors-nonadmin"}
PLAYED = (
    "auth-ok",
    "auth-ok-running",
    "auth-subuser",
    "backup",
    "backup-failed",
    "bad-token-empty-permissions",
    "bad-token-expired",
    "bad-token-hs512",
    "bad-token-issued-before-boot",
    "bad-token-no-exp",
    "bad-token-wrong-server",
    "bad-token-wrong-signature",
    "command",
    "command-offline",
    "crash",
    "crash-exit-zero",
    "crash-on-start",
    "deleted",
    "install",
    "malformed",
    "many-sockets",
    "new-auth-throttled",
    "new-auth-timeout",
    "new-deleted",
    "new-throttled",
    "new-token-scope",
    "power",
    "power-busy",
    "power-errors-nonadmin",
    "power-http",
    "reauth",
    "send-before-auth",
    "suspended",
    "token-denied",
    "token-denied-offline",
    "token-expiry",
    "token-expiry-offline",
)
NOT_PLAYED = {
    "auth-flood": "frames handled at the same moment by a real node: the order is a race",
    "auth-same-moment": "as auth-flood",
    "command-flood": "as auth-flood: 300 commands come in any order",
    "crash-oom": "what happened was done to Docker; `Server.crash(137, is_oom=True)` plays it",
    "disk-limit": "the simulated node has no quota",
    "install-image-fails": "the simulated node pulls no images",
    "install-long": "as install, with a stop and a new socket in the middle",
    "new-deauthorize-user": "a call of the node that this panel never makes",
    "new-many-sockets": "played in test_node.py",
    "new-oversized-4096": "played in test_node.py",
    "new-oversized-4097": "played in test_node.py",
    "new-oversized-70000": "played in test_node.py",
    "new-suspended": "the recorded hybrid cuts at the next message; here at once, as the PR says",
    "origin": "handshakes: played in test_node.py",
    "output-flood-1500": "counted in test_node.py",
    "output-flood-5000": "counted in test_node.py",
    "output-flood-50000": "counted in test_node.py",
    "output-long-line": "the game prints no such lines; the cut is tested in test_node.py",
    "output-sustained": "counted in test_node.py",
    "output-text": "another game; text passes unchanged, tested in test_node.py",
    "oversized": "32 MB in one frame",
    "power-stop-native": "the eggs here stop by a command",
    "power-stop-signal": "the eggs here stop by a command",
    "protocol-error-big-control": "the websocket library's own answer",
    "protocol-error-close-only-code": "the websocket library's own answer",
    "protocol-error-reserved-opcode": "the websocket library's own answer",
    "protocol-error-rsv1": "the websocket library's own answer",
    "protocol-error-unmasked": "the websocket library's own answer",
    "slow-reader": "about the kernel's buffers",
    "start-image-pull": "the simulated node pulls no images",
    "transfer-cancelled": "the simulated panel has states of a transfer, not its course",
    "transfer-refused": "as transfer-cancelled",
    "transfer-slow-fails": "as transfer-cancelled",
    "transfer-success": "as transfer-cancelled",
    "wings-killed": "played in test_node.py as `reboot_node`",
    "wings-shutdown-sigint": "as wings-killed",
    "wings-shutdown-sigterm": "as wings-killed",
}


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
async def panel(clock: MovedClock) -> AsyncIterator[SimPanel]:
    async with SimPanel(recorded_world(boot_seconds=2.0, stop_seconds=0.5), clock=clock) as panel:
        yield panel


@pytest.mark.recording
def test_every_recorded_conversation_is_played_or_named_with_a_reason(recordings: Path) -> None:
    names = {path.stem.removeprefix("ws-") for path in (recordings / "wings").glob("*.jsonl")}

    assert names - set(PLAYED) - set(NOT_PLAYED) == set()


@pytest.mark.recording
@pytest.mark.parametrize("scenario", PLAYED)
async def test_the_node_says_what_was_recorded(
    scenario: str, panel: SimPanel, clock: MovedClock, recordings: Path
) -> None:
    entries = entries_of(recordings / "wings" / f"ws-{scenario}.jsonl")
    socks = {entry.get("sock", "") for entry in entries if entry["dir"] == "in"}
    server = panel.world.server("Survival")
    server.node.newer = scenario.startswith("new-")
    server.crash_seconds, server.install_seconds = 0.3, 2.6
    server.boot_seconds = 6.0 if scenario in BOOT_SIX_SECONDS else 2.0
    server.crashes_on_start = scenario == "crash-on-start"
    server.fails_backups = scenario == "backup-failed"
    if ("status", ["running"]) in heard(entries, min(socks))[:3]:
        server.set_state("running")

    async with aiohttp.ClientSession() as session:
        player = Player(panel, clock, session, "Survival")
        await player.play(entries)

    for sock in sorted(socks):
        assert gist(player.lines[sock].events) == gist(heard(entries, sock)), sock
