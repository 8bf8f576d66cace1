"""What a member does reaches the bot, and what the bot answers is what Discord would show."""

import asyncio
from collections.abc import Callable

import pytest

from tests.bench.conftest import Place
from tests.bench.parrot import Buttons
from tests.wirecord import eventually, text_of
from tests.wirecord.protocol import Callback, Permission


async def test_the_first_follow_up_of_a_deferred_answer_is_that_answer(place: Place) -> None:
    shown = await place.mia.slash(place.channel, "echo", text="hello")
    await shown.until(lambda: len(shown.messages) == 2)

    assert shown.type == Callback.DEFERRED_MESSAGE
    assert [text_of(message) for message in shown.messages] == ["hello", "and more"]
    assert all(message["_seen_by"] == place.mia.id for message in shown.messages)
    assert place.channel.public() == []


async def test_a_public_answer_is_seen_by_the_channel(place: Place) -> None:
    shown = await place.mia.slash(place.channel, "shout", text="ho", times=3)

    assert [text_of(message) for message in place.channel.public()] == ["hohoho"]
    assert shown.acknowledged_after is not None
    assert shown.acknowledged_after < 3


async def test_two_hundred_members_at_once_are_all_answered(place: Place) -> None:
    crowd = [place.guild.member(f"m{number}") for number in range(200)]

    shown = await asyncio.gather(
        *(member.slash(place.channel, "echo", text=f"to {member.name}") for member in crowd)
    )
    await eventually(lambda: all("and more" in one.text for one in shown))

    assert [one.text for one in shown] == [f"to {m.name}\nand more" for m in crowd]


async def test_a_bot_that_says_nothing_within_three_seconds_did_not_respond(place: Place) -> None:
    with pytest.raises(TimeoutError, match="The application did not respond: wait"):
        await place.mia.slash(place.channel, "wait", gate="late")

    place.bot.gates["late"].set()
    await eventually(lambda: "refused 404 10062" in place.bot.seen)


async def test_a_token_is_worth_nothing_after_fifteen_minutes(place: Place) -> None:
    shown = await place.mia.slash(place.channel, "wait", gate="expired", late=True)

    shown.expire()
    place.bot.gates["expired"].set()

    await eventually(lambda: "refused 401 50027" in place.bot.seen)
    assert shown.text == ""


async def test_a_button_changes_its_message_and_a_disabled_one_cannot_be_pressed(
    place: Place,
) -> None:
    shown = await place.mia.slash(place.channel, "buttons")

    with pytest.raises(LookupError, match="disabled"):
        await place.mia.click(shown.message, label="Grey")
    with pytest.raises(LookupError, match="no component 'Blow up'"):
        await place.mia.click(shown.message, label="Blow up")
    clicked = await place.mia.click(shown.message, label="Change")

    assert clicked.text == "changed"
    assert shown.message["components"] == []


async def test_a_select_takes_what_it_offers_and_no_more(place: Place) -> None:
    shown = await place.mia.slash(place.channel, "buttons")

    with pytest.raises(ValueError, match="not offered"):
        await place.mia.select(shown.message, ["pink"])
    with pytest.raises(ValueError, match="3 of 1 to 2"):
        await place.mia.select(shown.message, ["red", "blue", "green"])
    picked = await place.mia.select(shown.message, ["blue", "red"])

    assert picked.text == "blue+red"


async def test_a_private_message_has_buttons_for_its_reader_alone(place: Place) -> None:
    shown = await place.mia.slash(place.channel, "echo", text="x")
    await shown.until(lambda: shown.text)
    shown.message["components"] = [
        {"type": 1, "components": [{"type": 2, "custom_id": "kept:1", "label": "K"}]}
    ]
    other = place.guild.member("other")

    with pytest.raises(LookupError, match="does not see"):
        await other.click(shown.message, label="K")


async def test_a_modal_is_filled_in_by_order_by_label_or_by_its_defaults(place: Place) -> None:
    opened = await place.mia.slash(place.channel, "form")

    with pytest.raises(ValueError, match="11 characters"):
        await place.mia.submit(opened, "x" * 11, colour=["Red"])
    with pytest.raises(ValueError, match="not offered"):
        await place.mia.submit(opened, "Mia", colour=["Pink"])
    with pytest.raises(LookupError, match="no place for"):
        await place.mia.submit(opened, "Mia", colour=["Red"], age="7")
    sent = await place.mia.submit(opened, "Mia", colour=["Blue"])

    assert sent.text == "Mia, no reason, Blue"


async def test_an_options_bounds_are_kept_by_the_client(place: Place) -> None:
    mia, channel = place.mia, place.channel
    refused: list[dict[str, object]] = [
        {"delay": 0},
        {"delay": "5"},
        {"delay": 5, "how": "hard"},
        {"delay": 5, "reason": "x"},
        {},
    ]
    for options in refused:
        with pytest.raises(ValueError, match="Discord would not send it"):
            await mia.slash(channel, "power restart", **options)
    with pytest.raises(ValueError, match="/power is a group"):
        await mia.slash(channel, "power")

    shown = await mia.slash(channel, "power restart", delay=5, reason="four")
    assert shown.text == "5 soft four"


async def test_a_command_for_staff_is_shown_to_staff_alone(place: Place) -> None:
    staff = place.guild.role("Staff", Permission.MANAGE_MESSAGES)
    boss = place.guild.member("boss", staff)

    with pytest.raises(PermissionError, match="does not show /staff to mia"):
        await place.mia.slash(place.channel, "staff", member=boss)
    shown = await boss.slash(place.channel, "staff", member=boss)

    assert shown.text == "boss has 2"


async def test_autocomplete_offers_choices(place: Place) -> None:
    choices = await place.mia.autocomplete(place.channel, "pick", "server", "surv")

    assert choices == [{"name": "Surv", "value": "surv"}]


@pytest.mark.parametrize("typed", ["many", "long"])
async def test_autocomplete_over_discords_limits_is_refused(
    place: Place, typed: str, expected_errors: Callable[[str], None]
) -> None:
    expected_errors("Ignoring exception in autocomplete for 'pick'|Invalid Form Body")
    with pytest.raises(TimeoutError, match="did not respond"):
        await place.mia.autocomplete(place.channel, "pick", "server", typed)

    assert "choices" in place.wire.violations.pop()


async def test_context_menus_carry_their_target(place: Place) -> None:
    boss = place.guild.member("boss")
    message = await boss.say(place.channel, "hear, hear")

    about = await place.mia.menu(place.channel, "Who", boss)
    quoted = await place.mia.menu(place.channel, "Quote", message)

    assert about.text == "it is boss"
    assert quoted.text == "> hear, hear"


async def test_a_file_can_be_attached_and_read(place: Place) -> None:
    shown = await place.mia.slash(place.channel, "weigh", file=("a.bin", b"12345"))

    await shown.until(lambda: shown.text == "a.bin: 5")


async def test_files_in_components_get_the_address_of_their_attachment(place: Place) -> None:
    shown = await place.mia.slash(place.channel, "card", file=True)

    [attachment] = shown.message["attachments"]
    [_, file] = shown.message["components"][0]["components"]
    assert file["file"]["url"] == attachment["url"]
    assert shown.text == "**Survival** is running"


async def test_a_message_pings_whom_it_may(place: Place) -> None:
    role, open_role = place.guild.role("Mods"), place.guild.role("Open")
    open_role.mentionable = True
    text = f"<@{place.mia.id}> <@&{role.id}> <@&{open_role.id}> @everyone"

    shown = await place.mia.slash(place.channel, "post", text=text)
    await shown.until(place.channel.public)

    [message] = place.channel.public()
    assert message["_pings"] == [place.mia.id, open_role.id]


async def test_a_view_of_this_run_is_answered_by_this_run(place: Place) -> None:
    shown = await place.mia.slash(place.channel, "buttons")

    kept = await place.mia.click(shown.message, label="Keep")

    assert kept.text == "kept 7"
    assert kept.message["_seen_by"] == place.mia.id
    assert Buttons(timeout=None).is_persistent() is False
