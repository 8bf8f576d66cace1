"""/files download, upload, upload-link, pull: links at the click, streams, and no private nets."""

import re
import tracemalloc

import aiohttp
import pytest

from bot.clock import SYSTEM
from bot.pterodactyl import AddressGuard, Network
from bot.ui.errors import Unfit
from bot.work.files_attachments import Attached, Attachments
from demo.panel import SimPanel
from demo.panel.blob import OnDisk
from tests.commands.test_files import contents, labels, staff
from tests.logs import Secrets
from tests.world import World, private

MINTED_DOWN = "GET */files/download"
MINTED_UP = "GET */files/upload"


async def test_a_link_is_made_at_the_click_and_works(
    roost: World, panel: SimPanel, secrets: Secrets
) -> None:
    mia = await staff(roost)
    shown = await mia.slash(roost.channel, "files download", server="Survival", path="eula.txt")
    await private(shown)
    assert panel.count(MINTED_DOWN) == 0

    made = await mia.click(shown.message, label="Make the link")

    said = await private(made)
    url = re.search(r"\(<(http[^>]+)>\)", said)
    assert url is not None
    secrets.add(url[1])
    async with aiohttp.ClientSession() as session, session.get(url[1]) as answer:
        assert await answer.read() == b"eula=true\n"


async def test_a_file_that_is_not_there_gets_no_link_although_the_panel_would_sign_one(
    roost: World, panel: SimPanel
) -> None:
    mia = await staff(roost)

    for path, words in (("nothing.txt", "There is no"), ("/plugins", "is a folder")):
        shown = await mia.slash(roost.channel, "files download", server="Survival", path=path)
        assert words in await private(shown)
    assert panel.count(MINTED_DOWN) == 0


async def test_a_file_within_the_guilds_limit_is_attached(roost: World, panel: SimPanel) -> None:
    data = bytes(range(256)) * 4000
    panel.world.server("Survival").files.put("/wörld (1).dat", data)
    mia = await staff(roost)

    shown = await mia.slash(
        roost.channel, "files download", server="Survival", path="wörld (1).dat", how="attachment"
    )

    await private(shown)
    await shown.until(lambda: shown.message.get("attachments"))
    (attached,) = shown.message["attachments"]
    assert roost.wire.files[attached["id"]] == data


async def test_a_file_over_the_guilds_limit_is_told_before_it_is_fetched(
    roost: World, panel: SimPanel
) -> None:
    panel.world.server("Survival").files.put("/big.dat", bytes(roost.wire.upload_limit + 1))
    mia = await staff(roost)

    shown = await mia.slash(
        roost.channel, "files download", server="Survival", path="big.dat", how="attachment"
    )

    assert "at most 10.0 MiB" in await private(shown)
    assert panel.count(MINTED_DOWN) == 0


async def test_an_attachment_is_uploaded_into_a_folder_that_is_made(
    roost: World, panel: SimPanel
) -> None:
    mia = await staff(roost)

    shown = await mia.slash(
        roost.channel,
        "files upload",
        server="Survival",
        attachment=("new.jar", b"PK\x03\x04" * 1000),
        folder="/plugins/more",
    )

    assert "Uploaded" in await private(shown)
    assert contents(panel, "/plugins/more/new.jar") == b"PK\x03\x04" * 1000


async def test_an_upload_over_a_file_asks_first(roost: World, panel: SimPanel) -> None:
    mia = await staff(roost)
    shown = await mia.slash(
        roost.channel, "files upload", server="Survival", attachment=("eula.txt", b"mine")
    )
    assert "replaces it" in await private(shown)
    assert contents(panel, "/eula.txt") == b"eula=true\n"

    done = await mia.click(shown.message, label="Replace")

    await done.until(lambda: "Uploaded" in done.text)
    assert contents(panel, "/eula.txt") == b"mine"


async def test_an_empty_attachment_makes_an_empty_file(roost: World, panel: SimPanel) -> None:
    mia = await staff(roost)

    shown = await mia.slash(
        roost.channel, "files upload", server="Survival", attachment=("empty.txt", b"")
    )

    assert "Uploaded" in await private(shown)
    assert contents(panel, "/empty.txt") == b""


async def test_a_file_over_the_nodes_limit_is_explained(roost: World, panel: SimPanel) -> None:
    panel.world.nodes[0].upload_limit_mib = 1
    mia = await staff(roost)

    shown = await mia.slash(
        roost.channel, "files upload", server="Survival", attachment=("a.bin", bytes(2 << 20))
    )

    assert "takes no file of 2.0 MiB" in await private(shown)


async def test_an_attachment_that_discord_no_longer_has_changes_nothing(
    roost: World, panel: SimPanel
) -> None:
    mia = await staff(roost)
    shown = await mia.slash(
        roost.channel, "files upload", server="Survival", attachment=("eula.txt", b"mine")
    )
    await private(shown)
    roost.wire.files.clear()

    done = await mia.click(shown.message, label="Replace")

    await done.until(lambda: "didn't hand out" in done.text)
    assert contents(panel, "/eula.txt") == b"eula=true\n"


@pytest.mark.long
async def test_a_hundred_mebibytes_are_uploaded_in_constant_memory(
    roost: World, panel: SimPanel
) -> None:
    mia = await staff(roost)
    data = bytes(100 << 20)
    tracemalloc.start()
    try:
        shown = await mia.slash(
            roost.channel, "files upload", server="Survival", attachment=("big.bin", data)
        )
        await shown.until(lambda: "Uploaded" in shown.text, timeout=110)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    entry = panel.world.server("Survival").files.find("/big.bin")
    assert entry is not None
    assert isinstance(entry.blob, OnDisk)
    assert entry.size == len(data)
    assert peak < 32 << 20


@pytest.mark.parametrize("allowed", ["192.0.2.1", "other.example.com"])
async def test_only_discords_file_server_is_asked_for_attachments(
    roost: World, allowed: str
) -> None:
    (stored,) = roost.wire.store_files([("a.txt", b"x")])
    attached = Attached("a.txt", stored["url"], 1)
    network = Network(AddressGuard((allowed,), allow_http=True), clock=SYSTEM)
    try:
        with pytest.raises(Unfit, match="Discord's file server"):
            await Attachments(network).read(attached, 100)
    finally:
        await network.close()


async def test_an_upload_link_takes_a_file(roost: World, panel: SimPanel, secrets: Secrets) -> None:
    mia = await staff(roost)
    shown = await mia.slash(
        roost.channel, "files upload-link", server="Survival", folder="/plugins"
    )
    await private(shown)
    assert panel.count(MINTED_UP) == 0

    made = await mia.click(shown.message, label="Make the link")

    url = re.search(r'"(http[^"]+)"', await private(made))
    assert url is not None
    secrets.add(url[1])
    form = aiohttp.FormData()
    form.add_field("files", b"sent", filename="sent.txt")
    async with aiohttp.ClientSession() as session, session.post(url[1], data=form) as answer:
        assert answer.status == 200
    assert contents(panel, "/plugins/sent.txt") == b"sent"


# pull


async def test_a_pulled_file_is_seen_to_be_there(roost: World, panel: SimPanel) -> None:
    panel.internet["https://example.com/v1/My%20Map.zip"] = b"map"
    mia = await staff(roost)

    shown = await mia.slash(
        roost.channel,
        "files pull",
        server="Survival",
        url="https://example.com/v1/My%20Map.zip",
        folder="/maps",
    )

    said = await private(shown)
    assert "Fetched" in said
    assert "10 files in 5 minutes" in said
    assert contents(panel, "/maps/My Map.zip") == b"map"


async def test_a_pull_that_came_to_nothing_is_told(roost: World, panel: SimPanel) -> None:
    mia = await staff(roost)

    shown = await mia.slash(
        roost.channel, "files pull", server="Survival", url="https://example.com/none.zip"
    )

    assert "didn't fetch" in await private(shown)


async def test_a_pull_that_takes_longer_is_followed_in_the_folder(
    roost: World, panel: SimPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.work.files_pulls.LOOK_EVERY_SECONDS", 0.02)
    panel.internet["https://example.com/big.zip"] = b"big"
    panel.fault("504", route="POST */files/pull", is_done=True, times=1)
    mia = await staff(roost)

    shown = await mia.slash(
        roost.channel, "files pull", server="Survival", url="https://example.com/big.zip"
    )

    await shown.until(lambda: "no longer grows" in shown.text)
    assert contents(panel, "/big.zip") == b"big"


async def test_a_pull_over_a_file_asks_first(roost: World, panel: SimPanel) -> None:
    panel.internet["https://example.com/eula.txt"] = b"theirs"
    mia = await staff(roost)
    shown = await mia.slash(
        roost.channel, "files pull", server="Survival", url="https://example.com/eula.txt"
    )
    assert "replaces it" in await private(shown)
    assert contents(panel, "/eula.txt") == b"eula=true\n"

    done = await mia.click(shown.message, label="Replace")

    await done.until(lambda: "Fetched" in done.text)
    assert contents(panel, "/eula.txt") == b"theirs"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("file:///etc/passwd", "is no web address"),
        ("ftp://example.com/a.zip", "is no web address"),
        ("no url", "is no web address"),
        ("https://", "is no web address"),
        ("http://[::1]:x/", "is no web address"),
        ("http://localhost/a.zip", "public web"),
        ("http://127.0.0.1:8080/a.zip", "public web"),
        ("http://169.254.169.254/latest", "public web"),
        ("http://10.0.0.5/a.zip", "public web"),
        ("http://[::ffff:10.0.0.5]/a.zip", "public web"),
        ("http://0x7f.1/a.zip", "public web"),
        ("http://router.lan/a.zip", "public web"),
        ("http://nas/a.zip", "public web"),
        ("https://user:pass@example.com/a.zip", "public web"),
        ("https://example.com/", "without a file's name"),
        ("https://example.com/..%2F..%2Fx", "is no name"),
    ],
)
async def test_what_the_node_must_not_fetch_never_reaches_the_panel(
    roost: World, panel: SimPanel, url: str, words: str
) -> None:
    mia = await staff(roost)

    shown = await mia.slash(roost.channel, "files pull", server="Survival", url=url)

    assert words in await private(shown)
    assert panel.count("POST */files/pull") == 0


async def test_the_panels_own_limit_on_pulls_is_told(roost: World, panel: SimPanel) -> None:
    panel.fault("429", route="POST */files/pull", seconds=300)
    mia = await staff(roost)

    shown = await mia.slash(
        roost.channel, "files pull", server="Survival", url="https://example.com/a.zip"
    )

    assert "Try again" in await private(shown)
    assert labels(shown) == []
