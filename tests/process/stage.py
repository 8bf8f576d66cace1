"""The real `bot run` as a process of its own, in life after life, and the world that stays."""

import asyncio
import contextlib
import signal
import sqlite3
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec

from demo.panel import SimPanel
from tests.wirecord import Channel, Json, Member, Shown, Wire, components_of, eventually, text_of
from tests.world import MASTER_KEY

ROOT = Path(__file__).resolve().parents[2]
KILLING = Path(__file__).resolve().parent / "killing"
WAITS_SECONDS: Final = 40.0


class Stage:
    """One life of a bot after the other, and the world that stays."""

    def __init__(self, wire: Wire, panel: SimPanel, folder: Path) -> None:
        self.wire = wire
        self.panel = panel
        self.folder = folder
        self.trip = folder / "stands still"
        self.process: asyncio.subprocess.Process | None = None
        guild = wire.guild("Nova")
        mods = guild.role("Mods")
        self.boss: Member = guild.member("boss", owner=True)
        self.mia: Member = guild.member("mia", mods)
        self.channel: Channel = guild.channel("ops")
        self.voters: list[Member] = []

    async def start(self, at: str = "") -> None:
        """Start the bot; it stands still at a point, if one is named."""
        env = {
            "ROOST_DISCORD_TOKEN": self.wire.token,
            "ROOST_DATABASE_PATH": str(self.folder / "roost.db"),
            "ROOST_SECRET_KEY": MASTER_KEY,
            "ROOST_NETWORK_ALLOW": "127.0.0.0/8",
            "ROOST_NETWORK_ALLOW_HTTP": "true",
            "ROOST_LOG_FORMAT": "json",
            "PYTHONPATH": str(KILLING),
            "KILL_TRIP": str(self.trip),
            "KILL_AT": at,
        }
        argv = [sys.executable, "-m", "bot", "run"]
        log = self.folder / "log.txt"
        self.process = await self.wire.launch(argv, cwd=ROOT, env=env, log=log)
        await self.wire.ready()
        await eventually(lambda: bool(self.wire.commands["global"]))

    async def kill(self) -> None:
        """kill -9."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        await asyncio.wait_for(self.process.wait(), 15)

    async def prepare(self) -> None:
        """Connect the panel, and give Mia what she needs."""
        form = await self.boss.slash(self.channel, "panel add")
        added = await self.boss.submit(form, "Nova", self.panel.url, self.panel.key("alice"))
        await added.until(lambda: "is connected" in added.text)
        granted = await self.boss.slash(
            self.channel, "access grant", member=self.mia, right="moderator"
        )
        await granted.until(lambda: "Set on" in granted.text)

    async def set_alert(self) -> None:
        """Let a crash of Survival be told, and wait until its node is heard."""
        shown = await self.boss.slash(self.channel, "alerts set", event="crash", server="Survival")
        await shown.until(lambda: "Alert set" in shown.text)
        await self.hears("Survival")

    async def hears(self, name: str) -> None:
        """Wait until the console of a server is listened to."""
        server = self.panel.world.server(name)
        await eventually(lambda: server.instance is not None and server.instance.listeners)

    async def post_board(self, *names: str) -> None:
        """Post a board of some servers."""
        shown = await self.boss.slash(self.channel, "board create")
        await shown.until(lambda: bool(_options(shown)))
        chosen = [value for label, value in _options(shown) if label.endswith(names)]
        shown = await self.boss.select(shown.message, chosen)
        await shown.until(lambda: f"{len(names)} servers" in shown.text)
        await self.boss.click(shown.message, label="Post the board")

    def said(self) -> list[str]:
        """What the channel sees."""
        return [text_of(message) for message in self.channel.public()]

    async def sees(self, *texts: str) -> str:
        """Wait until the channel sees one of the texts."""
        try:
            found = await eventually(
                lambda: [one for one in self.said() if any(text in one for text in texts)],
                WAITS_SECONDS,
            )
        except TimeoutError:
            raise AssertionError(
                f"not said: {texts}; but {self.said()}, {self.live_jobs()}"
            ) from None
        return found[-1]

    def powers(self) -> list[str]:
        """The signals that reached the panel."""
        return [str(one["signal"]) for one in self._bodies("/power")]

    def commands(self) -> list[str]:
        """What was typed into consoles."""
        return [str(one["command"]) for one in self._bodies("/command")]

    def backups(self) -> int:
        """How many backups of Survival there are."""
        return len(self.panel.world.server("Survival").backups)

    def deletions(self) -> int:
        """How often the panel was asked to delete a backup."""
        return sum(
            one.method == "DELETE" and "/backups/" in one.path for one in self.panel.requests
        )

    def deeds(self, event: str) -> int:
        """How often the panel has done something, by its own log."""
        return sum(one.event == event for one in self.panel.world.activities)

    def ballots(self) -> dict[int, tuple[int, int]]:
        """Whose ballots are kept: whether it is for it, and how often it was changed."""
        found = self._sql("SELECT member_id, is_for, changes FROM ballot")
        return {member_id: (is_for, changes) for member_id, is_for, changes in found}

    def rounds(self) -> int:
        """How many times the plan was dealt with."""
        found = self._sql(
            "SELECT json_extract(state, '$.round') FROM job WHERE kind = 'plan' AND outcome IS NULL"
        )
        return sum(done or 0 for (done,) in found)

    def make_due(self, after: int) -> None:
        """Let the plan's next time be now, where it waits for it after so many rounds."""
        now = datetime.now(UTC).replace(microsecond=1)
        with contextlib.suppress(sqlite3.OperationalError):  # it stands still in a transaction
            self._sql(
                "UPDATE job SET run_at = ?, state = json_set(state, '$.due_at', ?)"
                " WHERE kind = 'plan' AND phase IN ('new', 'wait')"
                " AND claimed_by IS NULL AND outcome IS NULL"
                " AND coalesce(json_extract(state, '$.round'), 0) = ?",
                now.replace(tzinfo=None).isoformat(" "),
                (now - timedelta(minutes=5 - after)).isoformat(),  # backups are named by the minute
                after,
            )

    def make_older(self, *, minutes: int) -> None:
        """Let what the workflow began have begun so much earlier."""
        ago = timedelta(minutes=minutes)
        ((job_id, text),) = self._sql("SELECT id, steps FROM job WHERE kind = 'power'")
        steps = msgspec.json.decode(text, type=dict[str, dict[str, str]])
        for step in steps.values():
            step["begun"] = (datetime.fromisoformat(step["begun"]) - ago).isoformat()
        self._sql(
            "UPDATE job SET steps = ? WHERE id = ?", msgspec.json.encode(steps).decode(), job_id
        )

    def _sql(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with contextlib.closing(
            sqlite3.connect(self.folder / "roost.db", timeout=0.2)
        ) as connection:
            found = connection.execute(statement, values).fetchall()
            connection.commit()
        return found

    def live_jobs(self) -> list[tuple[Any, ...]]:
        """What the engine still has to do."""
        with sqlite3.connect(self.folder / "roost.db") as connection:
            found = connection.execute(
                "SELECT kind, phase, steps FROM job WHERE outcome IS NULL"
            ).fetchall()
        connection.close()
        return found

    def _bodies(self, end: str) -> list[dict[str, object]]:
        return [
            msgspec.json.decode(one.body, type=dict[str, object])
            for one in self.panel.requests
            if one.path.endswith(end) and one.method == "POST"
        ]


def _options(shown: Shown) -> list[tuple[str, str]]:
    """Labels and values of the first select of an answer."""
    parts = components_of(shown.message.get("components", []))
    found: list[Json] = next((one["options"] for one in parts if one.get("options")), [])
    return [(one["label"], one["value"]) for one in found]
