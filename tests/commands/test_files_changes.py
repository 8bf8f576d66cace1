"""/files rename, move, copy, delete, mkdir, compress, decompress, chmod: seen, not believed."""

import asyncio
import io
import tarfile
import zipfile

import pytest

from demo.panel import SimPanel
from tests.commands.test_files import contents, labels, options, pick, staff
from tests.wirecord import Shown
from tests.world import World, private, public


def names(panel: SimPanel, folder: str = "/", server: str = "Survival") -> set[str]:
    return {entry.name for entry in panel.world.server(server).files.listing(folder)}


def zipped(**files: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as packed:
        for name, text in files.items():
            packed.writestr(name.replace("__", "/"), text)
    return held.getvalue()


async def after(shown: Shown, words: str) -> str:
    await shown.until(lambda: words in shown.text)
    return shown.text


async def test_a_file_is_renamed(roost: World, panel: SimPanel) -> None:
    mia = await staff(roost)

    shown = await mia.slash(
        roost.channel, "files rename", server="Survival", path="eula.txt", name="eula.old"
    )

    assert "is called" in await private(shown)
    assert "eula.old" in names(panel)
    assert "eula.txt" not in names(panel)
    assert not public(roost.channel)


async def test_renaming_over_something_changes_nothing(roost: World, panel: SimPanel) -> None:
    mia = await staff(roost)

    shown = await mia.slash(
        roost.channel, "files rename", server="Survival", path="eula.txt", name="ops.json"
    )

    assert "already" in await private(shown)
    assert contents(panel, "/ops.json") == b"[]\n"
    assert panel.count("PUT */files/rename") == 0


async def test_a_file_is_moved_into_a_folder_that_is_made(roost: World, panel: SimPanel) -> None:
    mia = await staff(roost)

    shown = await mia.slash(
        roost.channel, "files move", server="Survival", path="eula.txt", folder="/kept/here"
    )

    assert "Moved" in await private(shown)
    assert contents(panel, "/kept/here/eula.txt") == b"eula=true\n"


async def test_a_folder_can_not_be_moved_into_itself(roost: World, panel: SimPanel) -> None:
    mia = await staff(roost)

    shown = await mia.slash(
        roost.channel, "files move", server="Survival", path="/plugins", folder="/plugins/in"
    )

    assert "into itself" in await private(shown)
    assert panel.count("PUT */files/rename") == 0


async def test_a_copy_is_told_by_the_name_the_node_gave_it(roost: World, panel: SimPanel) -> None:
    mia = await staff(roost)

    shown = await mia.slash(roost.channel, "files copy", server="Survival", path="eula.txt")

    assert "eula copy" in (await private(shown)).replace("\\", "")
    assert "eula copy.txt" in names(panel)


async def test_deleting_lists_the_names_asks_and_happens_once(
    roost: World, panel: SimPanel
) -> None:
    mia = await staff(roost)
    shown = await mia.slash(roost.channel, "files delete", server="Survival", path="/plugins")
    said = (await private(shown)).replace("\\", "")
    assert "**plugins**" in said
    assert "Essentials.jar" in said
    assert labels(shown) == ["Cancel", "Delete"]
    assert "plugins" in names(panel)

    first, second = await asyncio.gather(
        mia.click(shown.message, label="Delete"), mia.click(shown.message, label="Delete")
    )

    await first.until(lambda: "Deleted" in first.text or "already" in first.text)
    await second.until(lambda: "Deleted" in second.text or "already" in second.text)
    assert "plugins" not in names(panel)
    assert panel.count("POST */files/delete") == 1


@pytest.mark.parametrize("command", ["delete", "copy", "compress", "decompress"])
async def test_a_name_that_is_not_there_is_no_success(
    roost: World, panel: SimPanel, command: str
) -> None:
    mia = await staff(roost)

    shown = await mia.slash(roost.channel, f"files {command}", server="Survival", path="/no.zip")

    assert "There is no" in await private(shown)
    assert not [asked for asked in panel.asked if asked.startswith("POST") and "/files/" in asked]


@pytest.mark.parametrize("command", ["delete", "copy", "compress", "decompress"])
async def test_a_path_that_leads_out_never_reaches_the_panel(
    roost: World, panel: SimPanel, command: str
) -> None:
    mia = await staff(roost)
    before = len(panel.asked)

    shown = await mia.slash(
        roost.channel, f"files {command}", server="Survival", path="plugins/../../../etc"
    )

    assert "leads out" in await private(shown)
    assert not [asked for asked in panel.asked[before:] if "/files/" in asked]


async def test_a_folder_is_made_with_those_above_it(roost: World, panel: SimPanel) -> None:
    mia = await staff(roost)

    shown = await mia.slash(roost.channel, "files mkdir", server="Survival", path="/a/b c/d")

    assert "Made the folder" in await private(shown)
    assert names(panel, "/a/b c") == {"d"}
    again = await mia.slash(roost.channel, "files mkdir", server="Survival", path="/a/b c/d")
    assert "already" in await private(again)


async def test_an_archive_is_told_with_its_name_and_size(roost: World, panel: SimPanel) -> None:
    mia = await staff(roost)

    shown = await mia.slash(roost.channel, "files compress", server="Survival", path="/plugins")

    assert "Packed into" in await private(shown)
    made = next(name for name in names(panel) if name.startswith("archive-"))
    with tarfile.open(fileobj=io.BytesIO(contents(panel, f"/{made}") or b"")) as held:
        assert "plugins/Essentials.jar" in held.getnames()


async def test_two_archives_of_one_moment_do_not_ruin_each_other(
    roost: World, panel: SimPanel
) -> None:
    mia = await staff(roost)

    first, second = await asyncio.gather(
        mia.slash(roost.channel, "files compress", server="Survival", path="/plugins"),
        mia.slash(roost.channel, "files compress", server="Survival", path="/eula.txt"),
    )

    await after(first, "Packed into")
    await after(second, "Packed into")
    assert len([name for name in names(panel) if name.startswith("archive-")]) == 2


async def test_two_guilds_on_one_panel_do_not_ruin_each_others_archives(
    roost: World, panel: SimPanel
) -> None:
    other = World(roost.wire, roost.app)
    await other.open()
    try:
        await other.connect(panel)
        mia, ben = await staff(roost), await staff(other)
        first, second = await asyncio.gather(
            mia.slash(roost.channel, "files compress", server="Survival", path="/plugins"),
            ben.slash(other.channel, "files compress", server="Survival", path="/eula.txt"),
        )
        await after(first, "Packed into")
        await after(second, "Packed into")
    finally:
        await other.close()
    assert len([name for name in names(panel) if name.startswith("archive-")]) == 2


async def test_an_archive_whose_answer_was_lost_is_found_in_the_folder(
    roost: World, panel: SimPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.work.files_changes.LOOK_EVERY_SECONDS", 0.02)
    panel.fault("html504", route="POST */files/compress", is_done=True, times=1)
    mia = await staff(roost)

    shown = await mia.slash(roost.channel, "files compress", server="Survival", path="/plugins")

    await after(shown, "Packed into")
    assert panel.count("POST */files/compress") == 1


async def test_extracting_says_what_it_replaces_and_then_what_is_new(
    roost: World, panel: SimPanel
) -> None:
    files = panel.world.server("Survival").files
    files.put("/packs/maps.zip", zipped(a="1", b__c="2"))
    mia = await staff(roost)
    shown = await mia.slash(
        roost.channel, "files decompress", server="Survival", path="/packs/maps.zip"
    )
    assert "replaces files of the same names" in await private(shown)
    assert names(panel, "/packs") == {"maps.zip"}

    done = await mia.click(shown.message, label="Extract")

    said = await after(done, "Extracted")
    assert "**a**" in said
    assert "**b**" in said
    assert names(panel, "/packs") == {"maps.zip", "a", "b"}


async def test_what_is_no_archive_is_refused_before_and_a_damaged_one_after(
    roost: World, panel: SimPanel
) -> None:
    panel.world.server("Survival").files.put("/bad.zip", b"no zip at all")
    mia = await staff(roost)
    shown = await mia.slash(roost.channel, "files decompress", server="Survival", path="eula.txt")
    assert "no archive" in await private(shown)

    shown = await mia.slash(roost.channel, "files decompress", server="Survival", path="bad.zip")
    await private(shown)
    done = await mia.click(shown.message, label="Extract")

    await after(done, "could not open")


async def test_a_mode_is_set_and_read_back(roost: World, panel: SimPanel) -> None:
    mia = await staff(roost)

    shown = await mia.slash(
        roost.channel, "files chmod", server="Survival", path="server.jar", mode="755"
    )

    assert "`755`" in await private(shown)
    entry = panel.world.server("Survival").files.find("/server.jar")
    assert entry is not None
    assert entry.mode == 0o755


@pytest.mark.parametrize("mode", ["999", "rwx", "75 ", "7-55"])
async def test_a_mode_that_is_none_never_reaches_the_panel(
    roost: World, panel: SimPanel, mode: str
) -> None:
    mia = await staff(roost)

    shown = await mia.slash(
        roost.channel, "files chmod", server="Survival", path="server.jar", mode=mode
    )

    assert "is no mode" in await private(shown)
    assert panel.count("POST */files/chmod") == 0


async def test_several_are_chosen_in_the_browser_and_deleted_together(
    roost: World, panel: SimPanel
) -> None:
    mia = await staff(roost)
    shown = await mia.slash(roost.channel, "files browse", server="Survival")
    await private(shown)
    choosing = await mia.click(shown.message, label="Several …")
    await after(choosing, "Which of")
    wanted = [o["value"] for o in options(choosing) if o["label"][2:] in ("eula.txt", "ops.json")]
    chosen = await mia.select(choosing.message, wanted)
    await after(chosen, "2 chosen")
    asked = await mia.click(chosen.message, label="Delete")
    await after(asked, "Delete these 2")

    done = await mia.click(asked.message, label="Delete")

    await after(done, "Deleted 2 things")
    assert not {"eula.txt", "ops.json"} & names(panel)


async def test_a_file_is_renamed_and_moved_from_its_card(roost: World, panel: SimPanel) -> None:
    mia = await staff(roost)
    shown = await mia.slash(roost.channel, "files browse", server="Survival", path="eula.txt")
    await private(shown)
    form = await mia.click(shown.message, label="Rename …")
    done = await mia.submit(form, "license.txt")
    await after(done, "is called")

    folder = await mia.click(done.message, label="Open folder")
    await after(folder, "page 1")
    card = await pick(mia, folder, "license.txt")
    await after(card, "license")
    form = await mia.click(card.message, label="Move …")
    done = await mia.submit(form, "/plugins")
    await after(done, "Moved")

    assert contents(panel, "/plugins/license.txt") == b"eula=true\n"


async def test_a_rename_whose_answer_was_lost_is_looked_up(roost: World, panel: SimPanel) -> None:
    panel.fault("drop", route="PUT */files/rename", is_done=True, times=1)
    mia = await staff(roost)

    shown = await mia.slash(
        roost.channel, "files rename", server="Survival", path="eula.txt", name="e.txt"
    )

    assert "is called" in await private(shown)
    assert "e.txt" in names(panel)


async def test_each_change_needs_its_own_right(roost: World, panel: SimPanel) -> None:
    mia = await staff(roost, "file.read", "file.read-content")
    calls: dict[str, dict[str, object]] = {
        "rename": {"path": "eula.txt", "name": "x"},
        "move": {"path": "eula.txt", "folder": "/x"},
        "copy": {"path": "eula.txt"},
        "delete": {"path": "eula.txt"},
        "mkdir": {"path": "/x"},
        "compress": {"path": "eula.txt"},
        "decompress": {"path": "a.zip"},
        "chmod": {"path": "eula.txt", "mode": "644"},
        "upload": {"attachment": ("a.txt", b"x")},
        "upload-link": {},
        "write": {"path": "x.txt"},
        "pull": {"url": "https://example.com/a.jar"},
    }
    before = len(panel.asked)

    for command, given in calls.items():
        shown = await mia.slash(roost.channel, f"files {command}", server="Survival", **given)
        assert "right" in await private(shown), command

    assert not [asked for asked in panel.asked[before:] if "/files/" in asked]
