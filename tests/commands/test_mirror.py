"""/mirror: what the console says stands in the channel, safely, and nowhere else."""

import asyncio
from collections.abc import Iterator

import pytest

from demo.panel import SimPanel
from tests.wirecord import Channel, Json, Permission, Shown, eventually, text_of
from tests.world import World, private


def mirrored(channel: Channel) -> str:
    """Everything that webhooks said in a channel."""
    return "\n".join(text_of(m) for m in channel.public() if m.get("webhook_id"))


async def mirror(world: World, channel: Channel | None = None, **options: object) -> Shown:
    options.setdefault("server", "Survival")
    shown = await world.admin.slash(
        world.channel, "mirror create", channel=channel or world.channel, **options
    )
    await private(shown)
    return shown


async def heard(world: World, panel: SimPanel, text: str, name: str = "Survival") -> None:
    """Wait until the console is really heard, then let the server say something."""
    server = next(s for s in world.app.parts.directory.of(int(world.guild.id)) if s.name == name)
    assert await world.app.parts.hub.wait_live(server, 10, caught_up=True)
    panel.world.server(name).line(text)


async def test_lines_come_with_the_server_s_name_and_a_picture(
    roost: World, panel: SimPanel
) -> None:
    shown = await mirror(roost)
    assert "The console of **Survival** goes to" in shown.text

    await heard(roost, panel, "[INFO] the moon is full")

    await eventually(lambda: "the moon is full" in mirrored(roost.channel))
    message = roost.channel.public()[-1]
    assert message["author"]["username"] == "Survival"
    made = [one for one in roost.wire.log if one["path"].endswith("/webhooks")]
    assert made[-1]["body"]["avatar"].startswith("data:image/png;base64,")


async def test_what_was_said_before_is_not_repeated(roost: World, panel: SimPanel) -> None:
    panel.world.server("Survival").line("[INFO] long ago")

    await mirror(roost)
    await heard(roost, panel, "[INFO] just now")

    await eventually(lambda: "just now" in mirrored(roost.channel))
    assert "long ago" not in mirrored(roost.channel)


async def test_what_the_node_says_of_a_restore_and_an_install_comes_too(
    roost: World, panel: SimPanel
) -> None:
    await mirror(roost)
    await heard(roost, panel, "[INFO] just now")
    node = panel.world.server("Survival").instance
    assert node is not None

    node.publish("daemon message", "(restoring): world/level.dat")
    node.publish("install output", "Downloading server jar...")
    node.publish("transfer logs", "\x1b[33m\x1b[1mMon [Transfer System]:\x1b[39m Preparing\x1b[0m")

    await eventually(lambda: "Preparing" in mirrored(roost.channel))
    assert "(restoring): world/level.dat" in mirrored(roost.channel)
    assert "Downloading server jar" in mirrored(roost.channel)


async def test_secrets_stay_in_the_console(roost: World, panel: SimPanel) -> None:
    await mirror(roost)

    await heard(roost, panel, "[INFO] Tom[/203.0.113.7:4711] logged in, then /login hunter2")

    await eventually(lambda: "logged in" in mirrored(roost.channel))
    assert "203.0.113.7" not in mirrored(roost.channel)
    assert "hunter2" not in mirrored(roost.channel)


@pytest.mark.parametrize(
    "line",
    [
        "@everyone look",
        "hello <@&1> and <@1>",
        "```\nend of it",
        "`\x1b[0m`\x1b[1m` colour between",
        "\x1b[2J\x07bell \u202e backwards \u200b",
        "x" * 100_000,
        "\ud83d broken \udfff surrogates".encode("utf-8", "replace").decode(),
        "\xff\xfe\x00 bytes",
    ],
)
async def test_hostile_lines_ping_nobody_and_break_nothing(
    roost: World, panel: SimPanel, line: str
) -> None:
    await mirror(roost)

    await heard(roost, panel, line)
    panel.world.server("Survival").line("after it")

    await eventually(lambda: "after it" in mirrored(roost.channel))
    for message in roost.channel.public():
        assert message["_pings"] == []
        assert message["content"].count("```") == 2
        assert "\u202e" not in message["content"]
        assert len(message["content"]) <= 2000


async def test_repeated_lines_are_counted(roost: World, panel: SimPanel) -> None:
    await mirror(roost)
    await heard(roost, panel, "one")
    await eventually(lambda: "one" in mirrored(roost.channel))

    for second in range(42):
        panel.world.server("Survival").line(f"[12:00:{second:02}] [WARN] Can't keep up")

    await eventually(lambda: "Can't keep up (×42)" in mirrored(roost.channel))


async def test_colours_are_kept_for_discord_or_left_out_by_choice(
    roost: World, panel: SimPanel
) -> None:
    shown = await mirror(roost)
    await heard(roost, panel, "\x1b[38;2;255;20;20mred\x1b[m and \x1b[1;92mgreen")
    await eventually(lambda: "green" in mirrored(roost.channel))
    assert "```ansi" in mirrored(roost.channel)
    assert "\x1b[31mred\x1b[0m and \x1b[1;32mgreen\x1b[0m" in mirrored(roost.channel)

    changed = await roost.admin.click(shown.message, label="Without colours")
    await changed.until(lambda: "With colours" in str(shown.message))
    panel.world.server("Survival").line("\x1b[31mplain")

    await eventually(lambda: "plain" in mirrored(roost.channel))
    last = roost.channel.public()[-1]["content"]
    assert "\x1b" not in last
    assert "ansi" not in last


async def test_a_pattern_chooses_and_another_leaves_out(roost: World, panel: SimPanel) -> None:
    shown = await mirror(roost, filter="joined|left")
    form = await roost.admin.click(shown.message, label="Patterns …")
    await roost.admin.submit(form, "joined|left", "Bot")
    server = panel.world.server("Survival")

    await heard(roost, panel, "Mia joined the game")
    server.line("Saving chunks")
    server.line("Bot left the game")
    server.line("Tom left the game")

    await eventually(lambda: "Tom left" in mirrored(roost.channel))
    assert "Mia joined" in mirrored(roost.channel)
    assert "Saving" not in mirrored(roost.channel)
    assert "Bot" not in mirrored(roost.channel)


async def test_a_preset_knows_what_the_game_says(roost: World, panel: SimPanel) -> None:
    await mirror(roost, filter="players")
    server = panel.world.server("Survival")

    await heard(roost, panel, "[12:00:00] [Server thread/INFO]: Preparing spawn area: 12%")
    server.line("[12:00:00] [Server thread/INFO]: <Mia> hello all")

    await eventually(lambda: "hello all" in mirrored(roost.channel))
    assert "spawn area" not in mirrored(roost.channel)


async def test_a_level_takes_a_stack_trace_with_its_error(roost: World, panel: SimPanel) -> None:
    shown = await mirror(roost)
    changed = await roost.admin.select(shown.message, ["2"], custom_id=_id(shown, "mirror-level"))
    await changed.until(lambda: "Errors only" in shown.text)
    server = panel.world.server("Survival")

    await heard(roost, panel, "[12:00:00 INFO]: fine")
    server.line("[12:00:00 ERROR]: it broke")
    server.line("\tat net.minecraft.Server.run(Server.java:1)")
    server.line("[12:00:00 INFO]: fine again")

    await eventually(lambda: "Server.java:1" in mirrored(roost.channel))
    assert "fine" not in mirrored(roost.channel)


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("(unclosed", "is no regular expression"),
        ("[", "is no regular expression"),
        (r"(a|aa)+$", "takes too long"),
        (r"^(([a-z])+.)+[A-Z]([a-z])+$", "takes too long"),
        (r"(.*a){20}b", "takes too long"),
        ("joined|left", "goes to"),
        ("x" * 300, "goes to"),
    ],
)
async def test_a_pattern_that_can_t_be_used_is_refused(
    roost: World, panel: SimPanel, pattern: str, says: str
) -> None:
    shown = await mirror(roost, filter=pattern)

    assert says in shown.text


async def test_a_pattern_that_turns_out_slow_is_switched_off_and_told(
    roost: World, panel: SimPanel
) -> None:
    made = await mirror(roost, filter=r"(z|zz)+$")
    assert "goes to" in made.text
    await heard(roost, panel, "z" * 900 + "!")

    await eventually(lambda: "took too long and is off" in mirrored(roost.channel))
    listed = await roost.admin.slash(roost.channel, "mirror edit", server="Survival")
    assert "off: it took too long" in await private(listed)


async def test_two_mirrors_of_one_server_in_one_channel_are_refused(
    roost: World, panel: SimPanel
) -> None:
    await mirror(roost)

    again = await mirror(roost)

    assert "already" in again.text
    assert len(roost.wire.webhooks_of(roost.channel)) == 1


async def test_a_channel_without_the_permission_is_refused_with_the_next_step(
    roost: World, panel: SimPanel
) -> None:
    await roost.channel.deny(Permission.MANAGE_WEBHOOKS)

    shown = await mirror(roost)

    assert "Manage Webhooks" in shown.text
    assert roost.wire.webhooks_of(roost.channel) == []


async def test_a_channel_full_of_webhooks_is_told(roost: World, panel: SimPanel) -> None:
    for number in range(15):
        roost.wire.foreign_webhook(roost.channel, f"hook {number}")

    shown = await mirror(roost)

    assert "15 webhooks" in shown.text


async def test_a_channel_that_everybody_reads_warns(roost: World, panel: SimPanel) -> None:
    shown = await mirror(roost)

    assert "Everybody in this guild reads" in shown.text


async def test_a_name_that_discord_forbids_is_made_fit(roost: World, panel: SimPanel) -> None:
    panel.world.server("Survival").name = "My Discord Clyde " + "x" * 90
    await roost.refresh()

    shown = await mirror(roost, server="My Discord")

    assert "goes to" in shown.text


async def test_a_deleted_webhook_is_made_again_and_no_line_is_lost(
    roost: World, panel: SimPanel
) -> None:
    await mirror(roost)
    await heard(roost, panel, "first")
    await eventually(lambda: "first" in mirrored(roost.channel))
    (old,) = roost.wire.webhooks_of(roost.channel)
    foreign = roost.wire.foreign_webhook(roost.channel, "Survival")
    roost.wire.webhooks.pop(old["id"])

    panel.world.server("Survival").line("second")

    await eventually(lambda: "second" in mirrored(roost.channel))
    hooks = {hook["id"] for hook in roost.wire.webhooks_of(roost.channel)}
    assert old["id"] not in hooks
    assert len(hooks) == 2
    assert all(m.get("webhook_id") != foreign["id"] for m in roost.channel.public())


async def test_a_webhook_that_was_moved_is_left_and_taken_away(
    roost: World, panel: SimPanel
) -> None:
    await mirror(roost)
    await heard(roost, panel, "first")
    await eventually(lambda: "first" in mirrored(roost.channel))
    elsewhere = roost.guild.channel("elsewhere")
    (hook,) = roost.wire.webhooks_of(roost.channel)
    hook["channel_id"] = elsewhere.id

    panel.world.server("Survival").line("second")

    await eventually(lambda: "second" in mirrored(roost.channel))
    assert hook["id"] not in roost.wire.webhooks
    panel.world.server("Survival").line("third")
    await eventually(lambda: "third" in mirrored(roost.channel))
    assert "third" not in mirrored(elsewhere)


async def test_a_deleted_channel_pauses_and_is_shown_in_the_list(
    roost: World, panel: SimPanel
) -> None:
    gone, told = roost.guild.channel("gone"), roost.guild.channel("audit")
    await private(await roost.admin.slash(roost.channel, "audit channel", channel=told))
    await mirror(roost, gone)
    await heard(roost, panel, "first")
    await eventually(lambda: "first" in mirrored(gone))
    await gone.delete()

    panel.world.server("Survival").line("second")

    await eventually(lambda: any("was deleted" in text_of(m) for m in told.public()))
    listed = await roost.admin.slash(roost.channel, "mirror list")
    assert "was deleted" in await private(listed)


async def test_a_button_of_a_mirror_that_is_gone_names_a_command_that_can_be_pressed(
    roost: World, panel: SimPanel
) -> None:
    card = await mirror(roost)
    await private(await roost.admin.slash(roost.channel, "mirror remove", server="Survival"))

    pressed = await roost.admin.click(card.message, label="Without colours")

    await pressed.until(lambda: "That mirror is gone. </mirror list:" in pressed.text)


async def test_removing_takes_the_webhook_and_leaves_the_lines(
    roost: World, panel: SimPanel
) -> None:
    await mirror(roost)
    await heard(roost, panel, "first")
    await eventually(lambda: "first" in mirrored(roost.channel))

    shown = await roost.admin.slash(roost.channel, "mirror remove", server="Survival")

    assert "no longer goes to" in await private(shown)
    await eventually(lambda: not roost.wire.webhooks_of(roost.channel))
    panel.world.server("Survival").line("second")
    assert "first" in mirrored(roost.channel)
    assert "No console goes" in (await _listed(roost))


async def test_a_removed_panel_takes_its_mirrors_along(roost: World, panel: SimPanel) -> None:
    await mirror(roost)
    await heard(roost, panel, "first")
    await eventually(lambda: "first" in mirrored(roost.channel))

    asked = await roost.admin.slash(roost.channel, "panel remove", panel="Nova")
    await private(asked)
    await roost.admin.click(asked.message, label="Remove")

    await eventually(lambda: not roost.wire.webhooks_of(roost.channel))
    await eventually(lambda: not roost.app.parts.mirrors.of(int(roost.guild.id)))


async def test_mirrors_go_on_after_a_restart_and_say_that_lines_may_be_missing(
    roost: World, panel: SimPanel
) -> None:
    await mirror(roost)
    await heard(roost, panel, "before")
    await eventually(lambda: "before" in mirrored(roost.channel))
    guild_id = int(roost.guild.id)

    roost.app.parts.mirrors.close_guild(guild_id)
    await roost.app.parts.mirrors.open_guild(guild_id)
    await asyncio.sleep(0)
    await heard(roost, panel, "after")

    await eventually(lambda: "after" in mirrored(roost.channel))
    assert "lines may be missing here" in mirrored(roost.channel)
    assert len(roost.wire.webhooks_of(roost.channel)) == 1


async def test_erasing_a_guild_takes_its_mirrors_and_webhooks(
    roost: World, panel: SimPanel
) -> None:
    await mirror(roost)
    guild_id = int(roost.guild.id)

    await roost.app.guilds.erase(guild_id)

    await eventually(lambda: not roost.wire.webhooks_of(roost.channel))
    assert not roost.app.parts.mirrors.of(guild_id)


async def test_too_many_mirrors_are_refused(
    roost: World, panel: SimPanel, a_cap_of_one: None
) -> None:
    await mirror(roost)

    second = await mirror(roost, roost.guild.channel("second"))

    assert "at most 1" in second.text


@pytest.fixture
def a_cap_of_one(roost: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roost.app.parts.mirroring, "_mirrors_per_guild", 1)


async def test_a_button_below_the_lines_runs_a_command_where_messages_aren_t_read(
    roost: World, panel: SimPanel
) -> None:
    shown = await mirror(roost, two_way=True)
    assert "a button for commands" in shown.text
    await heard(roost, panel, "first")
    await eventually(lambda: "first" in mirrored(roost.channel))
    mia = await roost.member("mia", rights={"control.console"})
    tom = await roost.member("tom")

    form = await mia.click(roost.channel.public()[-1], label="Command …")
    sent = await mia.submit(form, "say hello")
    refused = await tom.click(roost.channel.public()[-1], label="Command …")

    await sent.until(lambda: "Sent to **Survival**: `say hello`" in sent.text)
    assert "can't use" in await private(refused)


async def _listed(world: World) -> str:
    return await private(await world.admin.slash(world.channel, "mirror list"))


def _id(shown: Shown, verb: str) -> str:
    def walk(parts: object) -> Iterator[Json]:
        for part in parts if isinstance(parts, list) else []:
            yield part
            yield from walk(part.get("components"))

    ids = [str(part.get("custom_id", "")) for part in walk(shown.message["components"])]
    return next(one for one in ids if one.startswith(f"r:{verb}:"))
