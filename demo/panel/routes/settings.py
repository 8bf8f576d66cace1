"""Name, description, reinstall, image (contract: settings.md)."""

from demo.panel import jobs
from demo.panel.ask import ACCEPTED, NOTHING, Answer, Ask, Route
from demo.panel.refusal import bad_request
from demo.panel.validation import at_most, checked, one_of, present, required, string


async def rename_server(ask: Ask) -> Answer:
    checked(ask.body, {"name": (required, string, at_most(191)), "description": (string,)})
    server = ask.server
    name = ask.text_of("name")
    if name != server.name:
        ask.log("server:settings.rename", old=server.name, new=name)
        server.name = name
    if "description" in ask.body and ask.panel.version != "pelican":
        _describe(ask)
    return NOTHING


async def describe_server(ask: Ask) -> Answer:
    """Pelican's call of its own (contract: pelican.md)."""
    checked(ask.body, {"description": (present, string)})
    _describe(ask)
    return NOTHING


def _describe(ask: Ask) -> None:
    server, text = ask.server, ask.text_of("description")
    if text != server.description:
        ask.log("server:settings.description", old=server.description, new=text)
        server.description = text


async def reinstall_server(ask: Ask) -> Answer:
    await ask.reach_node()
    ask.log("server:reinstall")
    jobs.start_install(ask.panel, ask.server)
    return ACCEPTED


async def set_docker_image(ask: Ask) -> Answer:
    server = ask.server
    images = list(server.egg.docker_images.values())
    checked(ask.body, {"docker_image": (required, string, at_most(191), one_of(*images))})
    if server.docker_image not in images:
        raise bad_request(
            "This server's Docker image has been manually set by an administrator and cannot be"
            " updated."
        )
    image = ask.text_of("docker_image")
    if image != server.docker_image:
        ask.log("server:startup.image", old=server.docker_image, new=image)
        server.docker_image = image
    return NOTHING


_SETTINGS = "servers/{server}/settings"
ROUTES = (
    Route("POST", f"{_SETTINGS}/rename", rename_server, "settings.rename"),
    Route("POST", f"{_SETTINGS}/reinstall", reinstall_server, "settings.reinstall"),
    Route("PUT", f"{_SETTINGS}/docker-image", set_docker_image, "startup.docker-image"),
)
PELICAN_ROUTES = (
    Route("POST", f"{_SETTINGS}/description", describe_server, "settings.description"),
)
