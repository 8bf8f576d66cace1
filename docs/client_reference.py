"""Writes client.md from the client's docstrings, its examples and the table of differences."""

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

import bot.pterodactyl.errors as tree
from bot.clock import SYSTEM
from bot.pterodactyl import Client
from bot.pterodactyl.account import AccountArea
from bot.pterodactyl.backups import Backups
from bot.pterodactyl.databases import Databases
from bot.pterodactyl.files import Files
from bot.pterodactyl.network import Allocations
from bot.pterodactyl.schedules import Schedules
from bot.pterodactyl.servers import Servers
from bot.pterodactyl.settings import Settings
from bot.pterodactyl.startup import StartupArea
from bot.pterodactyl.users import Users
from docs.client_examples import EXAMPLES
from docs.client_moving import DIFFERENCES

AREAS: Final[dict[str, type]] = {
    "": Client,
    "account": AccountArea,
    "servers": Servers,
    "servers.backups": Backups,
    "servers.databases": Databases,
    "servers.files": Files,
    "servers.network": Allocations,
    "servers.settings": Settings,
    "servers.startup": StartupArea,
    "servers.users": Users,
    "servers.schedules": Schedules,
}
"""Where each part is reached from a client, and its class."""

_HEAD: Final = """\
# The panel client

Written by `make docs` from the client's docstrings; a test holds it up to date and runs the
examples against the simulated panel.

`bot.pterodactyl` is the client API of a Pterodactyl panel (1.11, 1.12) or Pelican, typed and
asynchronous. It knows neither Discord nor the bot's database, so it can be used alone:

```python
import asyncio

from bot.pterodactyl import Client


async def main() -> None:
    async with Client("https://panel.example.com", "ptlc_…") as panel:
        for server in await panel.servers.list_servers():
            print(server.identifier, server.name)


asyncio.run(main())
```

- **Results** are frozen structs (`msgspec`). Sizes carry their unit in the name, moments end in
  `_at` and are aware, with the offset the panel sent. A field that only some panels have is
  `msgspec.UNSET` (and false) where it was left out, which is not the same as `None`. Fields of
  later panels are ignored.
- **Secrets** (passwords, tokens, signed links) are `Secret`: they show themselves in no `repr`, log
  or traceback; `reveal()` gives them out.
- **Limits.** Every call ends: 30 s, and 930 s for packing and unpacking. No redirect is followed,
  no body over 16 MiB is read.
- **Repeats.** What may be sent twice without harm (reading, setting a state) is sent up to three
  times within 10 s when the panel or its gateway is away; creating, commands and power never are.
- **Budget.** The panel counts an account's requests by the minute. Calls wait in order for room
  and a 429 is waited out, so a crowd of callers sees none. Share one `Budgets` between clients, and
  keys of one account share its count.
- **Addresses.** A `Network` with an `AddressGuard` decides what may be dialled, for the panel, its
  nodes and their links alike. Without one everything may but a cloud's metadata service.
"""

_ERRORS: Final = """\
## Errors

Everything a call raises is a `PanelError`. `maybe_done` tells whether it may have happened all the
same: then look, don't repeat. (`ValueError` for an id that is empty, `.` or `..`: nothing is sent.)
"""

_MOVING: Final = """\
## From Pydactyl to Roost

Methods have the seed's names and parameters: add `await`, and drop `.client`
(`api.client.servers.backups` is `panel.servers.backups`). `detail` and `json` are gone, since
results are typed: `server["name"]` becomes `server.name`. What differs beyond that, found by making
the same calls with both (py-dactyl 2.1.3) and comparing what is sent and given:
"""


def page() -> str:
    """The text of client.md."""
    parts = [_HEAD, _ERRORS, f"```text\n{_tree()}\n```\n", _MOVING, _moving()]
    for where, area in AREAS.items():
        parts.append(f"## `panel{'.' if where else ''}{where}`\n")
        parts.append(_about(area) if where else f"{_made()}\n")
        parts += [_method(where, name, member) for name, member in methods(area)]
    return "\n".join(filter(None, parts))


def methods(area: type) -> Iterator[tuple[str, Any]]:
    """The public methods of an area, in the order in which they are written."""
    for name, member in vars(area).items():
        is_public = not name.startswith("_") and name != "url"
        if is_public and (inspect.isfunction(member) or isinstance(member, property)):
            yield name, member


def path(where: str, name: str) -> str:
    """How a method is reached from a client."""
    return f"{where}.{name}" if where else name


def _made() -> str:
    return f"### `Client{_signature(Client.__init__)}`\n\n{_words(Client.__doc__)}"


def _about(area: type) -> str:
    """What an area's docstring says after the name it is reached by."""
    first, _, rest = _words(area.__doc__).partition("\n\n")
    more = first.removeprefix("`client.").partition("`")[2].lstrip(":.; ")
    told = [f"{more[:1].upper()}{more[1:]}" if more else "", rest]
    text = "\n\n".join(filter(None, told))
    return f"{text}\n" if text else ""


def _tree() -> str:
    text = inspect.getdoc(tree) or ""
    lines = text.split("\n\n")[1].splitlines()
    return "\n".join(line.removeprefix("    ") for line in lines)


def _moving() -> str:
    rows = ["| Method | What differs, and why |", "| --- | --- |"]
    rows += [f"| `{name}` | {each.reason} |" for name, each in DIFFERENCES.items()]
    return "\n".join(rows) + "\n"


def _method(where: str, name: str, member: Any) -> str:
    called = path(where, name)
    if isinstance(member, property):
        signature, doc = "", member.fget.__doc__
    else:
        signature, doc = _signature(member), member.__doc__
    example = EXAMPLES[called].rstrip()
    return f"### `{called}{signature}`\n\n{_words(doc)}\n\n```python\n{example}\n```\n"


def _signature(function: Callable[..., Any]) -> str:
    found = inspect.signature(function)
    shown = [
        each.replace(annotation=inspect.Parameter.empty, default=_default(each.default))
        for each in found.parameters.values()
    ]
    return str(found.replace(parameters=shown[1:], return_annotation=inspect.Signature.empty))


class _Named:
    """A default as it is written, where its `repr` would show where it lies in memory."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return self._name


def _default(value: object) -> object:
    return _Named("SYSTEM") if value is SYSTEM else value


def _words(doc: str | None) -> str:
    """A docstring as Markdown: what happens, then its arguments and errors as lists."""
    text = inspect.cleandoc(doc or "")
    parts = re.split(r"^(Args|Returns|Raises):\n", text, flags=re.MULTILINE)
    words = [parts[0].strip()]
    for title, block in zip(parts[1::2], parts[2::2], strict=True):
        name = {"Args": "Parameters"}.get(title, title)
        lines = inspect.cleandoc("\n" + block)
        if title == "Returns":
            words.append(f"**{name}**: {' '.join(lines.split())}")
            continue
        words.append(f"**{name}**\n\n" + "\n".join(_items(lines)))
    return "\n\n".join(words)


def _items(lines: str) -> Iterator[str]:
    item = ""
    for line in lines.splitlines():
        if line.startswith(" "):
            item += f" {line.strip()}"
            continue
        if item:
            yield item
        names, _, rest = line.partition(": ")
        quoted = ", ".join(f"`{each}`" for each in names.split(", "))
        item = f"- {quoted}: {rest}"
    if item:
        yield item
