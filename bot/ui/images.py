"""The images a server may run in, as its egg lists them."""

from collections.abc import Mapping

from bot.fleet.directory import Server
from bot.fleet.shelf import Entry
from bot.pterodactyl import Client
from bot.texts import _
from bot.ui.named import find_named
from bot.ui.text import bold, code, plain


async def load_images(client: Client, server: Server) -> list[Entry]:
    """The egg's images for an option."""
    return entries((await client.servers.startup.list_variables(server.uuid)).docker_images)


def entries(images: Mapping[str, str]) -> list[Entry]:
    """Images as the shelf keeps them: the label, since an image may be too long for a choice."""
    return [
        Entry(label, f"{plain(label, 40)} · {plain(image, 55)}"[:100])
        for label, image in images.items()
        if 0 < len(label) <= 100
    ]


def find_image(images: Mapping[str, str], text: str, server: Server, *, whole: bool) -> str:
    """The image that an option means, by its label or itself.

    Raises:
        Unfit: None, or several.
    """
    _label, image = find_named(
        images.items(),
        text,
        ids=lambda one: one,
        name=lambda one: one[0],
        label=lambda one: code(one[0], 60),
        none=_(
            "{server} can't run in that image; its egg allows {images}.",
            server=bold(server.name),
            images=", ".join(code(label, 40) for label in list(images)[:10]) or _("none"),
        ),
        whole=whole,
    )
    return image
