"""/board: posted, true, edited only where something changed, and left alone where it can't be."""

from collections.abc import Callable
from typing import Any

import pytest

from bot.work.board import Board
from demo.panel import SimPanel
from demo.panel.instance import Instance
from tests.clock import MovedClock, passing, until
from tests.wirecord import Permission, text_of
from tests.world import World, private


@pytest.fixture(scope="module")
def clock() -> MovedClock:
    return MovedClock()


class Boards:
    """What the tests of boards do again and again."""

    def __init__(self, roost: World, panel: SimPanel, clock: MovedClock) -> None:
        self.roost = roost
        self.panel = panel
        self.clock = clock
        self.channel = roost.guild.channel("status")

    async def make(self, *names: str, **options: object) -> dict[str, Any]:
        """Make a board as an admin does, and return its message."""
        shown = await self.roost.admin.slash(
            self.roost.channel, "board create", channel=self.channel, **options
        )
        said = await private(shown)
        assert "Which servers" in said, said
        chosen = [self.server(name).id for name in names]
        shown = await self.roost.admin.select(shown.message, chosen)
        await shown.until(lambda: f"{len(names)} server" in shown.text)
        done = await self.roost.admin.click(shown.message, label="Post the board")
        await self.until(lambda: "stays true" in done.text)
        return self.message

    def server(self, name: str) -> Any:
        guild_id = int(self.roost.guild.id)
        return next(s for s in self.roost.app.parts.directory.of(guild_id) if s.name == name)

    def game(self, name: str) -> Instance:
        running = self.panel.world.server(name).instance
        assert running is not None
        return running

    @property
    def only(self) -> Board:
        (found,) = self.roost.app.parts.boards.of(int(self.roost.guild.id))
        return found

    def edits(self) -> int:
        """How many edits of messages Discord has seen in the channel."""
        path = f"/channels/{self.channel.id}/messages/"
        return sum(one["method"] == "PATCH" and path in one["path"] for one in self.roost.wire.log)

    @property
    def messages(self) -> list[dict[str, Any]]:
        return list(self.channel.public())

    @property
    def message(self) -> dict[str, Any]:
        (found,) = self.messages
        return found

    @property
    def text(self) -> str:
        return text_of(self.message)

    async def passes(self, seconds: float, *, step: float = 2.0) -> None:
        await passing(self.clock, seconds, step=step)

    async def until(self, holds: Callable[[], object], *, within: float = 120.0) -> None:
        await until(self.clock, holds, step=1.0, limit=within)


@pytest.fixture
def boards(roost: World, panel: SimPanel, clock: MovedClock) -> Boards:
    return Boards(roost, panel, clock)


async def test_a_board_shows_state_numbers_and_address_and_follows_a_stop(
    boards: Boards, panel: SimPanel
) -> None:
    await boards.make("Survival", "Creative")
    await boards.until(lambda: "CPU" in boards.text and "offline" in boards.text)
    assert "mc.example.com" in boards.text
    assert "started" in boards.text

    boards.game("Survival").power("stop")
    await boards.until(lambda: boards.text.count("offline") == 2)
    assert "CPU" not in boards.text


async def test_a_steady_board_is_not_edited_and_asks_the_panel_for_tokens_alone(
    boards: Boards, panel: SimPanel
) -> None:
    await boards.make("Creative", "Modded")
    await boards.until(lambda: boards.text.count("offline") == 2)
    await boards.passes(60)
    panel.asked.clear()
    edits = boards.edits()
    await boards.passes(1200, step=10.0)

    assert boards.edits() == edits
    tokens = panel.count("GET /servers/{}/websocket")
    assert 4 <= tokens <= 6  # two servers, a token for each in 520 s
    lists = panel.count("GET /") + panel.count("GET /account")
    assert len(panel.asked) == tokens + lists


async def test_numbers_that_waver_are_not_edited_each_second(
    boards: Boards, panel: SimPanel
) -> None:
    await boards.make("Survival", "Lobby", style="cards")
    await boards.until(lambda: boards.text.count("CPU") == 2)
    await boards.passes(30)
    edits = boards.edits()
    await boards.passes(600)
    assert boards.edits() - edits <= 11  # one a minute


async def test_a_select_opens_the_card_for_who_may_see_the_server_and_nobody_else(
    boards: Boards, roost: World
) -> None:
    message = await boards.make("Survival", "Creative")
    mia = await roost.member("mia", rights={"control.start"}, server="Creative")
    eve = await roost.member("eve")

    shown = await mia.select(message, [boards.server("Creative").id])
    assert "Creative" in await private(shown)
    shown = await mia.select(message, [boards.server("Survival").id])
    assert "can't" in await private(shown)
    shown = await eve.select(message, [boards.server("Creative").id])
    assert "can't" in await private(shown)


async def test_a_board_with_buttons_starts_a_server_for_who_may(
    boards: Boards, roost: World, panel: SimPanel
) -> None:
    message = await boards.make("Creative", style="buttons")
    await boards.until(lambda: "offline" in boards.text)
    mia = await roost.member("mia", rights={"control.start"})
    eve = await roost.member("eve")

    refused = await eve.click(boards.message, label="Start")
    assert "can't" in await private(refused)
    await mia.click(boards.message, label="Start")
    await boards.until(lambda: panel.world.server("Creative").state == "running")
    await boards.until(lambda: "started" in text_of(_find(boards, message["id"])))


async def test_seven_servers_with_buttons_and_twenty_five_lines_fit_into_one_message(
    boards: Boards, roost: World, panel: SimPanel
) -> None:
    names = ["Survival", "Creative", "Modded", "Lobby", "Rust Island", "Fresh", "Unpaid"]
    await boards.make(*names, style="buttons")
    await boards.until(lambda: all(name in boards.text for name in names))


async def test_no_server_or_too_many_are_refused_with_words(boards: Boards, roost: World) -> None:
    shown = await roost.admin.slash(roost.channel, "board create", channel=boards.channel)
    await private(shown)
    with pytest.raises(LookupError, match="disabled"):
        await roost.admin.click(shown.message, label="Post the board")
    assert not boards.messages


async def test_a_channel_the_bot_may_not_write_in_is_told_before_anything_is_made(
    boards: Boards, roost: World
) -> None:
    await boards.channel.deny(Permission.SEND_MESSAGES)
    shown = await roost.admin.slash(roost.channel, "board create", channel=boards.channel)
    assert "Send Messages" in await private(shown)


async def test_a_deleted_message_pauses_the_board_until_an_admin_wants_it_back(
    boards: Boards, roost: World, panel: SimPanel
) -> None:
    message = await boards.make("Creative")
    await boards.until(lambda: "offline" in boards.text)
    await roost.wire.forget(message)
    boards.game("Creative").power("start")
    await boards.passes(60)
    boards.game("Creative").power("stop")
    await boards.passes(120)
    assert not boards.messages

    shown = await roost.admin.slash(roost.channel, "board list")
    assert "its message was deleted" in await private(shown)
    card = await roost.admin.select(shown.message, [boards.only.row.id])
    await card.until(lambda: "Creative" in card.text)
    await roost.admin.click(card.message, label="Post again")
    await boards.until(lambda: boards.messages)
    assert "Creative" in boards.text


async def test_a_deleted_channel_pauses_the_board_for_good(boards: Boards, roost: World) -> None:
    await boards.make("Creative")
    await boards.until(lambda: "offline" in boards.text)
    await boards.channel.delete()
    boards.game("Creative").power("start")
    await boards.until(lambda: boards.only.row.paused is not None)
    shown = await roost.admin.slash(roost.channel, "board list")
    assert "its channel is gone" in await private(shown)


async def test_an_old_message_that_takes_no_more_edits_is_posted_anew_and_the_old_one_goes(
    boards: Boards, roost: World
) -> None:
    message = await boards.make("Creative")
    await boards.until(lambda: "offline" in boards.text)
    roost.wire.age(message, 7200)
    roost.wire.old_edit_limit(0, per=3600)
    boards.game("Creative").power("start")

    await boards.until(lambda: [one["id"] for one in boards.messages] not in ([message["id"]], []))
    await boards.until(lambda: len(boards.messages) == 1)  # the new one comes before the old goes
    await boards.until(lambda: "started" in boards.text)
    assert len(boards.messages) == 1


async def test_a_board_shows_what_is_stale_as_stale_and_recovers_by_itself(
    boards: Boards, panel: SimPanel
) -> None:
    await boards.make("Survival")
    await boards.until(lambda: "CPU" in boards.text)
    panel.world.nodes[0].is_reachable = False
    panel.drop_sockets()

    await boards.until(lambda: "the node doesn't answer" in boards.text, within=300)
    assert "last seen running <t:" in boards.text
    assert "CPU" not in boards.text
    panel.world.nodes[0].is_reachable = True
    await boards.until(lambda: "CPU" in boards.text, within=300)


async def test_a_short_break_of_the_connection_costs_no_edit(
    boards: Boards, panel: SimPanel
) -> None:
    await boards.make("Creative")
    await boards.until(lambda: "offline" in boards.text)
    await boards.passes(30)
    edits = boards.edits()
    for _ in range(4):
        panel.drop_sockets()
        await boards.passes(20)
    assert boards.edits() == edits


async def test_a_crash_is_told_apart_from_a_stop(boards: Boards, panel: SimPanel) -> None:
    panel.world.server("Lobby").crash_seconds = 600
    await boards.make("Lobby")
    await boards.until(lambda: "CPU" in boards.text)
    boards.game("Lobby").exit(1)
    await boards.until(lambda: "crashed" in boards.text)


async def test_a_board_goes_on_through_a_lost_gateway(boards: Boards, roost: World) -> None:
    await boards.make("Creative")
    await boards.until(lambda: "offline" in boards.text)
    await roost.wire.drop_gateway()
    boards.game("Creative").power("start")
    await boards.until(lambda: "started" in boards.text)


async def test_a_server_deleted_on_the_panel_stays_on_the_board_by_name(
    boards: Boards, roost: World, panel: SimPanel
) -> None:
    await boards.make("Creative", "Modded")
    await boards.until(lambda: boards.text.count("offline") == 2)
    panel.world.remove_server("Creative")
    await boards.until(lambda: "no longer on the panel" in boards.text, within=700)
    assert "Creative" in boards.text
    assert "Modded" in boards.text


async def test_removing_a_board_removes_its_message(boards: Boards, roost: World) -> None:
    await boards.make("Creative")
    shown = await roost.admin.slash(roost.channel, "board remove")
    await private(shown)
    done = await roost.admin.select(shown.message, [boards.only.row.id])
    await done.until(lambda: "is removed" in done.text)
    assert not boards.messages
    shown = await roost.admin.slash(roost.channel, "board list")
    assert "No board yet" in await private(shown)


async def test_a_chart_without_history_says_how_to_switch_it_on(
    boards: Boards, roost: World
) -> None:
    shown = await roost.admin.slash(
        roost.channel, "board create", channel=boards.channel, chart="24h"
    )
    assert "/config" in await private(shown)


async def test_a_change_of_a_board_edits_its_message(boards: Boards, roost: World) -> None:
    message = await boards.make("Creative")
    shown = await roost.admin.slash(roost.channel, "board list")
    await private(shown)
    card = await roost.admin.select(shown.message, [boards.only.row.id])
    await card.until(lambda: "Creative" in card.text)
    draft = await roost.admin.click(card.message, label="Change …")
    await draft.until(lambda: "1 server" in draft.text)
    chosen = [boards.server(name).id for name in ("Creative", "Modded")]
    draft = await roost.admin.select(draft.message, chosen)
    await draft.until(lambda: "2 servers" in draft.text)
    await roost.admin.click(draft.message, label="Save")
    await boards.until(lambda: "Modded" in boards.text)
    assert boards.message["id"] == message["id"]


def _find(boards: Boards, message_id: str) -> dict[str, Any]:
    return next(one for one in boards.messages if one["id"] == message_id)


async def test_a_channel_that_refuses_is_left_alone_and_taken_up_by_itself(
    boards: Boards, roost: World
) -> None:
    await boards.make("Creative")
    await boards.until(lambda: "offline" in boards.text)
    await boards.channel.deny(Permission.SEND_MESSAGES | Permission.VIEW_CHANNEL)
    edits = boards.edits()
    boards.game("Creative").power("start")
    await boards.passes(300)
    assert boards.edits() - edits <= 1
    shown = await roost.admin.slash(roost.channel, "board list")
    assert "may not write there" in await private(shown)
    await boards.channel.deny(0)
    await boards.until(lambda: "started" in boards.text, within=200)


async def test_trouble_of_discord_is_waited_out_and_not_stormed(
    boards: Boards, roost: World
) -> None:
    await boards.make("Survival", "Creative")
    await boards.until(lambda: "CPU" in boards.text)
    await boards.passes(30)
    roost.wire.fault("PATCH", f"/channels/{boards.channel.id}/messages/.*", 400, times=3)
    edits = boards.edits()
    boards.game("Creative").power("start")
    await boards.passes(60)
    assert 1 <= boards.edits() - edits <= 4
    await boards.until(lambda: boards.text.count("started") == 2, within=600)


async def test_a_board_speaks_the_guilds_language_whoever_made_it(
    boards: Boards, roost: World
) -> None:
    shown = await roost.admin.slash(roost.channel, "config")
    await private(shown)
    german = await roost.admin.select(shown.message, ["de"], custom_id="r:config-choose:language")
    await german.until(lambda: "Deutsch" in german.text)
    await boards.make("Creative")
    await boards.until(lambda: "letzte Änderung" in boards.text)
    assert "Server" in boards.text


async def test_a_board_beyond_the_servers_a_guild_may_watch_is_refused(
    boards: Boards, roost: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roost.app.parts.hub._room, "_per_guild", 1)
    shown = await roost.admin.slash(roost.channel, "board create", channel=boards.channel)
    await private(shown)
    chosen = [boards.server(name).id for name in ("Creative", "Modded")]
    shown = await roost.admin.select(shown.message, chosen)
    await shown.until(lambda: "2 servers" in shown.text)
    done = await roost.admin.click(shown.message, label="Post the board")
    await done.until(lambda: "as many servers as it may" in done.text)
    assert not boards.messages
