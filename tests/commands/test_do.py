"""/do: recipes are made, given, run, and what is filled in is checked."""

import pytest

from demo.panel import SimPanel
from tests.wirecord import Json, Shown, eventually
from tests.world import World, private, public


async def made(world: World, name: str, template: str, **options: object) -> Shown:
    """Make a recipe as the admin does; its card."""
    shown = await world.admin.slash(world.channel, "access console", **options)
    await private(shown)
    listed = await world.admin.click(shown.message, label="Recipes")
    await listed.until(lambda: "Recipes for" in listed.text)
    form = await world.admin.click(listed.message, label="New recipe …")
    card = await world.admin.submit(form, name, template)
    await card.answered()
    return card


async def given(world: World, card: Shown, *ids: str) -> None:
    name = select(card.message)["custom_id"]
    shown = await world.admin.select(card.message, list(ids), custom_id=name)
    await shown.until(lambda: all(f"<@&{one}>" in shown.text for one in ids))


def select(message: Json) -> Json:
    found: list[Json] = []

    def walk(parts: list[Json]) -> None:
        for one in parts:
            if one.get("type") == 6:
                found.append(one)
            walk(one.get("components", []))

    walk(message["components"])
    return found[0]


def commands(panel: SimPanel) -> int:
    return sum(asked.endswith("/command") for asked in panel.asked)


async def test_a_recipe_is_made_given_and_run_without_the_right_to_the_console(
    roost: World, panel: SimPanel
) -> None:
    card = await made(roost, "Whitelist", "whitelist add {player: name}", server="Survival")
    assert "whitelist add" in card.text
    mia = roost.guild.member("mia", roost.mods)
    no = await mia.slash(roost.channel, "do", recipe="whitelist", server="Survival")
    assert "You can't use" in await private(no)
    await given(roost, card, roost.mods.id)

    form = await mia.slash(roost.channel, "do", recipe="whitelist", server="Survival")
    assert form.modal is not None
    assert form.modal["title"] == "whitelist · Survival"
    sent = await mia.submit(form, "Mia_1")

    assert "Sent to **Survival**: `whitelist add Mia_1`" in await private(sent)
    typed = await mia.slash(
        roost.channel, "do", recipe="whitelist", server="Survival", arguments="Tom"
    )
    assert "`whitelist add Tom`" in await private(typed)
    assert commands(panel) == 2
    tail = await mia.slash(roost.channel, "console tail", server="Survival")
    assert "You can't use" in await private(tail)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("@a", "nothing for **player**"),
        ("Mia; stop", "more values"),
        ("Mia\u200b", "nothing for **player**"),
        ('"Mia', "double quote"),
        ("../x", "nothing for **player**"),
    ],
)
async def test_a_value_that_could_break_out_is_told_and_not_sent(
    roost: World, panel: SimPanel, arguments: str, says: str
) -> None:
    await made(roost, "whitelist", "whitelist add {player: name}")

    shown = await roost.admin.slash(
        roost.channel, "do", recipe="whitelist", server="Survival", arguments=arguments
    )

    assert says in await private(shown)
    assert commands(panel) == 0


BREAKING_OUT = [
    'x"},{"text":"y',
    "x\u0085stop",
    "x\u2028stop",
    "x\u2029stop",
    "x\x0bstop",
    "x\rstop",
    "x\nstop",
    "x; stop",
    "@a",
    "hello @e[type=item]",
    "{Items:[]}",
    "x\\",
    "`x`",
    "*",
    "/stop",
    "x //stop",
    "x\u202estop",
    "x\u00a0y",
    "x\u3000y",
]


@pytest.mark.parametrize("value", BREAKING_OUT, ids=ascii)
async def test_no_value_gets_out_of_its_text(roost: World, panel: SimPanel, value: str) -> None:
    await made(roost, "shout", 'tellraw @a {{"text":"{msg: text 80}"}}')
    typed = await roost.admin.slash(
        roost.channel, "do", recipe="shout", server="Survival", arguments=value
    )
    form = await roost.admin.slash(roost.channel, "do", recipe="shout", server="Survival")
    filled = await roost.admin.submit(form, value)

    for shown in (typed, filled):
        await shown.settled()
        assert "**msg** can't hold" in shown.text, shown.text
    assert commands(panel) == 0


async def test_what_was_typed_into_the_form_comes_back_when_it_isn_t_taken(
    roost: World, panel: SimPanel
) -> None:
    await made(roost, "shout", "say {msg: text 40} {sky: clear|rain}")
    form = await roost.admin.slash(roost.channel, "do", recipe="shout", server="Survival")

    sent = await roost.admin.submit(form, "@everyone", ["rain"])

    said = await private(sent)
    assert "can't hold `@`" in said
    assert "What you typed" in said
    assert commands(panel) == 0


async def test_a_member_is_picked_and_the_channel_is_told_of_a_public_recipe(
    roost: World, panel: SimPanel
) -> None:
    card = await made(roost, "unlink", "discord unlink {who: member}")
    await given(roost, card, roost.mods.id)
    public_now = await roost.admin.click(card.message, label="Public")
    await public_now.until(lambda: "that it was run): on" in public_now.text)
    mia = roost.guild.member("mia", roost.mods)
    tom = roost.guild.member("tom")

    form = await mia.slash(roost.channel, "do", recipe="unlink", server="Survival")
    sent = await mia.submit(form, [tom.id])

    assert f"`discord unlink {tom.id}`" in (await sent.answered()).text
    await roost.posted("ran *unlink* on **Survival**")
    typed = await mia.slash(
        roost.channel, "do", recipe="unlink", server="Survival", arguments=f"<@{tom.id}>"
    )
    assert f"`discord unlink {tom.id}`" in (await typed.answered()).text
    assert len(public(roost.channel)) == 2


async def test_the_answer_is_shown_only_where_the_admin_says_so(
    roost: World, panel: SimPanel
) -> None:
    card = await made(roost, "online", "list")
    await given(roost, card, roost.mods.id)
    mia = roost.guild.member("mia", roost.mods)

    blind = await mia.slash(roost.channel, "do", recipe="online", server="Survival")
    assert "It said nothing" not in (said := await private(blind))
    assert "players online" not in said
    shown = await roost.admin.click(card.message, label="Answer")
    await shown.until(lambda: "console says then): on" in shown.text)
    seeing = await mia.slash(roost.channel, "do", recipe="online", server="Survival")

    assert "```" in await private(seeing)


async def test_choices_are_the_recipes_this_member_may_run_there(
    roost: World, panel: SimPanel
) -> None:
    await made(roost, "everywhere", "list")
    card = await made(roost, "here", "say hi", server="Creative")
    await given(roost, card, roost.mods.id)
    mia = roost.guild.member("mia", roost.mods)

    mine = await mia.autocomplete(roost.channel, "do", "recipe", "")
    theirs = await roost.admin.autocomplete(roost.channel, "do", "recipe", "every")
    where = await mia.autocomplete(roost.channel, "do", "server", "", recipe="here")

    assert [one["value"] for one in mine] == ["here"]
    assert [one["value"] for one in theirs] == ["everywhere"]
    assert [one["name"] for one in where] == ["Creative"]


async def test_a_recipe_for_one_server_is_none_for_another(roost: World, panel: SimPanel) -> None:
    await made(roost, "here", "say hi", server="Creative")

    shown = await roost.admin.slash(roost.channel, "do", recipe="here", server="Survival")

    assert "no such recipe for **Survival**" in await private(shown)
    unknown = await roost.admin.slash(roost.channel, "do", recipe="nope", server="Survival")
    assert "no such recipe" in await private(unknown)


@pytest.mark.parametrize(
    ("name", "template", "says"),
    [
        ("x", "say {msg", "isn't closed"),
        ("x", "say {msg: nmae}", "of no kind that I know"),
        ("x", "{cmd}", "names the command itself"),
        ("a/b", "list", "can't be a recipe's name"),
    ],
)
async def test_a_recipe_that_can_t_be_is_refused_with_the_reason(
    roost: World, panel: SimPanel, name: str, template: str, says: str
) -> None:
    card = await made(roost, name, template)

    assert says in card.text
    assert not roost.app.parts.gate.book(int(roost.guild.id)).recipes


async def test_what_is_forbidden_stays_so_in_a_recipe_and_lists_don_t_matter(
    roost: World, panel: SimPanel
) -> None:
    await private(await roost.admin.slash(roost.channel, "access console", preset="minecraft-java"))
    for name, template in (("ops", "op {player: name}"), ("seen", "seen {player: name}")):
        await given(roost, await made(roost, name, template), roost.mods.id)
    mia = roost.guild.member("mia", roost.mods)

    no = await mia.slash(roost.channel, "do", recipe="ops", server="Survival", arguments="Mia")
    yes = await mia.slash(roost.channel, "do", recipe="seen", server="Survival", arguments="Mia")

    assert "`op mia` may not be sent" in await private(no)
    assert "`seen Mia`" in await private(yes)
    assert commands(panel) == 1


async def by_approval(world: World, template: str = "say {msg: text 40}") -> Shown:
    card = await made(world, "shout", template)
    on = await world.admin.click(card.message, label="By approval")
    await on.until(lambda: "may ask for it): on" in on.text)
    return card


async def test_by_approval_it_is_sent_once_somebody_who_holds_it_agreed(
    roost: World, panel: SimPanel
) -> None:
    card = await by_approval(roost)
    await given(roost, card, roost.mods.id)
    mia = await roost.member("mia", rights={"websocket.connect"})
    tom = roost.guild.member("tom", roost.mods)

    form = await mia.slash(roost.channel, "do", recipe="shout", server="Survival")
    asked = await mia.submit(form, "hello")
    await asked.answered()

    said = await roost.posted("run *shout* on **Survival**: `say hello`")
    assert "Approve" in said
    assert commands(panel) == 0
    (message,) = roost.channel.public()
    own = await mia.click(message, label="Approve")
    await own.answered()
    assert commands(panel) == 0
    await tom.click(message, label="Approve")
    await roost.posted("Sent: `say hello`")
    assert commands(panel) == 1


async def test_nobody_fills_the_channel_with_what_is_to_be_approved(
    roost: World, panel: SimPanel
) -> None:
    await by_approval(roost)
    mia = await roost.member("mia", rights={"websocket.connect"})

    for number in range(6):
        asked = await mia.slash(
            roost.channel, "do", recipe="shout", server="Survival", arguments=f"hello{number}"
        )
        said = await private(asked)

    assert "You have 5 requests open already." in said
    await roost.posted("say hello4")
    assert len(roost.channel.public()) == 5
    first = roost.channel.public()[0]
    refused = await mia.click(first, label="Decline")
    assert "*Withdraw* takes it back." in await private(refused)
    await private(await mia.click(first, label="Withdraw"))
    await roost.posted("withdrew it")
    asked = await mia.slash(
        roost.channel, "do", recipe="shout", server="Survival", arguments="hello6"
    )
    assert "I asked in this channel" in await private(asked)


async def test_by_approval_a_recipe_changed_meanwhile_is_not_sent(
    roost: World, panel: SimPanel
) -> None:
    card = await by_approval(roost)
    mia = await roost.member("mia", rights={"websocket.connect"})
    asked = await mia.slash(
        roost.channel, "do", recipe="shout", server="Survival", arguments="hello"
    )
    await asked.answered()
    form = await roost.admin.click(card.message, label="Change …")
    changed = await roost.admin.submit(form, "me {msg: text 40}")
    await changed.until(lambda: "`me {msg" in changed.text)

    (message,) = await eventually(roost.channel.public)
    await roost.admin.click(message, label="Approve")

    await roost.posted("changed meanwhile")
    assert commands(panel) == 0


async def test_who_does_not_see_the_server_can_not_even_ask(roost: World, panel: SimPanel) -> None:
    await by_approval(roost)
    eve = roost.guild.member("eve")

    shown = await eve.slash(
        roost.channel, "do", recipe="shout", server="Survival", arguments="hello"
    )

    assert "You can't use" in await private(shown)
    assert not roost.channel.public()


async def test_a_deleted_recipe_takes_its_rules_with_it_and_a_form_of_it_is_answered(
    roost: World, panel: SimPanel
) -> None:
    card = await made(roost, "whitelist", "whitelist add {player: name}")
    await given(roost, card, roost.mods.id)
    mia = roost.guild.member("mia", roost.mods)
    form = await mia.slash(roost.channel, "do", recipe="whitelist", server="Survival")

    asked = await roost.admin.click(card.message, label="Delete …")
    assert "`whitelist add {player: name}`" in await private(asked)
    assert f"<@&{roost.mods.id}>" in asked.text
    gone = await roost.admin.click(asked.message, label="Delete the recipe")
    await gone.until(lambda: "Deleted." in gone.text)

    sent = await mia.submit(form, "Mia")
    assert "no such recipe" in (await sent.answered()).text or "found no server" in sent.text
    await made(roost, "whitelist", "whitelist remove {player: name}")
    no = await mia.slash(roost.channel, "do", recipe="whitelist", server="Survival")
    assert "You can't use" in await private(no) or "found no server" in no.text


async def test_recipes_are_granted_and_denied_like_every_right_and_why_explains_them(
    roost: World, panel: SimPanel
) -> None:
    await made(roost, "online", "list")
    mia = await roost.member("mia", rights={"recipe.online"})
    ran = await mia.slash(roost.channel, "do", recipe="online", server="Survival")
    assert "Sent to" in await private(ran)
    await roost.deny(mia, "recipe.*", server="Survival")

    no = await mia.slash(roost.channel, "do", recipe="online", server="Survival")

    assert "is denied `recipe.*`" in await private(no)
    why = await mia.click(no.message, label="Why?")
    await why.until(lambda: "`/do online`" in why.text)
    asked = await mia.slash(roost.channel, "why", command="do online", server="Creative")
    assert "may use `/do online`" in await private(asked)
    unknown = await roost.admin.slash(
        roost.channel, "access grant", right="recipe.nope", role=roost.mods
    )
    assert "I know no right" in await private(unknown)
