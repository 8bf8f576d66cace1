"""Startup variables (contract: startup.md)."""

from demo.panel import shapes
from demo.panel.ask import Answer, Ask, Route
from demo.panel.paging import listed
from demo.panel.refusal import bad_request, bug
from demo.panel.validation import checked, laravel, present, required, string


async def list_variables(ask: Ask) -> Answer:
    server = ask.server
    rows = [row for row in server.egg.variables if row.is_viewable]
    meta: dict[str, object] = {
        "startup_command": shapes.invocation(server, is_open=True),
        "docker_images": server.egg.docker_images or [],
        "raw_startup_command": server.egg.startup,
    }
    return Answer(body=listed((shapes.variable(row, server) for row in rows), meta))


async def update_variable(ask: Ask) -> Answer:
    checked(ask.body, {"key": (required, string), "value": (present,)})
    server, key = ask.server, ask.text_of("key")
    found = [row for row in server.egg.variables if row.env_variable.lower() == key.lower()]
    missing = "The environment variable you are trying to edit does not exist."
    if not found:
        raise bad_request(missing) if ask.panel.version == "pelican" else bug("ErrorException")
    row = found[0]
    if not row.is_viewable:
        raise bad_request(missing)
    if not row.is_editable:
        raise bad_request("The environment variable you are trying to edit is read-only.")
    checked({"value": ask.body.get("value")}, {"value": laravel(row.rules)})
    value = ask.body.get("value")
    old = server.values.get(row.env_variable)
    server.values[row.env_variable] = "" if value is None else str(value)
    if ask.panel.version == "1.11" or old != server.values[row.env_variable]:
        ask.log("server:startup.edit", variable=row.env_variable, old=old, new=value)
    body = shapes.variable(row, server)
    attributes = body["attributes"]
    if isinstance(attributes, dict):
        attributes["server_value"] = value
    body["meta"] = {
        "startup_command": shapes.invocation(server, is_open=True),
        "raw_startup_command": server.egg.startup,
    }
    return Answer(body=body)


ROUTES = (
    Route("GET", "servers/{server}/startup", list_variables, "startup.read"),
    Route("PUT", "servers/{server}/startup/variable", update_variable, "startup.update"),
)
