"""Nobody reads the manual: whatever is typed and pressed in whatever order, Roost answers.

Members wander: they type any command with any options, press any button that they see, choose
anything, and send forms half filled in. Discord's own limits are checked on the way, and an error
in the log fails the test as everywhere.
"""

import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from msgspec import structs

from bot.config import Config
from demo.panel import SimPanel
from tests.commands.test_bad_input import commands_of
from tests.wirecord import Json, Member, Shown, components_of
from tests.wirecord.protocol import SELECTS, Component, Option, Permission
from tests.world import World

WORDS = (
    "Survival",
    "Creative",
    "",
    "0",
    "-1",
    "99999",
    "1h",
    "day 04:00",
    "0 4 * * *",
    "say hi",
    "@everyone",
    "**bold** `code` <@&1>",
    "../../etc/passwd",
    "/server.properties",
    "Europe/Berlin",
    "mia@example.com",
    "(a+)+$",
    "[a",
    "ünïcödé 🙂 \u202egnp.exe",
    "x" * 4000,
)
UNTRIED = ("panel remove", "privacy", "panel rekey", "account ")
"""What would take the ground away under the rest; tried elsewhere."""
SEEN_LAST = 40
PRESSED = frozenset({Component.BUTTON, *SELECTS})


@pytest.fixture(scope="module")
def set_up() -> Callable[[Config], Config]:
    """A bot whose members may do as much a minute as they can."""

    def change(config: Config) -> Config:
        free = structs.replace(
            config.limits, interactions_per_minute=1_000_000, costly_per_minute=1_000_000
        )
        return structs.replace(config, limits=free)

    return change


class Wanderer:
    """Some members of one guild who do one thing after the other, by a die."""

    def __init__(self, world: World, people: Sequence[Member], die: random.Random) -> None:
        self._world = world
        self._people = people
        self._die = die
        self._commands = {
            name: options
            for name, options in commands_of(world).items()
            if not name.startswith(UNTRIED)
        }
        self._seen: list[Json] = []
        self.done = 0

    async def step(self) -> None:
        """One thing; what a Discord client wouldn't let them do is no step."""
        is_typed = not self._seen or self._die.random() < 0.4
        try:
            about, shown = await (self._type() if is_typed else self._press())
            if shown is None:
                return
            await self._answered(shown, about)
            if shown.modal is not None:
                sent = await shown.who.submit(shown, *self._filled(shown.modal))
                await self._answered(sent, f"{about}, its form")
        except PermissionError:
            return
        except ValueError as error:
            if "Discord would not send it" not in str(error):
                raise
            return
        self.done += 1

    async def _answered(self, shown: Shown, about: str) -> None:
        try:
            await shown.until(lambda: shown.modal or shown.type == 6 or shown.text or _files(shown))
        except TimeoutError as error:
            pytest.fail(f"{about} was left without an answer: {error}")
        assert "my side" not in shown.text, f"{about} → {shown.text}"
        assert not any(message["_pings"] for message in shown.messages), about
        self._seen += [*shown.messages, *self._world.channel.public()[-3:]]
        del self._seen[:-SEEN_LAST]

    async def _type(self) -> tuple[str, Shown | None]:
        who = self._die.choice(self._people)
        name, options = self._die.choice(list(self._commands.items()))
        filled: dict[str, Any] = {}
        for option in options:
            if option.get("required") or self._die.random() < 0.6:
                key = str(option["name"])
                filled[key.replace("-", "__")] = await self._value(who, name, option, filled)
        about = f"{who.name}: /{name} {filled!r}"[:400]
        return about, await who.slash(self._world.channel, name, **filled)

    async def _value(self, who: Member, name: str, option: Json, filled: dict[str, Any]) -> Any:
        world, die = self._world, self._die
        if option.get("choices"):
            return die.choice(option["choices"])["value"]
        match option["type"]:
            case Option.STRING:
                if option.get("autocomplete") and die.random() < 0.8:
                    typed = {k: v for k, v in filled.items() if "__" not in k}
                    offered = await who.autocomplete(
                        world.channel, name, option["name"], die.choice(("", "s", "a")), **typed
                    )
                    if offered:
                        return die.choice(offered)["value"]
                return self._word(option, is_required=bool(option.get("required")))
            case Option.INTEGER | Option.NUMBER:
                least = int(option.get("min_value", -5))
                return die.randint(least, min(int(option.get("max_value", 1000)), least + 1000))
            case Option.BOOLEAN:
                return die.random() < 0.5
            case Option.USER | Option.MENTIONABLE:
                return die.choice(self._people)
            case Option.ROLE:
                return world.mods
            case Option.CHANNEL:
                return world.channel
            case Option.ATTACHMENT:
                return ("note.txt", b"hello\n")
        raise LookupError(f"an option of type {option['type']}")

    def _word(self, field: Json, *, is_required: bool) -> str:
        least = field.get("min_length") or int(is_required)
        word = self._die.choice(WORDS)[: field.get("max_length") or 4000]
        return word if len(word) >= least else "x" * least

    async def _press(self) -> tuple[str, Shown | None]:
        message = self._die.choice(self._seen)
        offered = [
            one
            for one in components_of(message.get("components"))
            if one["type"] in PRESSED and one.get("custom_id") and not one.get("disabled")
        ]
        if not offered:
            return "", None
        component = self._die.choice(offered)
        readers = [who for who in self._people if message.get("_seen_by") in (None, who.id)]
        who = self._die.choice(readers)
        values = None if component["type"] == Component.BUTTON else self._chosen(component)
        about = f"{who.name}: {component['custom_id']} {component.get('label')} {values}"
        return about, await who.click(message, component["custom_id"], values=values)

    def _chosen(self, component: Json) -> list[str]:
        world = self._world
        match component["type"]:
            case Component.USER_SELECT:
                return [self._die.choice(self._people).id]
            case Component.ROLE_SELECT | Component.MENTIONABLE_SELECT:
                return [world.mods.id]
            case Component.CHANNEL_SELECT:
                return [world.channel.id]
        options = [option["value"] for option in component["options"]]
        least = component.get("min_values")
        count = self._die.randint(
            1 if least is None else least, min(component.get("max_values") or 1, len(options))
        )
        return self._die.sample(options, count)

    def _filled(self, modal: Json) -> list[Any]:
        """Something for each field, in order; what was in it stays now and then."""
        values: list[Any] = []
        for row in modal["components"]:
            field = row.get("component") or (row.get("components") or [{}])[0]
            match field.get("type"):
                case Component.TEXT_INPUT if field.get("value") and self._die.random() < 0.5:
                    values.append(field["value"])
                case Component.TEXT_INPUT:
                    values.append(self._word(field, is_required=field.get("required", True)))
                case Component.FILE_UPLOAD:
                    values.append(("note.txt", b"hello\n"))
                case Component.RADIO_GROUP:
                    values.append(self._die.choice(field["options"])["value"])
                case Component.CHECKBOX:
                    values.append(self._die.random() < 0.5)
                case kind if kind in SELECTS or kind == Component.CHECKBOX_GROUP:
                    values.append(self._chosen(field))
        return values


def _files(shown: Shown) -> bool:
    return any(message.get("attachments") for message in shown.messages)


async def _wander(roost: World, seed: int, steps: int) -> None:
    sees_staff = roost.guild.role("Staff", Permission.MANAGE_MESSAGES)
    await roost.grant(roost.mods, "manager")
    people = (
        roost.admin,
        roost.guild.member("ada", roost.mods, sees_staff),
        roost.guild.member("ben", roost.mods, sees_staff),
        roost.guild.member("mia"),
    )
    wanderer = Wanderer(roost, people, random.Random(seed))  # a die, no secret
    for _ in range(steps):
        await wanderer.step()
    assert wanderer.done > steps / 4


async def test_whatever_members_type_and_press_they_are_answered(
    roost: World, panel: SimPanel
) -> None:
    await _wander(roost, seed=1, steps=200)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2, 12))
async def test_however_long_members_wander_they_are_answered(
    roost: World, panel: SimPanel, seed: int
) -> None:
    await _wander(roost, seed=seed, steps=1500)
