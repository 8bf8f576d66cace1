"""/startup: values, rules in plain words, and what the panel has kept."""

import pytest

from bot.pterodactyl.models import Variable
from bot.ui.variables import rules_of, rules_words
from demo.panel import SimPanel
from demo.panel.records import Variable as EggVariable
from demo.panel.worlds import make_read_only
from tests.wirecord import Permission, Role, components_of
from tests.world import World, private

ALL = {"startup.*"}


def staff(roost: World) -> Role:
    """Whom Discord shows the staff's commands."""
    return roost.guild.role("Staff", Permission.MANAGE_MESSAGES)


def puts(panel: SimPanel) -> list[str]:
    return [asked for asked in panel.asked if asked.startswith("PUT")]


async def test_a_list_shows_values_and_says_what_is_read_only_or_hidden(
    roost: World, panel: SimPanel
) -> None:
    make_read_only(panel.world, "Survival", "BUILD_NUMBER")
    mia = await roost.member("mia", staff(roost), rights=ALL)

    said = await private(await mia.slash(roost.channel, "startup list", server="Survival"))

    assert "**Server Jar File** `SERVER_JARFILE`: `server.jar`" in said
    assert "`BUILD_NUMBER`: `latest` · read-only" in said
    assert "DL_PATH" not in said
    assert "Hidden variables" in said


async def test_a_value_that_is_named_like_a_secret_is_covered(
    roost: World, panel: SimPanel
) -> None:
    server = panel.world.server("Survival")
    server.egg.variables.append(EggVariable("Rcon", "", "RCON_PASSWORD", "", "nullable|string"))
    server.values["RCON_PASSWORD"] = "hunter2"
    mia = await roost.member("mia", staff(roost), rights=ALL)

    said = await private(await mia.slash(roost.channel, "startup list", server="Survival"))

    assert "||`hunter2`||" in said


async def test_a_set_value_is_read_back(roost: World, panel: SimPanel) -> None:
    mia = await roost.member("mia", staff(roost), rights=ALL)

    shown = await mia.slash(
        roost.channel, "startup set", server="Survival", variable="MINECRAFT_VERSION", value="1.21"
    )

    assert "is `1.21` now, from the next start on" in await private(shown)
    assert panel.world.server("Survival").values["MINECRAFT_VERSION"] == "1.21"


async def test_a_value_that_breaks_a_rule_is_told_with_the_rule_in_words(
    roost: World, panel: SimPanel
) -> None:
    mia = await roost.member("mia", staff(roost), rights=ALL)

    shown = await mia.slash(
        roost.channel,
        "startup set",
        server="Survival",
        variable="MINECRAFT_VERSION",
        value="x" * 21,
    )

    said = await private(shown)
    assert "may be empty, is text, has at most 20 characters" in said
    assert "Nothing was changed" in said


@pytest.mark.parametrize(("typed", "kept"), [("on", "1"), ("No", "0"), ("1", "1")])
async def test_a_switch_takes_what_people_type(
    roost: World, panel: SimPanel, typed: str, kept: str
) -> None:
    mia = await roost.member("mia", staff(roost), rights=ALL)

    shown = await mia.slash(
        roost.channel, "startup set", server="Rust Island", variable="OXIDE", value=typed
    )

    assert f"is `{kept}` now" in await private(shown)


async def test_without_a_value_the_variable_is_shown_with_its_rules_and_changed_by_a_form(
    roost: World, panel: SimPanel
) -> None:
    server = panel.world.server("Survival")
    server.values["MINECRAFT_VERSION"] = "1.8"
    mia = await roost.member("mia", staff(roost), rights=ALL)
    shown = await mia.slash(
        roost.channel, "startup set", server="Survival", variable="MINECRAFT_VERSION"
    )
    said = await private(shown)
    assert "Now: `1.8`" in said
    assert "Default: `latest`" in said
    assert "at most 20 characters" in said

    form = await mia.click(shown.message, label="Change …")
    sent = await mia.submit(form, "")

    await sent.until(lambda: "is empty now" in sent.text)
    assert server.values["MINECRAFT_VERSION"] == ""


async def test_back_to_the_default_is_one_press(roost: World, panel: SimPanel) -> None:
    server = panel.world.server("Survival")
    server.values["MINECRAFT_VERSION"] = "1.8"
    mia = await roost.member("mia", staff(roost), rights=ALL)
    shown = await mia.slash(
        roost.channel, "startup set", server="Survival", variable="MINECRAFT_VERSION"
    )
    await private(shown)

    pressed = await mia.click(shown.message, label="Back to the default")

    await pressed.until(lambda: "is `latest` now" in pressed.text)
    assert server.values["MINECRAFT_VERSION"] == "latest"


async def test_a_read_only_variable_is_neither_sent_nor_offered(
    roost: World, panel: SimPanel
) -> None:
    make_read_only(panel.world, "Survival", "BUILD_NUMBER")
    mia = await roost.member("mia", staff(roost), rights=ALL)
    await private(await mia.slash(roost.channel, "startup list", server="Survival"))

    choices = await mia.autocomplete(
        roost.channel, "startup set", "variable", "", server="Survival"
    )
    told = await mia.slash(
        roost.channel, "startup set", server="Survival", variable="BUILD_NUMBER", value="9"
    )
    shown = await mia.slash(
        roost.channel, "startup set", server="Survival", variable="BUILD_NUMBER"
    )

    assert "BUILD_NUMBER" not in {one["value"] for one in choices}
    assert "read-only" in await private(told)
    assert "Read-only" in await private(shown)
    assert not [c for c in components_of(shown.message["components"]) if c["type"] == 2]
    assert puts(panel) == []


@pytest.mark.parametrize("typed", ["DL_PATH", "NOPE", "../x", "@everyone", "server"])
async def test_a_variable_that_is_hidden_or_none_is_told_and_not_sent(
    roost: World, panel: SimPanel, typed: str
) -> None:
    server = panel.world.server("Survival")
    server.egg.variables.append(EggVariable("Server Name", "", "NAME", "", "string"))
    mia = await roost.member("mia", staff(roost), rights=ALL)

    shown = await mia.slash(
        roost.channel, "startup set", server="Survival", variable=typed, value="1"
    )

    said = await private(shown)
    assert "no such variable" in said or "Which one" in said
    assert shown.message["_pings"] == []
    assert puts(panel) == []


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ("required|string|max:20", "must not be empty, is text, has at most 20 characters"),
        ("integer|between:1,64", "is a whole number, lies between 1 and 64"),
        ("nullable|in:easy,hard", "may be empty, is one of `easy`, `hard`"),
        (
            "required|regex:/^(a|b)$/i|max:3",
            "must not be empty, fits the pattern `/^(a|b)$/i`, has at most 3 characters",
        ),
        ("required|boolean", "must not be empty, is on or off (1 or 0)"),
        ("required_if:X,1", "obeys the panel's rule `required_if:X,1`"),
        ("", ""),
    ],
)
def test_rules_are_said_in_plain_words(rules: str, words: str) -> None:
    assert rules_words(rules) == words


def test_a_pattern_keeps_its_bars() -> None:
    assert rules_of("required|regex:/^(x|y|z)\\.jar$/|max:9") == [
        "required",
        "regex:/^(x|y|z)\\.jar$/",
        "max:9",
    ]


def test_a_variable_never_shows_its_value_in_a_log() -> None:
    variable = Variable(
        name="Rcon",
        description="",
        env_variable="RCON_PASSWORD",
        default_value="hunter1",
        server_value="hunter2",
        is_editable=True,
        rules="",
    )
    assert "hunter" not in repr(variable)
