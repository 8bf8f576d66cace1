"""/files browse, read, edit, write: seen from a phone, and nothing lost on the way."""

import pytest

from bot.app import App
from demo.panel import SimPanel
from tests.wirecord import Member, Permission, Shown
from tests.wirecord.message import components_of
from tests.world import World, private, public

ALL = {"file.*"}
READ = "GET /api/client/servers/{}/files/contents"
WRITE = "POST */files/write"
CONFIG = "/plugins/Essentials/config.yml"


async def staff(roost: World, *rights: str) -> Member:
    """Somebody whom Discord shows the group."""
    helpers = roost.guild.role("Helpers", Permission.MANAGE_MESSAGES)
    return await roost.member("mia", helpers, rights=rights or ALL)


def labels(shown: Shown) -> list[str]:
    return [c["label"] for c in components_of(shown.message["components"]) if c.get("label")]


def options(shown: Shown) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for part in components_of(shown.message["components"]):
        found += part.get("options") or []
    return found


async def pick(member: Member, shown: Shown, name: str) -> Shown:
    """Choose an entry in the browser, by its name."""
    value = next(o["value"] for o in options(shown) if name in o["label"])
    picked = await member.select(shown.message, [value])
    return await picked.settled()


def contents(panel: SimPanel, path: str, server: str = "Survival") -> bytes | None:
    entry = panel.world.server(server).files.find(path)
    if entry is None or entry.blob is None:
        return None
    return b"".join(entry.blob.chunks())


# browsing


async def test_the_browser_leads_into_folders_to_a_file_and_back_up(
    roost: World, panel: SimPanel
) -> None:
    mia = await staff(roost)
    shown = await mia.slash(roost.channel, "files browse", server="Survival")
    assert "**server\\.properties**" in (await private(shown)) or "server.properties" in shown.text

    inside = await pick(mia, shown, "plugins")
    await inside.until(lambda: "`/plugins`" in inside.text)
    deeper = await pick(mia, inside, "Essentials")
    await deeper.until(lambda: "`/plugins/Essentials`" in deeper.text)
    card = await pick(mia, deeper, "config.yml")
    await card.until(lambda: "config.yml" in card.text and "0" not in labels(card))
    assert {"Read", "Download link", "Rename …", "Delete"} <= set(labels(card))

    up = await mia.click(deeper.message if not card.messages else card.message, label="Back")
    await up.until(lambda: "`/plugins/Essentials`" in up.text)
    assert not public(roost.channel)


async def test_breadcrumbs_lead_to_each_folder_above(roost: World, panel: SimPanel) -> None:
    mia = await staff(roost)
    shown = await mia.slash(
        roost.channel, "files browse", server="Survival", path="/plugins/Essentials"
    )
    await private(shown)

    above = await mia.click(shown.message, label="plugins")

    await above.until(lambda: "`/plugins`" in above.text)


async def test_a_folder_of_thousands_is_leafed_through_with_one_question_to_the_node(
    roost: World, panel: SimPanel
) -> None:
    files = panel.world.server("Survival").files
    for number in range(3000):
        files.put(f"/many/r.{number:04d}.mca", b"x")
    mia = await staff(roost)
    shown = await mia.slash(roost.channel, "files browse", server="Survival", path="/many")
    assert "page 1 of 300" in await private(shown)
    asked = panel.count("GET */files/list")

    second = await mia.click(shown.message, label="Next")
    await second.until(lambda: "page 2 of 300" in second.text)
    assert "r\\.0010\\.mca" in second.text or "r.0010.mca" in second.text
    assert panel.count("GET */files/list") == asked

    form = await mia.click(second.message, label="Search …")
    found = await mia.submit(form, "2999")
    await found.until(lambda: "page 1 of 1" in found.text)
    assert "2999" in found.text


async def test_only_what_the_member_may_do_is_offered(roost: World, panel: SimPanel) -> None:
    mia = await staff(roost, "file.read")
    shown = await mia.slash(
        roost.channel, "files browse", server="Survival", path="server.properties"
    )
    await private(shown)

    assert labels(shown) == ["Back"]


async def test_a_view_that_is_no_longer_known_says_so_and_names_the_next_step(
    roost: World, panel: SimPanel, app: App
) -> None:
    mia = await staff(roost)
    shown = await mia.slash(roost.channel, "files browse", server="Survival")
    await private(shown)
    app.parts.files.places._members.clear()  # as after a restart
    asked = len(panel.asked)

    value = options(shown)[0]["value"]
    late = await mia.select(shown.message, [value])

    await late.until(lambda: "too old" in late.text)
    assert "files browse" in late.text
    assert len(panel.asked) == asked


async def test_hostile_names_are_shown_tidily_and_ping_nobody(
    roost: World, panel: SimPanel
) -> None:
    files = panel.world.server("Survival").files
    names = [
        "@everyone",
        "```x```",
        "<@&1>",
        "\u202egnp.exe",
        "\u200b",
        "a" * 200,
        "🎉 (1)",
        "**b**",
    ]
    for name in names:
        files.put(f"/odd/{name}", b"x")
    mia = await staff(roost)

    shown = await mia.slash(roost.channel, "files browse", server="Survival", path="/odd")
    said = await private(shown)

    assert "page 1 of 1" in said
    assert "\u202e" not in said
    assert not shown.message.get("_pings")
    opened = await pick(mia, shown, "everyone")
    await opened.until(lambda: "Rename …" in labels(opened))


async def test_paths_are_completed_folder_by_folder_and_only_for_who_may_list(
    roost: World, panel: SimPanel
) -> None:
    long = "deep" * 30
    panel.world.server("Survival").files.put(f"/plugins/{long}/x.yml", b"a: 1\n")
    mia = await staff(roost)
    await private(
        await mia.slash(roost.channel, "files browse", server="Survival", path="/plugins")
    )

    found = await mia.autocomplete(
        roost.channel, "files read", "path", "plugins/", server="Survival"
    )

    assert {"/plugins/Essentials/", "/plugins/Essentials.jar"} <= {c["name"] for c in found}
    assert all(len(str(c["value"])) <= 100 for c in found)
    token = next(c["value"] for c in found if str(c["value"]).startswith("#"))
    shown = await mia.slash(roost.channel, "files browse", server="Survival", path=token)
    assert "x" in await private(shown)
    ben = await roost.member(
        "ben", roost.guild.role("More", Permission.MANAGE_MESSAGES), rights={"file.read-content"}
    )
    hidden = await ben.autocomplete(
        roost.channel, "files read", "path", "plugins/", server="Survival"
    )
    assert hidden == []


# reading


async def test_a_text_file_is_read_as_a_coloured_block(roost: World, panel: SimPanel) -> None:
    mia = await staff(roost, "file.read-content")

    shown = await mia.slash(roost.channel, "files read", server="Survival", path=CONFIG)

    assert "```yaml\nspawn-on-join: false\nmotd: welcome\n```" in await private(shown)
    assert "Edit …" not in labels(shown)


async def test_a_long_text_is_attached_whole_beside_its_beginning(
    roost: World, panel: SimPanel
) -> None:
    text = "".join(f"line {number}\n" for number in range(2000))
    panel.world.server("Survival").files.put("/long.txt", text)
    mia = await staff(roost)

    shown = await mia.slash(roost.channel, "files read", server="Survival", path="long.txt")

    said = await private(shown)
    assert "line 0" in said
    assert "lines more" in said
    (attached,) = shown.message["attachments"]
    assert roost.wire.files[attached["id"]] == text.encode()


async def test_a_text_can_not_end_its_block_or_hide_what_it_says(
    roost: World, panel: SimPanel
) -> None:
    panel.world.server("Survival").files.put("/odd.txt", "a\n```\n@everyone \u202eb\n")
    mia = await staff(roost)

    shown = await mia.slash(roost.channel, "files read", server="Survival", path="odd.txt")

    said = await private(shown)
    assert said.count("```") == 2
    assert "⟨U+202E⟩" in said


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("server.jar", "is no text"),
        ("/plugins", "is a folder"),
        ("/nothing.txt", "There is no"),
        ("/nowhere/at/all.txt", "There is no"),
        ("../../etc/passwd", "leads out"),
        ("/plugins/../../x", "leads out"),
        ("..\\..\\x", "leads out"),
        ("x" * 300, "too long"),
        ("/", "root folder"),
        ("   ", "root folder"),
    ],
)
async def test_what_can_not_be_read_gets_a_clear_answer(
    roost: World, panel: SimPanel, path: str, words: str
) -> None:
    mia = await staff(roost)

    shown = await mia.slash(roost.channel, "files read", server="Survival", path=path)

    assert words in await private(shown)


async def test_a_file_over_the_panels_limit_is_not_even_asked_for(
    roost: World, panel: SimPanel
) -> None:
    panel.world.server("Survival").files.put("/big.log", b"x" * (4 * 1024 * 1024 + 1))
    mia = await staff(roost)

    shown = await mia.slash(roost.channel, "files read", server="Survival", path="big.log")

    assert "too large" in await private(shown)
    assert panel.count("GET */files/contents") == 0


async def test_a_node_in_trouble_is_told_as_that(roost: World, panel: SimPanel) -> None:
    panel.fault("504", on="node")
    mia = await staff(roost)

    shown = await mia.slash(roost.channel, "files browse", server="Survival")

    assert "node" in await private(shown)


# editing


async def edit(member: Member, roost: World, path: str) -> Shown:
    shown = await member.slash(roost.channel, "files edit", server="Survival", path=path)
    await private(shown)
    return await member.click(shown.message, label="Edit …")


async def test_an_edit_shows_its_difference_and_is_written_after_the_yes(
    roost: World, panel: SimPanel
) -> None:
    mia = await staff(roost)
    form = await edit(mia, roost, CONFIG)

    asked = await mia.submit(form, "spawn-on-join: true\nmotd: welcome")
    said = await private(asked)
    assert "```diff\n-spawn-on-join: false\n+spawn-on-join: true\n motd: welcome\n```" in said
    assert contents(panel, CONFIG) == b"spawn-on-join: false\nmotd: welcome\n"

    done = await mia.click(asked.message, label="Write")
    await done.until(lambda: "Wrote" in done.text)
    assert contents(panel, CONFIG) == b"spawn-on-join: true\nmotd: welcome\n"


@pytest.mark.parametrize(
    ("before", "typed", "after"),
    [
        (b"a: 1\r\nb: 2\r\n", "a: 1\nb: 3", b"a: 1\r\nb: 3\r\n"),
        (b"a: 1\nb: 2", "a: 1\nb: 3", b"a: 1\nb: 3"),
        (b"\xef\xbb\xbfa: 1\n", "a: 2", b"\xef\xbb\xbfa: 2\n"),
        ("grüße\n".encode("cp1252"), "grüße alle", "grüße alle\n".encode("cp1252")),
        ("\ufeffhé\r\n".encode("utf-16-le"), "hé!", "\ufeffhé!\r\n".encode("utf-16-le")),
        (b"a\r\nb\nc\r\n", "a\nb\nX\nc", b"a\r\nb\nX\r\nc\r\n"),
        (b"  indented\n\n\n", "indented more", b"  indented more\n\n\n"),
    ],
    ids=["crlf", "no last newline", "bom", "code page", "utf-16", "mixed ends", "edges"],
)
async def test_an_edit_keeps_how_the_file_is_written_down(
    roost: World, panel: SimPanel, before: bytes, typed: str, after: bytes
) -> None:
    panel.world.server("Survival").files.put("/kept.txt", before)
    mia = await staff(roost)
    form = await edit(mia, roost, "kept.txt")

    asked = await mia.submit(form, typed)
    await private(asked)
    done = await mia.click(asked.message, label="Write")

    await done.until(lambda: "Wrote" in done.text)
    assert contents(panel, "/kept.txt") == after


async def test_a_file_that_changed_since_it_was_opened_is_not_overwritten(
    roost: World, panel: SimPanel
) -> None:
    mia = await staff(roost)
    form = await edit(mia, roost, "eula.txt")
    panel.world.server("Survival").files.put("/eula.txt", "eula=theirs\n")

    told = await mia.submit(form, "eula=mine")

    assert "Somebody changed" in await private(told)
    assert contents(panel, "/eula.txt") == b"eula=theirs\n"
    (attached,) = told.message["attachments"]
    assert roost.wire.files[attached["id"]] == b"eula=mine\n"


async def test_a_change_between_the_difference_and_the_yes_is_seen_too(
    roost: World, panel: SimPanel
) -> None:
    mia = await staff(roost)
    form = await edit(mia, roost, "eula.txt")
    asked = await mia.submit(form, "eula=mine")
    await private(asked)
    panel.world.server("Survival").files.put("/eula.txt", "eula=theirs\n")

    told = await mia.click(asked.message, label="Write")

    await told.until(lambda: "Somebody changed" in told.text)
    assert contents(panel, "/eula.txt") == b"eula=theirs\n"
    assert panel.count(WRITE) == 0


async def test_a_double_click_on_write_writes_once(roost: World, panel: SimPanel) -> None:
    mia = await staff(roost)
    form = await edit(mia, roost, "eula.txt")
    asked = await mia.submit(form, "eula=mine")
    await private(asked)
    message = asked.message

    first = await mia.click(message, label="Write")
    second = await mia.click(message, label="Write")

    await first.until(lambda: "Wrote" in first.text)
    await second.until(lambda: "already" in second.text)
    assert panel.count(WRITE) == 1


async def test_a_form_that_changes_nothing_asks_nothing(roost: World, panel: SimPanel) -> None:
    mia = await staff(roost)
    form = await edit(mia, roost, "eula.txt")

    told = await mia.submit(form)

    assert "changes nothing" in await private(told)


async def test_a_letter_that_the_encoding_lacks_is_refused_before_anything_is_written(
    roost: World, panel: SimPanel
) -> None:
    panel.world.server("Survival").files.put("/old.txt", "grüße\n".encode("cp1252"))
    mia = await staff(roost)
    form = await edit(mia, roost, "old.txt")

    told = await mia.submit(form, "grüße 🎉")

    said = await private(told)
    assert "no letter" in said
    assert "grüße 🎉" in said.replace("\\", "")  # what was typed isn't lost
    assert contents(panel, "/old.txt") == "grüße\n".encode("cp1252")


async def test_a_form_whose_edit_is_forgotten_gives_the_typed_text_back(
    roost: World, panel: SimPanel, app: App
) -> None:
    mia = await staff(roost)
    form = await edit(mia, roost, "eula.txt")
    app.parts.files.editing._edits._edits.clear()  # as after a restart

    told = await mia.submit(form, "eula=typed for long")

    said = await private(told)
    assert "opened too long ago" in said
    assert "eula=typed for long" in said
    assert panel.count(WRITE) == 0


async def test_a_long_file_is_exchanged_for_an_edited_one_with_a_difference(
    roost: World, panel: SimPanel
) -> None:
    lines = [f"key{number}: {number}\r\n" for number in range(1000)]
    panel.world.server("Survival").files.put("/long.yml", "".join(lines))
    mia = await staff(roost)
    shown = await mia.slash(roost.channel, "files edit", server="Survival", path="long.yml")
    await private(shown)
    form = await mia.click(shown.message, label="Put an edited file in its place …")
    lines[500] = "key500: changed\r\n"
    edited = "".join(lines).replace("\r\n", "\n").encode()  # an editor that has its own mind

    asked = await mia.submit(form, [("long.yml", edited)])
    assert "-key500: 500\n+key500: changed" in await private(asked)
    done = await mia.click(asked.message, label="Write")

    await done.until(lambda: "Wrote" in done.text)
    assert contents(panel, "/long.yml") == "".join(lines).encode()


async def test_editing_takes_both_rights(roost: World, panel: SimPanel) -> None:
    reader = await staff(roost, "file.read-content")

    shown = await reader.slash(roost.channel, "files edit", server="Survival", path="eula.txt")

    assert "file.create" in await private(shown) or "can't" in shown.text
    assert panel.count("GET */files/contents") == 0


async def test_who_lost_the_right_meanwhile_can_not_confirm(roost: World, panel: SimPanel) -> None:
    mia = await staff(roost)
    form = await edit(mia, roost, "eula.txt")
    asked = await mia.submit(form, "eula=mine")
    await private(asked)
    await roost.deny(mia, "file.create")

    told = await mia.click(asked.message, label="Write")

    await told.until(lambda: "can't" in told.text or "denied" in told.text or "R-" in told.text)
    assert contents(panel, "/eula.txt") == b"eula=true\n"


async def test_a_write_that_broke_off_after_it_was_done_is_told_as_written(
    roost: World, panel: SimPanel
) -> None:
    mia = await staff(roost)
    form = await edit(mia, roost, "eula.txt")
    asked = await mia.submit(form, "eula=mine")
    await private(asked)
    panel.fault("drop", route=WRITE, is_done=True, times=5)

    done = await mia.click(asked.message, label="Write")

    await done.until(lambda: "Wrote" in done.text)
    assert contents(panel, "/eula.txt") == b"eula=mine\n"


# writing


async def test_a_new_file_is_written_at_once_with_its_folders(
    roost: World, panel: SimPanel
) -> None:
    mia = await staff(roost)
    form = await mia.slash(roost.channel, "files write", server="Survival", path="/new/notes.txt")

    done = await mia.submit(form, "hello\nworld")

    assert "Wrote" in await private(done)
    assert contents(panel, "/new/notes.txt") == b"hello\nworld\n"


async def test_an_empty_file_can_be_written_although_the_node_refuses_that(
    roost: World, panel: SimPanel
) -> None:
    mia = await staff(roost)
    form = await mia.slash(roost.channel, "files write", server="Survival", path="/empty.txt")

    done = await mia.submit(form, "")

    assert "It is empty" in await private(done)
    assert contents(panel, "/empty.txt") == b""


async def test_writing_over_a_file_shows_the_difference_first(
    roost: World, panel: SimPanel
) -> None:
    mia = await staff(roost)
    form = await mia.slash(roost.channel, "files write", server="Survival", path="eula.txt")

    asked = await mia.submit(form, "eula=false")

    assert "-eula=true\n+eula=false" in await private(asked)
    assert contents(panel, "/eula.txt") == b"eula=true\n"


async def test_writing_over_a_binary_or_a_folder_is_refused(roost: World, panel: SimPanel) -> None:
    mia = await staff(roost)

    for path, words in (("server.jar", "no text"), ("/plugins", "is a folder")):
        form = await mia.slash(roost.channel, "files write", server="Survival", path=path)
        told = await mia.submit(form, "x")
        assert words in await private(told)
    assert panel.count(WRITE) == 0


async def test_a_file_that_the_egg_denies_is_explained(roost: World, panel: SimPanel) -> None:
    panel.world.server("Survival").egg.denied_files = ("locked.txt",)
    mia = await staff(roost)
    form = await mia.slash(roost.channel, "files write", server="Survival", path="locked.txt")

    told = await mia.submit(form, "x")

    assert "forbids changing" in await private(told)
