"""/alerts: what is set holds, is shown, and is told where and to whom it should be."""

from datetime import timedelta

import pytest

from bot.access.quiet import is_quiet, read_hours
from bot.clock import Clock
from demo.panel import SimPanel
from tests.alerts.scene import SERVER, messages, set_alert, watched
from tests.clock import START, MovedClock, passing, until
from tests.wirecord import Json, Permission, components_of, eventually, text_of
from tests.world import World, private, public

MIB = 1 << 20


@pytest.fixture(scope="module")
def clock() -> Clock:
    return MovedClock()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"event": "cpu", "threshold": 0}, "from 1 to 100 percent"),
        ({"event": "cpu", "threshold": 900}, "from 1 to 100 percent"),
        ({"event": "disk", "threshold": -5}, "from 1 to 100 percent"),
        ({"event": "backup", "threshold": 91}, "from 1 to 90 days"),
        ({"event": "crash", "threshold": 50}, "has no threshold"),
        ({"event": "state", "thread": True}, "Only an alert of"),
        ({"event": "crash", "server": "Nowhere"}, "I found no server"),
    ],
)
async def test_what_can_t_hold_is_refused_with_what_would(
    roost: World, panel: SimPanel, options: dict[str, object], said: str
) -> None:
    event = str(options.pop("event"))

    shown = await roost.admin.slash(roost.channel, "alerts set", event=event, **options)

    assert said in await private(shown)
    listed = await private(await roost.admin.slash(roost.channel, "alerts list"))
    assert "None yet" in listed


async def test_everyone_and_a_role_above_ones_own_are_not_pinged(
    roost: World, panel: SimPanel
) -> None:
    shown = await roost.admin.slash(roost.channel, "config")
    await private(shown)
    await roost.admin.select(shown.message, [roost.mods.id], custom_id="r:config-admin")
    guild_id = int(roost.guild.id)
    book = roost.app.parts.gate.book
    await eventually(lambda: book(guild_id).admin_role_id == int(roost.mods.id))
    mia = roost.guild.member("mia", roost.mods)
    mia.sees_everything = True
    council = roost.guild.role("Council")
    everyone = roost.guild.roles[0]
    await roost.guild.announce()

    all_ = await mia.slash(roost.channel, "alerts set", event="crash", role=everyone)
    above = await mia.slash(roost.channel, "alerts set", event="crash", role=council)

    assert "I ping no everyone" in await private(all_)
    assert "above" in await private(above)
    listed = await private(await mia.slash(roost.channel, "alerts list"))
    assert "None yet" in listed


async def test_a_missing_threshold_gets_a_default_and_is_said(
    roost: World, panel: SimPanel
) -> None:
    assert "so it is 90" in await set_alert(roost, "cpu", server=SERVER)
    assert "so it is 2" in await set_alert(roost, "backup", server=SERVER)
    assert "so it is" not in await set_alert(roost, "memory", server=SERVER, threshold=80)


async def test_the_same_alert_again_replaces_the_first_and_says_so(
    roost: World, panel: SimPanel
) -> None:
    await set_alert(roost, "cpu", server=SERVER, threshold=80, role=roost.mods)

    said = await set_alert(roost, "cpu", server=SERVER, threshold=50)

    assert "Alert replaced" in said
    assert "CPU over 80 %" in said
    listed = await private(await roost.admin.slash(roost.channel, "alerts list"))
    assert "CPU over 50 %" in listed
    assert "over 80" not in listed


async def test_a_role_that_can_t_be_mentioned_is_told_of_at_once_and_in_the_test(
    roost: World, panel: SimPanel
) -> None:
    said = await set_alert(roost, "crash", server=SERVER, role=roost.mods)
    assert "I can't ping" in said

    shown = await roost.admin.slash(roost.channel, "alerts test", event="crash")

    assert "I can't ping" in await private(shown)
    assert roost.channel.public()[-1]["_pings"] == []


async def test_a_test_pings_whom_an_alert_would(roost: World, panel: SimPanel) -> None:
    await _mentionable(roost)
    await set_alert(roost, "crash", server=SERVER, role=roost.mods)

    shown = await roost.admin.slash(roost.channel, "alerts test", event="crash", server=SERVER)

    assert "The test is in" in await private(shown)
    (message,) = roost.channel.public()
    assert "This is a test" in text_of(message)
    assert message["_pings"] == [roost.mods.id]


async def test_quiet_hours_keep_the_message_and_ping_nobody(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    await _mentionable(roost)
    await set_alert(roost, "crash", server=SERVER, role=roost.mods)
    now = clock.now()
    hours = f"{now - timedelta(hours=1):%H:%M}-{now + timedelta(hours=2):%H:%M}"
    await _configure(roost, "quiet_hours", hours)

    shown = await roost.admin.slash(roost.channel, "alerts test", event="crash")

    assert "Quiet hours" in await private(shown)
    (message,) = roost.channel.public()
    assert message["_pings"] == []
    assert "nobody is pinged" in text_of(message)


@pytest.mark.parametrize(
    ("hours", "zone", "month", "utc", "quiet"),
    [
        ("22:00-07:00", "Europe/Berlin", 1, "05:59", True),  # 06:59 in winter
        ("22:00-07:00", "Europe/Berlin", 1, "06:00", False),
        ("22:00-07:00", "Europe/Berlin", 7, "05:00", False),  # 07:00 in summer
        ("22:00-07:00", "Europe/Berlin", 7, "20:00", True),
        ("22:00-07:00", "UTC", 7, "20:00", False),
        ("13:00-15:00", "UTC", 7, "14:59", True),
        ("13:00-15:00", "UTC", 7, "15:00", False),
        ("", "UTC", 7, "03:00", False),
    ],
)
def test_quiet_hours_hold_by_the_clocks_on_the_wall(
    hours: str, zone: str, month: int, utc: str, quiet: bool
) -> None:
    hour, minute = map(int, utc.split(":"))
    now = START.replace(month=month, day=15, hour=hour, minute=minute)

    assert is_quiet(hours, zone, now) is quiet


def test_the_hour_that_comes_twice_is_quiet_both_times() -> None:
    first = START.replace(year=2026, month=10, day=25, hour=0, minute=30)  # 02:30, summer
    again = first + timedelta(hours=1)  # 02:30, winter

    assert is_quiet("02:00-03:00", "Europe/Berlin", first)
    assert is_quiet("02:00-03:00", "Europe/Berlin", again)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("22-7", "22:00-07:00"),
        ("22:30 - 06:00", "22:30-06:00"),
        ("9 to 17", "09:00-17:00"),
        ("7-7", None),
        ("25-7", None),
        ("22:60-7", None),
        ("always", None),
        ("", None),
    ],
)
def test_hours_are_read_as_people_type_them(typed: str, read: str | None) -> None:
    assert read_hours(typed) == read


async def test_an_alert_can_be_taken_away_by_name_and_by_hand(
    roost: World, panel: SimPanel
) -> None:
    other = roost.guild.channel("other")
    await roost.guild.announce()
    await set_alert(roost, "crash", server=SERVER)
    await set_alert(roost, "crash", server=SERVER, channel=other)

    which = await roost.admin.slash(roost.channel, "alerts remove", event="crash")
    assert "Which one?" in await private(which)
    removed = await roost.admin.slash(roost.channel, "alerts remove", event="crash", channel=other)
    assert "Removed" in await private(removed)
    listed = await roost.admin.slash(roost.channel, "alerts list")
    await private(listed)
    (select,) = [one for one in components_of(listed.message["components"]) if one["type"] == 3]
    gone = await roost.admin.select(
        listed.message, [select["options"][0]["value"]], custom_id="r:alert-drop"
    )

    await gone.until(lambda: "Removed" in gone.text)
    assert "None yet" in await private(await roost.admin.slash(roost.channel, "alerts list"))


async def test_a_busy_cpu_is_told_once_with_its_peak_and_its_end(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    await set_alert(roost, "cpu", server=SERVER, threshold=80)
    await watched(roost, clock)
    server = panel.world.server(SERVER)
    server.cpu_now_percent = 190.0  # of a limit of 200
    await passing(clock, 200)
    assert public(roost.channel) == []

    await until(clock, lambda: messages(roost.channel, "CPU at 95 %"))
    server.cpu_now_percent = 150.0  # 75 %: below the threshold, not clearly
    await passing(clock, 400)
    (message,) = roost.channel.public()
    assert "the highest so far is 95 %" in text_of(message)
    server.cpu_now_percent = 20.0
    await until(clock, lambda: messages(roost.channel, "CPU is fine again"))

    assert "The highest was 95 %" in public(roost.channel)[0]
    assert len(public(roost.channel)) == 1


async def test_a_disk_that_fills_is_told_with_an_estimate(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    server = panel.world.server(SERVER)
    limit = server.disk_mib * MIB
    server.base_disk_bytes = int(limit * 0.5)
    await set_alert(roost, "disk", server=SERVER, threshold=60)
    await watched(roost, clock)

    for share in range(51, 63):
        await passing(clock, 300, step=10.0)
        server.base_disk_bytes = int(limit * share / 100)

    await until(clock, lambda: messages(roost.channel, "That is an estimate"))
    assert "disk at 6" in public(roost.channel)[0]


async def test_a_removed_alert_closes_what_it_opened(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    await set_alert(roost, "memory", server=SERVER, threshold=50)
    await watched(roost, clock)
    server = panel.world.server(SERVER)
    server.memory_now_bytes = server.memory_mib * MIB
    await until(clock, lambda: messages(roost.channel, "memory at 100 %"))

    await roost.admin.slash(roost.channel, "alerts remove", event="memory")

    await until(clock, lambda: messages(roost.channel, "This alert was removed"))


async def test_a_stop_and_a_start_are_one_message(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    await set_alert(roost, "state", server=SERVER)
    await watched(roost, clock)
    instance = panel.world.server(SERVER).instance
    assert instance is not None

    instance.power("restart")

    await until(clock, lambda: messages(roost.channel, "It was off for"))
    assert len(public(roost.channel)) == 1


async def test_why_it_was_off_stays_when_it_is_back(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    await set_alert(roost, "state", server=SERVER)
    await watched(roost, clock)

    panel.world.server(SERVER).crash(1)

    await until(clock, lambda: messages(roost.channel, "It was off for"))
    (said,) = public(roost.channel)
    assert said.index("is running") < said.index("crashed with exit code 1")


async def test_a_restless_server_doesn_t_flood_the_channel(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    await set_alert(roost, "state", server=SERVER)
    await watched(roost, clock)
    server = panel.world.server(SERVER)
    assert server.instance is not None

    for number in range(12):
        server.instance.power("stop" if number % 2 == 0 else "start")
        state = "offline" if number % 2 == 0 else "running"
        await until(clock, lambda state=state: server.state == state)  # type: ignore[misc]
        await passing(clock, 20)

    assert len(public(roost.channel)) <= 6
    assert "in the last 10 minutes" in public(roost.channel)[-1]


async def test_a_panel_away_for_an_hour_is_one_alert_and_one_recovery(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    for event in ("crash", "state", "panel", "node", "cpu"):
        await set_alert(roost, event)
    await watched(roost, clock)

    panel.fault("refused")
    panel.drop_sockets()
    await passing(clock, 3600, step=10.0)
    assert [text for text in public(roost.channel) if "doesn't answer" in text]
    assert len(public(roost.channel)) == 1
    panel.faults_clear()

    await until(clock, lambda: messages(roost.channel, "answers again"))
    await passing(clock, 300, step=5.0)
    (message,) = roost.channel.public()
    assert "It was away for" in text_of(message)


async def test_a_node_away_is_one_alert_for_all_its_servers(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    await set_alert(roost, "node")
    await set_alert(roost, "crash")
    await watched(roost, clock)

    panel.fault("refused", on="node")
    panel.drop_sockets()
    await until(clock, lambda: messages(roost.channel, "The node"))
    await passing(clock, 300, step=5.0)
    assert len(public(roost.channel)) == 1
    panel.faults_clear()

    await until(clock, lambda: messages(roost.channel, "answers again"))
    assert len(public(roost.channel)) == 1


async def test_a_node_that_is_maintained_is_no_outage_and_one_that_is_away_after_it_is(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    await set_alert(roost, "node")
    await set_alert(roost, "crash")
    await watched(roost, clock)
    panel.world.server(SERVER).set_state("maintenance")
    panel.drop_sockets()
    await passing(clock, 900, step=5.0)
    assert public(roost.channel) == []

    panel.world.server(SERVER).set_state("normal")
    panel.fault("refused", on="node")

    await until(clock, lambda: messages(roost.channel, "doesn't answer"), limit=900)


async def test_a_node_that_has_no_server_any_more_is_not_said_to_be_away_for_ever(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    await set_alert(roost, "node")
    await set_alert(roost, "crash")
    await watched(roost, clock)
    panel.fault("refused", on="node")
    panel.drop_sockets()
    await until(clock, lambda: messages(roost.channel, "doesn't answer"))

    panel.world.nodes[0].name = "renamed by its admin"
    await roost.refresh()

    await until(clock, lambda: messages(roost.channel, "nobody looks any more"), limit=200)


async def test_a_refused_key_is_told_once_and_not_tried_again(
    roost: World, panel: SimPanel, clock: MovedClock
) -> None:
    await set_alert(roost, "panel")
    await passing(clock, 130, step=5.0)

    panel.fault("401", route="GET /account")
    await until(clock, lambda: messages(roost.channel, "refuses its key"))
    asked = panel.count("GET /account")
    await passing(clock, 600, step=10.0)

    assert panel.count("GET /account") == asked
    assert len(public(roost.channel)) == 1


async def test_a_paused_channel_is_shown_in_the_list(roost: World, panel: SimPanel) -> None:
    await set_alert(roost, "crash", server=SERVER)
    await roost.channel.deny(Permission.SEND_MESSAGES)
    tested = await roost.admin.slash(roost.channel, "alerts test", event="crash")
    assert "I may not post in" in await private(tested)

    listed = await private(await roost.admin.slash(roost.channel, "alerts list"))

    assert "paused: I may not write there" in listed


async def _mentionable(world: World) -> None:
    world.mods.mentionable = True
    await world.guild.announce()


async def _configure(world: World, key: str, value: str) -> None:
    """Type a value into a setting of `/config`."""
    shown = await world.admin.slash(world.channel, "config", page="channels")
    await private(shown)
    form = await world.admin.click(shown.message, custom_id=_entry(shown.message, key))
    done = await world.admin.submit(form, value)
    await done.until(lambda: value in done.text)


def _entry(message: Json, key: str) -> str:
    found = [str(one.get("custom_id", "")) for one in components_of(message["components"])]
    return next(one for one in found if one.startswith("r:config-enter") and one.endswith(key))
