"""The recorded conversations about backups, and what the panel answered: the truth is told.

What a node says of a backup gets lost, comes to no key without the right, and the same event comes
after a failure; what the panel answers when it is asked is what holds.
"""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bot.clock import Clock
from demo.panel import SimPanel
from demo.panel.records import Backup
from tests.alerts.scene import SERVER, messages, set_alert
from tests.clock import MovedClock, passing, until
from tests.pterodactyl.console_node import Node
from tests.pterodactyl.test_console_recordings import Conversation, conversations, play
from tests.wirecord import text_of
from tests.world import World, public

DONE = "**first** of **Survival** is done: 12 KiB"
CHECKSUM = "sha1:024d11e0bc4af92aa2499360ea93dea638c99f93"
FAILED = "**first** of **Survival** failed: there is nothing in it"
EVENT = "backup completed"

# conversation, who hears it, the panel's answer from then on, and what has to be told
TOLD = [
    ("ws-backup", "admin", "backups_list_pending", "backups_view", DONE),
    ("ws-backup", "reader", "backups_list_pending", "backups_view", DONE),
    ("ws-backup", "sub", "backups_list_pending", "backups_view", DONE),
    ("ws-backup", "admin", "backups_list_pending", "backups_list_failed", FAILED),
    ("ws-backup", "sub", "backups_list_pending", "backups_list_failed", FAILED),
    ("ws-backup", "admin", "backups_list_pending", "backups_list_pending", ""),
    ("ws-backup", "admin", "backups_list_pending", "backups_list_empty", ""),
    ("ws-backup", "admin", "backups_list_empty", "backups_list_empty", ""),
    ("ws-backup-failed", "admin", "backups_list_pending", "backups_list_failed", FAILED),
    ("ws-backup-failed", "reader", "backups_list_pending", "backups_list_failed", FAILED),
    ("ws-backup-failed", "sub", "backups_list_pending", "backups_list_failed", FAILED),
    ("ws-backup-failed", "admin", "backups_list_pending", "backups_view", DONE),
    ("ws-backup-failed", "admin", "backups_list_pending", "backups_list_pending", ""),
]


@pytest.fixture(scope="module")
def clock() -> Clock:
    return MovedClock()


@pytest.mark.recording
def test_no_recorded_conversation_about_backups_is_left_out(recordings: Path) -> None:
    about = {
        path.stem for path in (recordings / "wings").glob("*.jsonl") if EVENT in path.read_text()
    }

    assert about == {row[0] for row in TOLD}


@pytest.mark.recording
@pytest.mark.parametrize(("recording", "who", "before", "after", "told"), TOLD)
async def test_what_is_told_is_what_the_panel_answers(
    roost: World,
    panel: SimPanel,
    clock: MovedClock,
    recordings: Path,
    recording: str,
    who: str,
    before: str,
    after: str,
    told: str,
) -> None:
    talks = conversations(recordings / "wings" / f"{recording}.jsonl")
    head, tail = parted(talks[who])
    server = panel.world.server(SERVER)
    async with Node() as node:
        server.node.url = f"http://127.0.0.1:{node.port}"
        await set_alert(roost, "backup", server=SERVER)
        talking = asyncio.create_task(node.talk())
        await until(clock, talking.done)
        talk = talking.result()
        await play(talk, head, clock)
        await passing(clock, 10)

        server.backups[:] = answered(recordings, before, clock.now())
        await passing(clock, 20)
        server.backups[:] = answered(recordings, after, clock.now())
        for frame in tail:
            await talk.say_raw(frame)
            await talk.say_raw(frame)  # it may come again after a reconnection

        if told:
            await until(clock, lambda: messages(roost.channel, told), limit=1500)
        await passing(clock, 1300, step=10.0)
        assert len(public(roost.channel)) == bool(told)
        assert all((CHECKSUM in text_of(one)) == (told == DONE) for one in roost.channel.public())
        talk.cut()


def parted(recorded: Conversation) -> tuple[Conversation, list[str]]:
    """What the node said until a backup ended, and that it did."""
    ends = [raw for raw in recorded.frames if json.loads(raw)["event"] == EVENT]
    rest = [raw for raw in recorded.frames if raw not in ends]
    return replace(recorded, frames=rest), ends


def answered(recordings: Path, name: str, now: datetime) -> list[Backup]:
    """The backups of a recorded answer, made now."""
    body = json.loads((recordings / "panel" / f"{name}.json").read_text())["response"]["body"]
    found: list[dict[str, Any]] = body["data"] if body["object"] == "list" else [body]
    return list(_backups((one["attributes"] for one in found), now))


def _backups(found: Iterator[dict[str, Any]], now: datetime) -> Iterator[Backup]:
    for one in found:
        yield Backup(
            uuid=one["uuid"],
            name=one["name"],
            ignored_files=one["ignored_files"],
            is_locked=one["is_locked"],
            created_at=now,
            completed_at=now if one["completed_at"] else None,
            is_successful=one["is_successful"],
            checksum=one["checksum"],
            archive=None,
            size_bytes=one["bytes"],
        )
