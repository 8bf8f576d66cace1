"""A stage for each test of this folder: a Discord, a panel, and room for lives of the bot."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from demo.panel import SimPanel, demo_world
from tests.process.stage import Stage
from tests.wirecord import Spec, Wire


@pytest.fixture
async def stage(spec: Spec, tmp_path: Path, recordings: Path) -> AsyncIterator[Stage]:
    people = demo_world(boot_seconds=0.3, stop_seconds=0.2)
    survival = people.server("Survival")
    survival.backup_seconds = 0.5
    async with (
        Wire(spec=spec) as wire,
        SimPanel(people, recordings=recordings) as panel,
    ):
        stage = Stage(wire, panel, tmp_path)
        yield stage
        panel.faults_clear()
        if stage.process is not None and stage.process.returncode is None:
            await stage.kill()
        assert wire.violations == []
