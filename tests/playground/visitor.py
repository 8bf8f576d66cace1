"""A visitor of the playground's page: Chromium, and what one does in it."""

import contextlib
import re
from collections.abc import AsyncIterator
from typing import Final

from playwright.async_api import Browser, Locator, Page, Response, async_playwright, expect
from playwright.async_api import TimeoutError as PlaywrightTimeout

FLAGS: Final = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
]
SHOWN_WITHIN: Final = 20_000  # milliseconds
LOST_AFTER: Final = 8_000  # milliseconds


class Visitor:
    """One tab. `done` counts the acts; `refused` holds the answers to those that were not taken."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.done = 0
        self.refused: list[str] = []
        page.set_default_timeout(SHOWN_WITHIN)

    @property
    def messages(self) -> Locator:
        return self.page.locator("#channel-message-list")

    async def become(self, name: str) -> None:
        """Choose who to be."""
        async with self._taken("viewer"):
            await self.page.locator("#viewer-picker").select_option(label=name)

    async def slash(self, command: str, **options: str) -> None:
        """Type a slash command, picking what is offered for each option."""
        page = self.page
        await page.locator("#channel-composer-input").fill(f"/{command}")
        await page.locator(".command-entry", has_text=f"/{command}").first.click()
        for name, value in options.items():
            await page.locator(".command-ghost").click()
            await page.locator(f'.command-suggestion[data-value="{name}"]').click()
            field = page.locator(f'.command-option-input[data-option="{name}"]')
            await field.press_sequentially(value[:3].lower())
            await page.locator(".command-suggestion", has_text=re.compile(f"^{value}$")).click()
        async with self._taken("run_command"):
            await page.locator("#send-message").click()

    async def press(self, label: str) -> None:
        """Press the newest button of that name; again if the message was drawn anew under it."""
        button = self.messages.get_by_role("button", name=label).last
        try:
            async with self._taken("click", within=LOST_AFTER):
                await button.click()
        except PlaywrightTimeout:
            async with self._taken("click"):
                await button.click()

    async def sees(self, text: str) -> None:
        """Wait until a text stands in the channel."""
        await expect(self.messages).to_contain_text(text, timeout=SHOWN_WITHIN)

    @contextlib.asynccontextmanager
    async def _taken(self, kind: str, *, within: float = SHOWN_WITHIN) -> AsyncIterator[None]:
        """Wait until the page hears what came of an act of that kind, and note it."""
        async with self.page.expect_response(
            lambda response: _is_act(response, kind), timeout=within
        ) as heard:
            yield
        response = await heard.value
        said = await response.json()
        self.done += 1
        if said["rejected"] or said["settlement"] != "settled":
            self.refused.append(str(said))


def _is_act(response: Response, kind: str) -> bool:
    asked = response.request.post_data or ""
    return response.url.endswith("/api/action") and f'"kind":"{kind}"' in asked


@contextlib.asynccontextmanager
async def visiting(chromium: str, url: str, *, width: int = 1280) -> AsyncIterator[Visitor]:
    """Open the page in a browser of its own."""
    async with async_playwright() as driver:
        browser: Browser = await driver.chromium.launch(executable_path=chromium, args=FLAGS)
        page = await browser.new_page(viewport={"width": width, "height": 900})
        visitor = Visitor(page)
        await page.goto(url)
        await visitor.sees("Welcome")
        yield visitor
        await browser.close()
