"""Idle stop: what is known to be empty for long enough is stopped, and nothing else ever."""

import pytest

from bot.store.policies import Terms
from demo.panel import SimPanel
from demo.panel.query import Responder
from demo.panel.records import Backup
from tests.clock import MovedClock, passing, until
from tests.commands.community import allow
from tests.commands.test_plan import backup_of, said, staff
from tests.commands.test_policy import chosen, opened
from tests.world import World, private, public

MINUTE = 60.0


@pytest.fixture(scope="module")
def clock() -> MovedClock:
    return MovedClock()


async def empty_lobby(guild: World, panel: SimPanel, terms: Terms) -> Responder:
    """Lobby, which nobody is on, and the policy for all servers."""
    responder = await panel.open_query("Lobby")
    await guild.connect(panel)
    await allow(guild, "idle-stop", terms)
    return responder


@pytest.fixture
async def game(guild: World, panel: SimPanel) -> Responder:
    """Lobby, which stops after ten minutes without anybody; the channel is told."""
    await guild.place("idle_channel_id", guild.channel)
    return await empty_lobby(guild, panel, Terms(idle_minutes=10))


def stops(panel: SimPanel) -> int:
    return panel.count("POST */power")


async def test_a_server_that_is_empty_for_long_enough_is_stopped_and_told_in_one_line(
    guild: World, panel: SimPanel, game: Responder, clock: MovedClock
) -> None:
    await passing(clock, 9 * MINUTE)
    assert stops(panel) == 0

    await until(clock, lambda: game.server.state == "offline", limit=5 * MINUTE)

    await until(clock, lambda: said(guild, "because it was empty"), limit=5 * MINUTE)
    assert stops(panel) == 1
    (line,) = public(guild.channel)
    assert "stopped **Lobby**" in line
    assert "nobody played for 10 min*" in line


async def test_its_report_lets_members_ask_for_the_start(
    guild: World, panel: SimPanel, game: Responder, clock: MovedClock
) -> None:
    await until(clock, lambda: said(guild, "because it was empty"), limit=20 * MINUTE)
    await allow(guild, "start", Terms(how="vote", quorum=2))
    mia, _tom = await guild.member("mia"), await guild.member("tom")

    shown = await mia.click(guild.channel.public()[-1], label="Start")

    await until(clock, lambda: "You may call a vote to start **Lobby**" in shown.text)


async def test_who_plays_meanwhile_makes_the_time_begin_anew(
    panel: SimPanel, game: Responder, clock: MovedClock
) -> None:
    await passing(clock, 8 * MINUTE)
    game.server.players.append("Mira")
    await passing(clock, 2 * MINUTE)
    game.server.players.clear()

    await passing(clock, 8 * MINUTE)

    assert stops(panel) == 0
    await until(clock, lambda: stops(panel), limit=5 * MINUTE)


async def test_players_that_nobody_can_count_are_not_nobody(
    panel: SimPanel, game: Responder, clock: MovedClock
) -> None:
    await passing(clock, 8 * MINUTE)
    game.manner = "hidden"
    await passing(clock, 20 * MINUTE)
    assert stops(panel) == 0
    game.manner = None

    await passing(clock, 8 * MINUTE)

    assert stops(panel) == 0


async def test_it_never_stops_during_a_backup(
    panel: SimPanel, game: Responder, clock: MovedClock
) -> None:
    made: Backup = backup_of(game.server, "by the panel", clock)
    made.completed_at, made.is_successful = None, False

    await passing(clock, 20 * MINUTE)
    assert stops(panel) == 0
    made.completed_at, made.is_successful = clock.now(), True

    await until(clock, lambda: stops(panel), limit=5 * MINUTE)


async def test_it_never_stops_right_before_a_plan(
    guild: World, panel: SimPanel, game: Responder, clock: MovedClock
) -> None:
    mia = await staff(guild, "mia", {"websocket.connect", "backup.create"})
    shown = await mia.slash(guild.channel, "plan backup", server="Lobby", at="in 20 min")
    assert "Planned." in await private(shown)

    await passing(clock, 19 * MINUTE)

    assert stops(panel) == 0
    await until(clock, lambda: stops(panel), limit=15 * MINUTE)
    assert len(game.server.backups) == 1


async def test_quiet_hours_are_kept(guild: World, panel: SimPanel, clock: MovedClock) -> None:
    minute = clock.now().hour * 60 + clock.now().minute
    quiet = Terms(idle_minutes=10, quiet_from=minute, quiet_until=(minute + 30) % 1440)
    await empty_lobby(guild, panel, quiet)

    await passing(clock, 25 * MINUTE)

    assert stops(panel) == 0
    await until(clock, lambda: stops(panel), limit=30 * MINUTE)


async def test_the_audit_names_the_bot_and_its_policy(
    guild: World, panel: SimPanel, game: Responder, clock: MovedClock
) -> None:
    await until(clock, lambda: said(guild, "because it was empty"), limit=20 * MINUTE)

    told = await private(await guild.admin.slash(guild.channel, "audit list"))

    assert "idle stop" in told


async def test_whoever_may_starts_it_again(
    guild: World, panel: SimPanel, game: Responder, clock: MovedClock
) -> None:
    await until(clock, lambda: game.server.state == "offline", limit=20 * MINUTE)
    mia = await guild.member("mia", rights={"websocket.connect", "control.start"})

    await mia.slash(guild.channel, "power start", server="Lobby")

    await until(clock, lambda: game.server.state == "running", limit=5 * MINUTE)


async def test_without_a_channel_it_stops_without_a_word(
    guild: World, panel: SimPanel, clock: MovedClock
) -> None:
    responder = await empty_lobby(guild, panel, Terms(idle_minutes=10))

    await until(clock, lambda: responder.server.state == "offline", limit=20 * MINUTE)

    assert public(guild.channel) == []


async def test_where_the_key_may_not_read_backups_the_editor_says_so_and_nothing_stops(
    guild: World, panel: SimPanel, clock: MovedClock
) -> None:
    responder = await panel.open_query("Lobby")
    bob = next(one for one in panel.world.users if one.username == "bob")
    panel.world.add_subuser(responder.server, bob, ("control.stop", "control.start"))
    await guild.connect(panel, account="bob")
    shown = await opened(guild, guild.admin, "idle-stop", server="Lobby")
    card = await chosen(shown, guild.admin, "policy-preset", "idle-15")

    await card.until(lambda: "On **Lobby** it never comes to that" in card.text)
    assert "The panel's key lacks `backup.read` there." in card.text
    assert "/panel rekey" in card.text
    simulated = await guild.admin.click(card.message, label="Simulate")
    assert "The panel's key lacks `backup.read` there." in await private(simulated)
    listed = await guild.admin.slash(guild.channel, "policy list")
    assert "The panel's key lacks `backup.read` there." in await private(listed)
    info = await guild.admin.slash(guild.channel, "server info", server="Lobby")
    assert "Here it never comes to that. The panel's key lacks `backup.read`" in await private(info)

    await passing(clock, 25 * MINUTE)

    assert stops(panel) == 0


async def test_a_game_nobody_can_ask_is_named_beside_the_policy(
    guild: World, panel: SimPanel
) -> None:
    panel.world.server("Lobby").docker_image = "ghcr.io/example/unknown"
    await guild.connect(panel)

    shown = await opened(guild, guild.admin, "idle-stop", server="Lobby")
    card = await chosen(shown, guild.admin, "policy-preset", "idle-15")

    await card.until(lambda: "On **Lobby** it never comes to that" in card.text)
    assert "page *Servers*" in card.text


async def test_the_editor_sets_the_minutes_and_quiet_hours_of_an_idle_stop(
    guild: World, panel: SimPanel, clock: MovedClock
) -> None:
    responder = await panel.open_query("Lobby")
    await guild.connect(panel)
    shown = await opened(guild, guild.admin, "idle-stop")
    card = await chosen(shown, guild.admin, "policy-preset", "idle-60")
    await card.until(lambda: "for 1 h" in card.text)
    form = await guild.admin.click(card.message, label="Numbers …")
    refused = await guild.admin.submit(form, "4")
    await refused.until(lambda: "from 5 to 1440" in refused.text)
    form = await guild.admin.click(card.message, label="Numbers …")
    card = await guild.admin.submit(form, "6")
    await card.until(lambda: "once nobody has been on it for 6 min" in card.text)

    await passing(clock, 5 * MINUTE)
    assert stops(panel) == 0
    await until(clock, lambda: responder.server.state == "offline", limit=5 * MINUTE)

    assert stops(panel) == 1
