"""One member at the playground: what they type and press, and what they then see."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from demo.playground import Playground

LOOK_EVERY: Final = 0.1  # seconds
SHORTLY: Final = 12.0  # seconds


class Scene:
    """One member at the playground, and what they do there."""

    def __init__(self, playground: Playground, member: Any) -> None:
        self.playground = playground
        self.member = member
        self.channel = playground.guild.channel

    def of(self, name: str) -> "Scene":
        """The same place for another member, by the name that is shown."""
        return Scene(self.playground, person(self.playground, name))

    def role(self, name: str) -> Any:
        """A role of the guild."""
        return self.playground.guild.roles[name]

    async def slash(self, command: str, until: str, /, **options: Any) -> None:
        """Type a command, and wait for what it shows."""
        async with self.playground.stage.turn():
            await self.member.slash(self.channel, command, **options)
        await self.sees(until)

    async def click(self, label: str, until: str) -> None:
        """Press a button of the newest message that has it."""
        message = await self.having(label)
        async with self.playground.stage.turn():
            await self.member.click(message, label=label)
        await self.sees(until)

    async def select(self, values: Sequence[Any], until: str, *, custom_id: str) -> None:
        """Choose in a select of the newest message that has it."""
        message = await self.having(custom_id)
        found = next(one for one in _ids(message) if one.startswith(custom_id))
        async with self.playground.stage.turn():
            await self.member.select(message, values, custom_id=found)
        await self.sees(until)

    async def fill(self, opener: str, values: dict[str, Any], until: str) -> None:
        """Press a button that opens a form, and send it filled in."""
        message = await self.having(opener)
        async with self.playground.stage.turn():
            shown = await self.member.click(message, label=opener)
            await self.member.submit_modal(shown, values)
        await self.sees(until)

    async def submit(
        self, command: str, values: dict[str, Any], until: str, /, **options: Any
    ) -> None:
        """Type a command that opens a form, and send it filled in."""
        async with self.playground.stage.turn():
            shown = await self.member.slash(self.channel, command, **options)
            await self.member.submit_modal(shown, values)
        await self.sees(until)

    async def sees(self, text: str, *, times: int = 1, within: float = SHORTLY) -> None:
        """Wait until a text or a button stands in the channel, for this member, so many times.

        Raises:
            TimeoutError: It doesn't come; says what is there.
        """
        for _try in range(round(within / LOOK_EVERY)):
            if (await self._all()).count(text) >= times:
                return
            await asyncio.sleep(LOOK_EVERY)
        raise TimeoutError(f"{text!r} was never seen; there is:\n{await self._all()}")

    async def _all(self) -> str:
        there = await self._history()
        return "\n".join("\n".join((_texts(one), *_labels(one))) for one in there)

    async def having(self, what: str) -> Any:
        """The newest message with a button or select of that label or id."""
        for message in reversed(await self._history()):
            if what in _labels(message) or any(one.startswith(what) for one in _ids(message)):
                return message
        raise LookupError(f"nothing has {what!r}:\n{await self._all()}")

    async def _history(self) -> list[Any]:
        async with self.playground.stage.turn():
            return list(self.channel.history(viewer=self.member))


@dataclass(frozen=True)
class Picture:
    """A scene to be drawn: who looks on, what is done, and what has to be in view at its end."""

    who: str
    play: Callable[[Scene], Awaitable[None]]
    shows: str = ""
    """A text of the message to be shown from its top; empty = the end of the channel."""


def person(playground: Playground, name: str) -> Any:
    """A member of the guild, by the name that is shown.

    Raises:
        KeyError: Nobody is called that.
    """
    guild = playground.guild
    return {"Mia": guild.member, "Max": guild.moderator, "Ada": guild.admin}[name]


def _walk(components: Any) -> Any:
    for one in components:
        yield one
        yield from _walk(getattr(one, "children", None) or ())
        accessory = getattr(one, "accessory", None)
        if accessory is not None:
            yield accessory


def _texts(message: Any) -> str:
    found = (getattr(one, "content", None) for one in _walk(message.components))
    return "\n".join([message.content or "", *(text for text in found if isinstance(text, str))])


def _labels(message: Any) -> list[str]:
    return [label for one in _walk(message.components) if (label := getattr(one, "label", None))]


def _ids(message: Any) -> list[str]:
    found = (getattr(one, "custom_id", None) for one in _walk(message.components))
    return [one for one in found if one]
