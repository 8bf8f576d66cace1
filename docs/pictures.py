"""The pictures of the documentation: `python -m docs.pictures [FOLDER]` draws them anew.

Each is a scene of the playground: the bot is real, its panel and Discord are played on this
machine, and Chromium shows what a member sees, on a phone and on a desk.
"""

import asyncio
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Page, async_playwright

from bot import logs
from demo.panel import demo_world
from demo.panel.eggs import FILES
from demo.playground import Playground, open_playground
from tests.playground.visitor import FLAGS, Visitor

FOLDER: Final = Path(__file__).parent / "images"
SIZES: Final = {"phone": (390, 844), "desktop": (1280, 800)}
LOOK_EVERY: Final = 0.1  # seconds
SHORTLY: Final = 12.0  # seconds
PATIENT: Final = 90.0  # seconds
SETTLED: Final = 3.0  # seconds; a board is edited at most every two
CONSOLE: Final = (
    "\x1b[32m[12:01:33 INFO]\x1b[0m: Notch[/203.0.113.7:51234] logged in with entity id 312",
    "\x1b[32m[12:01:33 INFO]\x1b[0m: Notch joined the game",
    "\x1b[33m[12:01:40 WARN]\x1b[0m: Can't keep up, is the server overloaded",
    "\x1b[33m[12:01:41 WARN]\x1b[0m: Can't keep up, is the server overloaded",
    "\x1b[33m[12:01:42 WARN]\x1b[0m: Can't keep up, is the server overloaded",
    "\x1b[32m[12:01:50 INFO]\x1b[0m: Notch issued server command: /login hunter2",
    "\x1b[31m[12:01:52 ERROR]\x1b[0m: Could not pass event PlayerLogin to Guard v2.1",
)
BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
SETTLE: Final = 0.6  # seconds; the page asks twice a second what is new


class Scene:
    """One member at the playground, and what they do there."""

    def __init__(self, playground: Playground, member: Any) -> None:
        self.playground = playground
        self.member = member
        self.channel = playground.guild.channel

    def role(self, name: str) -> Any:
        """A role of the guild."""
        return self.playground.guild.roles[name]

    async def slash(self, command: str, until: str, **options: Any) -> None:
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
        self, command: str, values: dict[str, Any], until: str, **options: Any
    ) -> None:
        """Type a command that opens a form, and send it filled in."""
        async with self.playground.stage.turn():
            shown = await self.member.slash(self.channel, command, **options)
            await self.member.submit_modal(shown, values)
        await self.sees(until)

    async def sees(self, text: str, *, within: float = SHORTLY) -> None:
        """Wait until a text stands in the channel, for this member.

        Raises:
            TimeoutError: It doesn't come; says what is there.
        """
        for _try in range(round(within / LOOK_EVERY)):
            if text in await self._all():
                return
            await asyncio.sleep(LOOK_EVERY)
        raise TimeoutError(f"{text!r} was never seen; there is:\n{await self._all()}")

    async def _all(self) -> str:
        return "\n".join(_texts(message) for message in await self._history())

    async def having(self, what: str) -> Any:
        """The newest message with a button or select of that label or id."""
        for message in reversed(await self._history()):
            if what in _labels(message) or any(one.startswith(what) for one in _ids(message)):
                return message
        raise LookupError(f"nothing has {what!r}:\n{await self._all()}")

    async def _history(self) -> list[Any]:
        async with self.playground.stage.turn():
            return list(self.channel.history(viewer=self.member))


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


# the scenes; each ends at what the picture shows


async def _setup(ada: Scene) -> None:
    await _begin_anew(ada)
    await ada.slash("setup", "Set Roost up")


async def _setup_roles(ada: Scene) -> None:
    await _begin_anew(ada)
    await _connect(ada)
    await ada.click("Roles …", "Who may do what")
    await ada.select([ada.role("Mods")], "What may", custom_id="r:setup-role")


async def _server(max_: Scene) -> None:
    await max_.slash("server info", "Players", server="Survival")


async def _backups(ada: Scene) -> None:
    await ada.slash("backup create", "is done", server="Survival", name="before the update")
    await ada.slash("backup create", "**nightly** of", server="Survival", name="nightly", lock=True)
    await ada.slash("backup list", "Backups of Survival", server="Survival")


async def _files(ada: Scene) -> None:
    await ada.slash("files read", "motd", server="Survival", path="/server.properties")
    text = str(FILES["minecraft"]["server.properties"])
    text = text.replace("max-players=20", "max-players=40").replace("pvp=true", "pvp=false")
    await ada.fill("Edit …", {"text": text}, "Write this to")


async def _subuser(ada: Scene) -> None:
    await ada.slash("subuser list", "Subusers of", server="Survival")
    await ada.slash("subuser info", "bob", server="Survival", user="bob")


async def _subuser_edit(ada: Scene) -> None:
    await ada.slash("subuser edit", "bob", server="Survival", user="bob")


async def _schedule(ada: Scene) -> None:
    here: dict[str, Any] = {"server": "Survival"}
    await ada.slash("schedule create", "Made.", name="Nightly", when="0 4 * * 1-5", **here)
    warn: dict[str, Any] = {"action": "command", "payload": "say Restart in a minute"}
    await ada.slash("schedule task-add", "Added.", schedule="Nightly", **warn, **here)
    restart: dict[str, Any] = {"action": "power", "payload": "restart", "wait": 60}
    await ada.slash("schedule task-add", "power action", schedule="Nightly", **restart, **here)
    await ada.slash("schedule show", "Nightly", schedule="Nightly", **here)


async def _account(ada: Scene) -> None:
    await _begin_anew(ada)
    await _connect(ada)
    await ada.slash("config", "Account commands", page="members")
    flip = "r:config-flip:account_commands"
    message = await ada.having(flip)
    async with ada.playground.stage.turn():
        await ada.member.click(message, custom_id=flip)
    await ada.sees("): on. For")
    await ada.slash("account two-factor", "authenticator")
    await ada.click("Set up", "Scan this")


async def _mirror(ada: Scene) -> None:
    await ada.slash("mirror create", "The console is heard", server="Lobby")
    for text in CONSOLE:
        ada.playground.panel.world.server("Lobby").line(text)
    await ada.sees("(×3)")


async def _board(ada: Scene) -> None:
    await _posted(ada, "Survival", "Creative", "Lobby", "Rust Island")
    await ada.sees("CPU")
    await asyncio.sleep(SETTLED)


async def _board_chart(ada: Scene) -> None:
    await _posted(ada, "Survival", "Lobby", chart="24h")
    await ada.sees("the last 24 hours")
    await asyncio.sleep(SETTLED)


async def _board_crash(ada: Scene) -> None:
    await _posted(ada, "Survival", "Creative", "Lobby", "Rust Island")
    await ada.sees("CPU")
    lobby = ada.playground.panel.world.server("Lobby")
    lobby.crashes_on_start = True
    lobby.crash(1)
    await ada.sees("crashed")
    await asyncio.sleep(SETTLED)


async def _board_stale(ada: Scene) -> None:
    await _posted(ada, "Survival", "Creative", "Lobby", "Rust Island")
    await ada.sees("CPU")
    panel = ada.playground.panel
    panel.world.nodes[0].is_reachable = False
    panel.drop_sockets()
    await ada.sees("last seen running", within=PATIENT)
    await asyncio.sleep(SETTLED)


async def _incident(ada: Scene) -> None:
    await ada.slash("alerts set", "Alert", event="crash", server="Lobby")
    lobby = ada.playground.panel.world.server("Lobby")
    lobby.crashes_on_start = True
    lobby.crash(137, is_oom=True)
    await ada.sees("the node leaves it off")


async def _usage(max_: Scene) -> None:
    await max_.slash("server usage", "on average", server="Survival", range="24h")


async def _error(mia: Scene) -> None:
    mia.playground.panel.fault("refused")
    await mia.slash("power restart", "doesn't answer", server="Survival")


async def _refusal(mia: Scene) -> None:
    await mia.slash("power restart", "can't use", server="Lobby")
    await mia.click("Why?", "⛔")


async def _countdown(max_: Scene) -> None:
    wish: dict[str, Any] = {"reason": "update", "delay": "10", "backup_first": True}
    await max_.slash("power restart", "restarts **Survival**", server="Survival", **wish)


async def _report(max_: Scene) -> None:
    wish: dict[str, Any] = {"reason": "update", "delay": "3s", "backup_first": True}
    await max_.slash("power restart", "Up again in", server="Survival", **wish)


async def _failure(max_: Scene) -> None:
    max_.playground.panel.world.server("Creative").crashes_on_start = True
    await max_.slash("power start", "went off again", server="Creative")
    await max_.click("Last lines", "The last")


async def _jobs(max_: Scene) -> None:
    lobby: dict[str, Any] = {"server": "Lobby", "delay": "30"}
    await max_.slash("power stop", "stops **Lobby**", reason="maintenance", **lobby)
    survival: dict[str, Any] = {"server": "Survival", "delay": "10"}
    await max_.slash("power restart", "restarts **Survival**", reason="update", **survival)
    await max_.slash("jobs", "Under way")


async def _begin_anew(ada: Scene) -> None:
    """As after the invite: no panel, no rules."""
    await ada.slash("panel remove", "Removing", panel="Nova")
    await ada.click("Remove", "is disconnected")
    for role, until in (("Mods", "moderator"), ("Members", "player")):
        await ada.slash("access revoke", until, role=ada.role(role))


async def _connect(ada: Scene) -> None:
    """Connect the panel by its form, as Ada."""
    panel = ada.playground.panel
    values = {"name": "Nova", "url": panel.url, "key": panel.key("alice")}
    await ada.submit("panel add", values, "What this key can do")


async def _posted(ada: Scene, *names: str, **options: Any) -> None:
    """Post a board of these servers."""
    await ada.slash("board create", "Which servers", title="Nova", **options)
    directory = ada.playground.app.parts.directory
    found = [s.id for s in directory.all() if s.name in names]
    await ada.select(found, f"{len(names)} servers", custom_id="r:board-pick")
    await ada.click("Post the board", "stays true")


SCENES: Final[dict[str, tuple[str, Callable[[Scene], Awaitable[None]]]]] = {
    "setup": ("Ada", _setup),
    "setup-roles": ("Ada", _setup_roles),
    "server": ("Max", _server),
    "backups": ("Ada", _backups),
    "files": ("Ada", _files),
    "subuser": ("Ada", _subuser),
    "subuser-edit": ("Ada", _subuser_edit),
    "schedule": ("Ada", _schedule),
    "account": ("Ada", _account),
    "mirror": ("Ada", _mirror),
    "board": ("Ada", _board),
    "board-chart": ("Ada", _board_chart),
    "board-crash": ("Ada", _board_crash),
    "board-stale": ("Ada", _board_stale),
    "incident": ("Ada", _incident),
    "usage": ("Max", _usage),
    "countdown": ("Max", _countdown),
    "report": ("Max", _report),
    "failure": ("Max", _failure),
    "jobs": ("Max", _jobs),
    "error": ("Mia", _error),
    "refusal": ("Mia", _refusal),
}


async def draw(folder: Path, names: Sequence[str] = ()) -> None:
    """Draw the scenes of these names, or all, into `folder`, which exists, once for each size.

    Raises:
        FileNotFoundError: There is no Chromium.
    """
    browser_path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser_path is None:
        raise FileNotFoundError("Chromium is not installed")
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=browser_path, args=FLAGS)
        for name in names or SCENES:
            who, play = SCENES[name]
            with tempfile.TemporaryDirectory(prefix="roost-pictures-") as data:
                world = demo_world(boot_seconds=1.0, stop_seconds=0.2, chatter=True)
                async with open_playground(Path(data), world=world) as playground:
                    page = await browser.new_page()
                    try:
                        await _draw(playground, page, who, play, folder / name)
                    finally:
                        await page.close()
        await browser.close()


async def _draw(
    playground: Playground,
    page: Page,
    who: str,
    play: Callable[[Scene], Awaitable[None]],
    file: Path,
) -> None:
    guild = playground.guild
    people = {"Mia": guild.member, "Max": guild.moderator, "Ada": guild.admin}
    width, height = SIZES["desktop"]
    await page.set_viewport_size({"width": width, "height": height})
    visitor = Visitor(page)
    await page.goto(playground.page.url)
    await visitor.sees("Welcome")
    await visitor.become(who)
    await play(Scene(playground, people[who]))
    for size, (width, height) in SIZES.items():
        await page.set_viewport_size({"width": width, "height": height})
        await asyncio.sleep(SETTLE)
        for _look in range(2):  # a picture in the message comes later, and makes it longer
            await page.evaluate(_TO_THE_END)
            await asyncio.sleep(SETTLE)
        await page.screenshot(path=f"{file}-{size}.png")


_TO_THE_END: Final = """() => {
    const line = document.querySelector("#channel-timeline");
    line.scrollTop = line.scrollHeight;
}"""


def main() -> None:
    """Draw into the folder that is named, or among the documentation; then names of scenes."""
    logs.setup(level="warning")
    asked = sys.argv[1:]
    folder = Path(asked[0]) if asked else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(draw(folder, asked[1:]))


if __name__ == "__main__":
    main()
