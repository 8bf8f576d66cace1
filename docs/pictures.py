"""The pictures of the documentation: `python -m docs.pictures [FOLDER]` draws them anew.

Each is a scene of the playground: the bot is real, its panel and Discord are played on this
machine, and Chromium shows what a member sees, on a phone and on a desk.
"""

import argparse
import asyncio
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from playwright.async_api import Page, async_playwright

from bot import logs
from demo.panel import demo_world
from demo.playground import Playground, open_playground
from docs.scene import Picture, Scene, person
from docs.scenes import SERVERS
from docs.scenes_asking import ASKING
from tests.playground.visitor import FLAGS, Visitor

FOLDER: Final = Path(__file__).parent / "images"
SIZES: Final = {"phone": (390, 844), "desktop": (1280, 800)}
BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
SETTLE: Final = 0.6  # seconds; the page asks twice a second what is new
SCENES: Final = SERVERS | ASKING


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
            with tempfile.TemporaryDirectory(prefix="roost-pictures-") as data:
                world = demo_world(boot_seconds=1.0, stop_seconds=0.2, chatter=True)
                async with open_playground(Path(data), world=world) as playground:
                    page = await browser.new_page()
                    try:
                        await _draw(playground, page, SCENES[name], folder / name)
                    finally:
                        await page.close()
        await browser.close()


async def _draw(playground: Playground, page: Page, picture: Picture, file: Path) -> None:
    width, height = SIZES["desktop"]
    await page.set_viewport_size({"width": width, "height": height})
    visitor = Visitor(page)
    await page.goto(playground.page.url)
    await visitor.sees("Welcome")
    await visitor.become(picture.who)
    await picture.play(Scene(playground, person(playground, picture.who)))
    for size, (width, height) in SIZES.items():
        await page.set_viewport_size({"width": width, "height": height})
        await asyncio.sleep(SETTLE)
        for _look in range(2):  # a picture in the message comes later, and makes it longer
            await page.evaluate(_INTO_VIEW, picture.shows)
            await asyncio.sleep(SETTLE)
        await page.screenshot(path=f"{file}-{size}.png")


# Discord wraps long lines of code, its stand-in would cut them off
_INTO_VIEW: Final = """text => {
    for (const code of document.querySelectorAll("pre, pre code")) {
        code.style.whiteSpace = "pre-wrap";
        code.style.overflowWrap = "anywhere";
        code.style.minWidth = 0;
    }
    const line = document.querySelector("#channel-timeline");
    line.scrollTop = line.scrollHeight;
    const there = [...document.querySelectorAll(".channel-message")];
    const meant = text && there.findLast(one => one.textContent.includes(text));
    if (meant) meant.scrollIntoView();
}"""


def main() -> None:
    """Draw what was asked for."""
    logs.setup(level="warning")
    parser = argparse.ArgumentParser(prog="python -m docs.pictures", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER, help="default: docs/images")
    parser.add_argument(
        "scenes", nargs="*", choices=[[], *SCENES], metavar="SCENE", help="default: all"
    )
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(draw(asked.folder, asked.scenes))


if __name__ == "__main__":
    main()
