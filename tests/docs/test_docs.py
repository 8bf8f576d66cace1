"""The papers say what is: what they name exists, and what follows from the code is up to date."""

import functools
import itertools
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import discord
import pytest
import typer.main

from bot import config as settings
from bot.__main__ import cli
from bot.client import bare_tree
from docs import generate
from docs.scenes import SERVERS
from docs.scenes_asking import ASKING

ROOT = Path(__file__).resolve().parents[2]
PAPERS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
FOR_HOSTS = [ROOT / name for name in ("Dockerfile", "compose.yaml", "deploy/roost.service")]

NEEDED_PERMISSIONS = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    embed_links=True,
    attach_files=True,
    read_message_history=True,
)
NOT_COMMANDS = {"/healthz", "/metrics", "/data", "/api/client"}
"""What stands in a paper as code and begins with a slash, and is no command."""
MACHINE_PATHS = re.compile(r"(?<![\w.])/(?:work|root|home|Users|mnt)/|\b[A-Z]:\\")

every_paper = pytest.mark.parametrize("paper", PAPERS, ids=lambda path: path.name)


def prose(paper: Path) -> str:
    """The text without its blocks of code."""
    return re.sub(r"^```.*?^```$", "", paper.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)


def code_spans(paper: Path) -> list[str]:
    return re.findall(r"(?<!`)`([^`\n]+)`(?!`)", prose(paper))


@functools.cache
def commands() -> set[str]:
    """Every command and group as it is typed."""
    return {f"/{made.qualified_name}" for made in bare_tree().walk_commands()}


@functools.cache
def option_names() -> dict[str, set[str]]:
    return {
        f"/{made.qualified_name}": {each.display_name for each in made.parameters}
        for made in bare_tree().walk_commands()
        if isinstance(made, discord.app_commands.Command)
    }


def anchors(paper: Path) -> set[str]:
    """The anchors of its headings, as code hosts make them."""
    titles = re.findall(r"^#+ (.+)$", prose(paper), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def local_links(paper: Path) -> Iterator[str]:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(paper)):
        if not re.match(r"[a-z]+:", target):
            yield target


@pytest.mark.parametrize("name", generate.pages())
def test_a_page_that_follows_from_the_code_is_up_to_date(name: str) -> None:
    written = (generate.FOLDER / name).read_text("utf-8")

    assert written == generate.pages()[name], "run `make docs`"


@every_paper
def test_links_to_files_lead_somewhere(paper: Path) -> None:
    for link in local_links(paper):
        file, _, anchor = link.partition("#")
        target = (paper.parent / file).resolve() if file else paper
        assert target.exists(), f"{paper.name} links to {link}"
        assert target.is_relative_to(ROOT), f"{paper.name} links out of the tree: {link}"
        assert not anchor or anchor in anchors(target), f"{paper.name} links to {link}"


@every_paper
def test_commands_that_are_named_exist(paper: Path) -> None:
    known, options = commands(), option_names()
    for span in code_spans(paper):
        typed = re.match(r"(/[a-z-]+(?: [a-z-]+)*)(?= \w+:|$)", span)
        if typed is None or typed[1] in NOT_COMMANDS:
            continue
        assert typed[1] in known, f"{paper.name} names {span}"
        given = set(re.findall(r" (\w+):", span))
        assert given <= options.get(typed[1], set()), f"{paper.name} names {span}"


@pytest.mark.parametrize("paper", [*PAPERS, *FOR_HOSTS], ids=lambda path: path.name)
def test_variables_that_are_named_are_settings(paper: Path) -> None:
    known = {settings.variable(*setting) for setting in settings.settings()} | {"ROOST_CONFIG"}

    named = set(re.findall(r"\bROOST_[A-Z_]*[A-Z]\b", paper.read_text("utf-8")))

    assert named <= known


@every_paper
def test_targets_and_subcommands_that_are_named_exist(paper: Path) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, flags=re.MULTILINE))
    subcommands = set(typer.main.get_group(cli).commands)
    text = paper.read_text("utf-8")

    # in a span, or at the beginning of a line of a block: elsewhere "make" is English
    named = re.findall(r"(?:`|^|&& |=… )make (?:-C \S+ )?([a-z][a-z-]*)", text, flags=re.MULTILINE)
    assert set(named) <= targets
    called = re.findall(r"(?:`|^|bin/)roost ([a-z]+)", text, flags=re.MULTILINE)
    assert set(called) <= subcommands


@every_paper
def test_files_that_are_named_exist(paper: Path) -> None:
    rooms = {path.name for path in ROOT.iterdir() if path.is_dir() and path.name[0] != "."}
    for span in code_spans(paper):
        path = span.rstrip("/")
        if re.fullmatch(r"[\w./-]+", path) and path.partition("/")[0] in rooms - {"data"}:
            assert (ROOT / path).exists(), f"{paper.name} names {span}"


@pytest.mark.parametrize(
    "paper",
    [*PAPERS, *FOR_HOSTS, ROOT / "config.example.toml", ROOT / "Makefile"],
    ids=lambda path: path.name,
)
def test_no_paper_knows_the_machine_it_was_written_on(paper: Path) -> None:
    assert MACHINE_PATHS.search(paper.read_text("utf-8")) is None


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_locks_pin_by_hash_and_name_no_registry(name: str) -> None:
    lines = (ROOT / name).read_text("utf-8").splitlines()

    assert not [line for line in lines if "://" in line or "index-url" in line]
    pinned = [number for number, line in enumerate(lines) if re.match(r"\w[\w.-]*==", line)]
    assert pinned
    assert all("--hash=sha256:" in lines[number + 1] for number in pinned)


def test_the_invite_asks_for_what_its_table_explains_and_nothing_more() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")

    assert re.findall(r"permissions=(\d+)", readme) == [str(NEEDED_PERMISSIONS.value)]
    assert f"(`{NEEDED_PERMISSIONS.value}`)" in readme
    table = readme.partition("| permission | why |")[2].partition("\n\n")[0]
    explained = [
        name
        for row in table.strip().splitlines()[1:]
        for name in row.strip("| ").partition(" | ")[0].split(", ")
    ]
    asked = [name for name, value in NEEDED_PERMISSIONS if value]
    assert sorted(explained) == sorted(
        {"view_channel": "View Channels", "read_messages": "View Channels"}.get(
            name, name.replace("_", " ").title().replace(" In ", " in ")
        )
        for name in asked
    )


def test_every_dependency_is_explained_and_no_other() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    declared = [*project["dependencies"], *itertools.chain.from_iterable(extras)]
    page = (ROOT / "docs" / "dependencies.md").read_text("utf-8").partition("## Turned down")[0]

    rows = [row for row in page.splitlines() if row.startswith("| ") and "| why |" not in row]
    explained = [name for row in rows for name in row.split(" | ")[0].strip("| ").split(", ")]

    assert sorted(explained) == sorted(re.split(r"[\[>=<; ]", line)[0] for line in declared)


def test_every_subcommand_is_explained_to_hosts() -> None:
    page = (ROOT / "docs" / "hosting.md").read_text("utf-8")

    missing = [
        name for name in typer.main.get_group(cli).commands if f"| `roost {name}" not in page
    ]

    assert missing == ["demo"]  # the README's first words


def test_contributing_fits_on_two_screens() -> None:
    assert len((ROOT / "CONTRIBUTING.md").read_text("utf-8").splitlines()) <= 100


def test_each_picture_of_the_tour_is_a_scene_and_says_what_it_shows() -> None:
    tour = (ROOT / "docs" / "tour.md").read_text("utf-8")
    shown = re.findall(r"!\[([^]]*)]\(images/([a-z-]+)-phone\.png\)", tour)
    names = [name for _words, name in shown]
    drawn = [one.name.removesuffix("-phone.png") for one in ROOT.glob("docs/images/*-phone.png")]

    assert sorted(names) == sorted(drawn)
    assert set(names) <= SERVERS.keys() | ASKING.keys()
    assert all(len(words) > 20 for words, _name in shown)
