"""The file manager (contract: files.md). What the node says depends on its version."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import unquote

from demo.panel import pulling, shapes
from demo.panel.ask import NOTHING, Answer, Ask, Route
from demo.panel.blob import whole
from demo.panel.filesystem import FileTrouble
from demo.panel.paging import listed
from demo.panel.refusal import Invalid, Refusal, bug, node_said
from demo.panel.validation import array, boolean, checked, numeric, required, string, url

_EDITABLE_BYTES = 4 * 1024 * 1024
_MISSING = "The requested resources was not found on the system."
_MESSAGES = {
    "directory": (400, "Cannot perform that action: file is a directory."),
    "exists": (400, "Cannot move or rename file, destination already exists."),
    "conflict": (
        400,
        "Cannot write file, name conflicts with an existing directory by the same name.",
    ),
    "mode": (400, "Invalid file mode."),
}


@contextmanager
def _node_form(ask: Ask) -> Iterator[None]:
    """Turn the file system's troubles into the node's answers."""
    is_old = ask.server.node.files == "1.11"
    try:
        yield
    except FileTrouble as trouble:
        if trouble.kind in _MESSAGES and not (is_old and trouble.kind == "directory"):
            raise node_said(*_MESSAGES[trouble.kind]) from None
        if is_old and trouble.kind == "directory":
            raise node_said(200) from None  # it breaks off after the headers
        if is_old or trouble.kind == "archive":
            raise node_said(500) from None
        raise node_said(404, _MISSING) from None


def _named(ask: Ask, name: str) -> str:
    """A path from the query.

    Raises:
        Invalid: It is not there.
    """
    value = ask.query.get(name, "")
    if not value.strip():
        raise Invalid([(name, "required", f"The {name} field is required.")])
    return value


def _root(ask: Ask) -> str:
    if "root" in ask.body and ask.body["root"] is None:
        raise bug("TypeError")
    return ask.text_of("root") or "/"


def _files(ask: Ask) -> list[str]:
    given = ask.body["files"]
    return [str(each) for each in given] if isinstance(given, list) else []


def _check_denied(ask: Ask, path: str) -> None:
    if path.strip("/") in ask.server.egg.denied_files:
        text = "This file cannot be modified: present in egg denylist."
        raise node_said(403, text)


async def list_files(ask: Ask) -> Answer:
    await ask.reach_node(wants_json=True)
    with _node_form(ask):
        entries = ask.server.files.listing(ask.query.get("directory") or "/")
    return Answer(body=listed(shapes.file_object(entry) for entry in entries))


async def read_file(ask: Ask) -> Answer:
    path = _named(ask, "file")
    await ask.reach_node()
    with _node_form(ask):
        blob = ask.server.files.read(path)
    if blob.size > _EDITABLE_BYTES:
        raise Refusal(
            400,
            "FileSizeTooLargeException",
            "The file you are attempting to open is too large to view in the file editor.",
        )
    ask.log("server:file.read", file=path)
    return Answer(raw=whole(blob), content_type="text/plain; charset=UTF-8")


async def download_file(ask: Ask) -> Answer:
    path = unquote(_named(ask, "file"))
    link = ask.panel.link(ask.user, ask.server, "download/file", {"file_path": path})
    ask.log("server:file.download", file=path)
    return Answer(body=shapes.signed_url(link))


async def upload_link(ask: Ask) -> Answer:
    return Answer(body=shapes.signed_url(ask.panel.link(ask.user, ask.server, "upload/file", {})))


async def write_file(ask: Ask) -> Answer:
    path = _named(ask, "file")
    does_it = await ask.reach_node()
    if not ask.raw:
        raise node_said(400, "Missing Content-Length")
    _check_denied(ask, path)
    if does_it:
        with _node_form(ask):
            ask.server.files.put(path, ask.raw, ask.now)
    ask.log("server:file.write", file=path)
    return NOTHING


async def rename_file(ask: Ask) -> Answer:
    checked(ask.body, {"root": (required, string), "files": (required, array)})
    pairs = _pairs(ask, ("to", "from"))
    does_it = await ask.reach_node()
    with _node_form(ask):
        for pair in pairs if does_it else []:
            ask.server.files.rename(_root(ask), pair["from"], pair["to"], ask.now)
    ask.log("server:file.rename", directory=_root(ask), files=pairs)
    return NOTHING


def _pairs(ask: Ask, names: tuple[str, str]) -> list[dict[str, str]]:
    """The objects of the list `files`.

    Raises:
        Invalid: One has another shape.
    """
    given = ask.body["files"]
    broken: list[tuple[str, str, str]] = []
    pairs: list[dict[str, str]] = []
    for number, each in enumerate(given if isinstance(given, list) else []):
        where = f"files.{number}"
        if not isinstance(each, dict):
            broken.append((where, "array", f"The {where} must be an array."))
        fields = each if isinstance(each, dict) else {}
        for name in names:
            if fields.get(name) in (None, ""):
                field = f"{where}.{name}"
                broken.append((field, "required", f"The {field} field is required."))
        pairs.append({name: str(fields.get(name)) for name in names})
    if broken:
        raise Invalid(broken)
    return pairs


async def copy_file(ask: Ask) -> Answer:
    checked(ask.body, {"location": (required, string)})
    path = ask.text_of("location")
    if await ask.reach_node():
        with _node_form(ask):
            ask.server.files.copy(path, ask.now)
    ask.log("server:file.copy", file=path)
    return NOTHING


async def delete_files(ask: Ask) -> Answer:
    checked(ask.body, {"root": (required, string), "files": (required, array)})
    if await ask.reach_node():
        for name in _files(ask):
            try:
                ask.server.files.delete(_root(ask), name)
            except FileTrouble:
                if ask.server.node.files == "later":
                    raise node_said(404, _MISSING) from None
    ask.log("server:file.delete", directory=_root(ask), files=_files(ask))
    return NOTHING


async def create_folder(ask: Ask) -> Answer:
    root = _root(ask)
    checked(ask.body, {"name": (required, string)})
    if await ask.reach_node():
        with _node_form(ask):
            ask.server.files.make_folder(root, ask.text_of("name"), ask.now)
    ask.log("server:file.create-directory", directory=root, name=ask.text_of("name"))
    return NOTHING


async def compress_files(ask: Ask) -> Answer:
    checked(ask.body, {"root": (string,), "files": (required, array)})
    await ask.reach_node(wants_json=True)
    with _node_form(ask):
        made = ask.server.files.compress(_root(ask), _files(ask), ask.now)
    ask.log("server:file.compress", directory=_root(ask), files=_files(ask))
    return Answer(body=shapes.file_object(made))


async def decompress_file(ask: Ask) -> Answer:
    checked(ask.body, {"root": (string,), "file": (required, string)})
    if await ask.reach_node():
        with _node_form(ask):
            ask.server.files.decompress(_root(ask), ask.text_of("file"), ask.now)
    ask.log("server:file.decompress", directory=_root(ask), files=ask.text_of("file"))
    return NOTHING


async def chmod(ask: Ask) -> Answer:
    checked(ask.body, {"root": (required, string), "files": (required, array)})
    given = ask.body["files"]
    pairs = _pairs(ask, ("file", "mode"))
    modes = [each["mode"] for each in given] if isinstance(given, list) else []
    broken = []
    for number, mode in enumerate(modes):
        field = f"files.{number}.mode"
        if (found := numeric(field, mode)) is not None:
            broken.append((field, *found))
    if broken:
        raise Invalid(broken)
    await ask.reach_node()
    if ask.server.node.files == "1.11" and any(not isinstance(mode, str) for mode in modes):
        text = "An unexpected error was encountered while processing this request"
        raise node_said(400, text)
    with _node_form(ask):
        for pair in pairs:
            ask.server.files.chmod(_root(ask), pair["file"], pair["mode"], ask.now)
    return NOTHING


async def pull_file(ask: Ask) -> Answer:
    checked(
        ask.body,
        {
            "url": (required, string, url),
            "directory": (string,),
            "filename": (string,),
            "use_header": (boolean,),
            "foreground": (boolean,),
        },
    )
    await ask.reach_node()
    await pulling.pull(ask)
    ask.log("server:file.pull", directory=ask.text_of("directory"), url=ask.text_of("url"))
    return NOTHING


_F = "servers/{server}/files"
ROUTES = (
    Route("GET", f"{_F}/list", list_files, "file.read"),
    Route("GET", f"{_F}/contents", read_file, "file.read-content"),
    Route("GET", f"{_F}/download", download_file, "file.read-content"),
    Route("PUT", f"{_F}/rename", rename_file, "file.update"),
    Route("POST", f"{_F}/copy", copy_file, "file.create"),
    Route("POST", f"{_F}/write", write_file, "file.create"),
    Route("POST", f"{_F}/compress", compress_files, "file.archive"),
    Route("POST", f"{_F}/decompress", decompress_file, "file.create"),
    Route("POST", f"{_F}/delete", delete_files, "file.delete"),
    Route("POST", f"{_F}/create-folder", create_folder, "file.create"),
    Route("POST", f"{_F}/chmod", chmod, "file.update"),
    Route("POST", f"{_F}/pull", pull_file, "file.create"),
    Route("GET", f"{_F}/upload", upload_link, "file.create"),
)
