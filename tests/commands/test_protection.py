"""A public instance protects itself: against haste, against guilds it doesn't serve."""

from pathlib import Path

import pytest
from msgspec import structs

from bot.access.pace import Pace, TooFast
from bot.app import open_app
from bot.config import GuildsSettings
from tests.clock import MovedClock
from tests.wirecord import Wire, eventually
from tests.world import A_MINUTE, World, config, private


async def test_a_member_in_haste_is_asked_to_wait_and_others_go_on(roost: World) -> None:
    mia = await roost.member("mia")
    tom = await roost.member("tom")

    answers = [await private(await mia.slash(roost.channel, "help")) for _ in range(A_MINUTE + 1)]

    assert "What you can do here" in answers[0]
    assert "That was a lot in a short time" in answers[-1]
    assert "What you can do here" in await private(await tom.slash(roost.channel, "help"))


async def test_a_spent_minute_is_over_after_a_minute() -> None:
    clock = MovedClock()
    pace = Pace(clock, a_minute=2)
    pace.check(1, 7)
    pace.check(1, 7)
    with pytest.raises(TooFast) as refused:
        pace.check(1, 7)
    assert refused.value.wait_seconds == pytest.approx(60)

    await clock.advance(60)

    pace.check(1, 7)


async def test_a_blocked_guild_is_left_at_once(wire: Wire, tmp_path: Path) -> None:
    guild = wire.guild("Blocked")
    settings = structs.replace(
        config(wire, tmp_path), guilds=GuildsSettings(block=(int(guild.id),))
    )
    async with open_app(settings, guild_ready_seconds=0.05) as app:
        running = app.supervisor.start("bot", app.bot.start(wire.token))

        await eventually(lambda: guild.id not in wire.guilds)

        assert int(guild.id) not in app._here
    await running
