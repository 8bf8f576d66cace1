"""/account: for who connected the panel alone, and nothing secret where others could see it."""

import asyncio
import base64
import re

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from demo.panel import SimPanel
from demo.panel.routes.account import totp
from tests.wirecord import Permission, Shown, components_of
from tests.world import World, private, public

PASSWORD = "AlicePass1!"
SAYS_OFF = "switched off here"


@pytest.fixture
async def switched_on(roost: World) -> World:
    """The guild with `/account` allowed."""
    await roost.switch("account_commands")
    return roost


def _labels(shown: Shown) -> list[str]:
    return [c["label"] for c in components_of(shown.message.get("components")) if c.get("label")]


def _public_key() -> str:
    key = Ed25519PrivateKey.generate().public_key()
    made = key.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return made.decode() + " mia@home"


async def _said(world: World, command: str, **options: object) -> str:
    return await private(await world.admin.slash(world.channel, f"account {command}", **options))


async def _make_key(
    world: World, title: str = "Second", addresses: str = "", **more: bool
) -> Shown:
    form = await world.admin.slash(world.channel, "account key-create")
    return await world.admin.submit(form, title=title, allowed_ips=addresses, **more)


@pytest.mark.parametrize(
    "command",
    ["info", "email", "password", "two-factor", "keys", "key-create", "key-delete", "ssh-keys",
     "ssh-add", "ssh-remove", "activity"],
)  # fmt: skip
async def test_every_account_command_is_off_until_config_switches_it_on(
    roost: World, panel: SimPanel, command: str
) -> None:
    before = [asked for asked in panel.asked if "/account/" in asked]

    shown = await roost.admin.slash(roost.channel, f"account {command}")

    assert SAYS_OFF in await private(shown)
    assert [asked for asked in panel.asked if "/account/" in asked] == before


async def test_another_admin_who_didn_t_connect_the_panel_is_refused(switched_on: World) -> None:
    other = switched_on.guild.member(
        "other", switched_on.guild.role("More admins", Permission.MANAGE_GUILD)
    )

    shown = await other.slash(switched_on.channel, "account keys")

    assert "only they may see or change it" in await private(shown)


async def test_the_account_is_shown_with_its_address_behind_a_spoiler(switched_on: World) -> None:
    said = await _said(switched_on, "info")

    assert "alice" in said
    assert "||`alice@example.com`||" in said


async def test_the_address_is_changed_with_the_password(
    switched_on: World, panel: SimPanel
) -> None:
    form = await switched_on.admin.slash(switched_on.channel, "account email")

    done = await switched_on.admin.submit(form, "alice@example.org", PASSWORD)

    assert "alice@example.org" in await private(done)
    assert panel.world.user("alice").email == "alice@example.org"


async def test_a_wrong_password_is_said_and_not_repeated_to_anybody(
    switched_on: World, panel: SimPanel
) -> None:
    form = await switched_on.admin.slash(switched_on.channel, "account email")

    done = await switched_on.admin.submit(form, "alice@example.org", "WrongOne7!")

    said = await private(done)
    assert "not the account's password" in said
    assert "WrongOne7!" not in said
    assert panel.world.user("alice").email == "alice@example.com"
    assert sum("account/email" in asked for asked in panel.asked) == 1


async def test_the_password_is_changed(switched_on: World, panel: SimPanel) -> None:
    form = await switched_on.admin.slash(switched_on.channel, "account password")

    done = await switched_on.admin.submit(form, PASSWORD, "NewPass22!", "NewPass22!")

    assert "password is changed" in await private(done)
    assert panel.world.user("alice").password == "NewPass22!"


@pytest.mark.parametrize(
    ("new", "again", "says"),
    [("NewPass22!", "NewPass23!", "isn't the same twice"), ("short", "short", "at least 8")],
)
async def test_a_new_password_that_can_t_be_is_refused_before_the_panel_is_asked(
    switched_on: World, panel: SimPanel, new: str, again: str, says: str
) -> None:
    form = await switched_on.admin.slash(switched_on.channel, "account password")

    done = await switched_on.admin.submit(form, PASSWORD, new, again)

    said = await private(done)
    assert says in said
    assert new not in said
    assert not [asked for asked in panel.asked if "account/password" in asked]


async def test_two_factor_goes_from_the_picture_to_the_recovery_codes_and_off_again(
    switched_on: World, panel: SimPanel
) -> None:
    alice, admin = panel.world.user("alice"), switched_on.admin
    card = await admin.slash(switched_on.channel, "account two-factor")
    await private(card)

    setup = await admin.click(card.message, label="Set up")
    said = await private(setup)
    (picture,) = setup.message["attachments"]
    assert picture["filename"] == "two-factor.png"
    assert alice.totp_secret
    assert f"||`{alice.totp_secret}`||" in said

    form = await admin.click(setup.message, label="Enter the code")
    code = totp(alice.totp_secret, panel.clock.now().timestamp())
    on = await admin.submit(form, f"{code[:3]} {code[3:]}", PASSWORD)
    said = await private(on)
    assert alice.is_2fa_enabled
    assert len(re.findall(r"\|\|`\w+`\|\|", said)) == 10

    again = await admin.click(card.message, label="Set up")
    assert "on already" in await private(again)
    off = await admin.submit(await admin.click(card.message, label="Switch off"), PASSWORD)
    assert "Two-factor is off" in await private(off)
    assert not alice.is_2fa_enabled


@pytest.mark.parametrize("code", ["12345", "abcdef", "1234567"])
async def test_what_is_no_code_is_refused_before_the_panel_is_asked(
    switched_on: World, panel: SimPanel, code: str
) -> None:
    card = await switched_on.admin.slash(switched_on.channel, "account two-factor")
    await private(card)
    setup = await switched_on.admin.click(card.message, label="Set up")
    await private(setup)

    form = await switched_on.admin.click(setup.message, label="Enter the code")
    done = await switched_on.admin.submit(form, code, PASSWORD)

    assert "six digits" in await private(done)
    assert not [asked for asked in panel.asked if asked.startswith("POST") and "factor" in asked]


async def test_a_new_key_is_shown_once_behind_a_spoiler_and_listed_without_its_secret(
    switched_on: World, panel: SimPanel
) -> None:
    made = await _make_key(switched_on, addresses="127.0.0.0/8\n10.0.0.7")

    said = await private(made)
    key = panel.world.user("alice").keys[-1]
    assert f"||`{key.text}`||" in said
    assert key.allowed_ips == ["127.0.0.0/8", "10.0.0.7"]
    listed = await _said(switched_on, "keys")
    assert key.identifier in listed
    assert key.secret not in listed
    assert listed.count("the connected one") == 1


async def test_a_new_key_replaces_the_connected_one_in_one_step(
    switched_on: World, panel: SimPanel
) -> None:
    alice, old = panel.world.user("alice"), panel.key("alice")

    done = await _make_key(switched_on, title="Fresh", replace_the_connected_key=True)

    said = await private(done)
    new = alice.keys[-1]
    assert "connected with the new key" in said
    assert "is deleted" in said
    assert new.secret not in said
    assert old not in [key.text for key in alice.keys]
    panel.asked.clear()
    tested = await switched_on.admin.slash(switched_on.channel, "panel test", panel="Nova")
    assert "answers in" in await private(tested)
    assert "**the connected one**" in await _said(switched_on, "keys")


async def test_a_new_key_that_doesn_t_work_from_here_is_taken_back_and_the_old_one_stays(
    switched_on: World, panel: SimPanel
) -> None:
    alice = panel.world.user("alice")
    before = [key.text for key in alice.keys]

    done = await _make_key(switched_on, addresses="10.1.2.3", replace_the_connected_key=True)

    said = await private(done)
    assert "The connected key stays, and the new one is deleted again" in said
    assert [key.text for key in alice.keys] == before
    tested = await switched_on.admin.slash(switched_on.channel, "panel test", panel="Nova")
    assert "answers in" in await private(tested)


async def test_a_key_that_another_guild_uses_too_is_left_on_the_panel(
    switched_on: World, panel: SimPanel
) -> None:
    other = World(switched_on.wire, switched_on.app)
    await other.open()
    try:
        await other.connect(panel)
        old = panel.key("alice")

        done = await _make_key(switched_on, replace_the_connected_key=True)

        assert "connected elsewhere too" in await private(done)
        assert old in [key.text for key in panel.world.user("alice").keys]
    finally:
        await other.close()


@pytest.mark.parametrize("address", ["everywhere", "10.0.0.300", "@everyone", "10.0.0.0/99"])
async def test_an_address_that_is_none_makes_no_key(
    switched_on: World, panel: SimPanel, address: str
) -> None:
    done = await _make_key(switched_on, addresses=address)

    assert "no IP address or range" in await private(done)
    assert not [asked for asked in panel.asked if asked.startswith("POST") and "keys" in asked]


async def test_a_key_whose_making_nobody_can_vouch_for_is_said_to_be_looked_for(
    switched_on: World, panel: SimPanel
) -> None:
    panel.fault("html502", route="POST */account/api-keys")

    done = await _make_key(switched_on)

    said = await private(done)
    assert "may or may not have happened" in said
    assert "/account keys" in said
    assert sum("POST" in a and "api-keys" in a for a in panel.asked) == 1


async def test_a_key_is_deleted_after_asking_once_and_never_the_connected_one(
    switched_on: World, panel: SimPanel
) -> None:
    alice, admin = panel.world.user("alice"), switched_on.admin
    await private(await _make_key(switched_on, title="Second"))
    second = alice.keys[-1]
    card = await admin.slash(switched_on.channel, "account key-delete")
    await private(card)
    offered = str(card.message["components"])
    assert second.identifier in offered
    assert panel.key("alice")[:16] not in offered

    await admin.select(card.message, [second.identifier])
    await card.until(lambda: "stops working at once" in card.text)
    first, again = await asyncio.gather(
        admin.click(card.message, label="Delete"), admin.click(card.message, label="Delete")
    )

    await first.until(lambda: second not in alice.keys)
    await again.until(lambda: "once, not twice" in first.text + again.text)
    assert sum(asked.startswith("DELETE") for asked in panel.asked) == 1


async def test_ssh_keys_are_added_listed_and_removed(switched_on: World, panel: SimPanel) -> None:
    alice, admin = panel.world.user("alice"), switched_on.admin
    form = await admin.slash(switched_on.channel, "account ssh-add")
    assert "SHA256:" in await private(await admin.submit(form, "laptop", _public_key()))
    assert "**laptop**" in await _said(switched_on, "ssh-keys")

    card = await admin.slash(switched_on.channel, "account ssh-remove")
    await private(card)
    await admin.select(card.message, [alice.ssh_keys[0].fingerprint])
    await card.until(lambda: "can't open SFTP" in card.text)
    await admin.click(card.message, label="Remove")

    await card.until(lambda: "is removed" in card.text)
    assert not alice.ssh_keys


async def test_a_private_key_is_never_sent_on_nor_repeated(
    switched_on: World, panel: SimPanel
) -> None:
    body = base64.b64encode(b"not a real one " * 4).decode()
    text = f"-----BEGIN OPENSSH PRIVATE KEY-----\n{body}\n-----END OPENSSH PRIVATE KEY-----"
    form = await switched_on.admin.slash(switched_on.channel, "account ssh-add")

    done = await switched_on.admin.submit(form, "laptop", text)

    said = await private(done)
    assert "That is a private key" in said
    assert body not in said
    assert not [asked for asked in panel.asked if "POST" in asked and "ssh" in asked]


async def test_the_log_is_leafed_through_latest_first(switched_on: World, panel: SimPanel) -> None:
    for _ in range(12):
        await private(await _make_key(switched_on))

    shown = await switched_on.admin.slash(switched_on.channel, "account activity")
    said = await private(shown)
    assert "user:api-key.create" in said
    assert "page 1 of 2" in said
    await switched_on.admin.click(shown.message, label="Next")

    await shown.until(lambda: "page 2 of 2" in shown.text)


async def test_nothing_of_an_account_is_said_in_the_channel(switched_on: World) -> None:
    for command in ("info", "keys", "ssh-keys", "activity", "two-factor"):
        await _said(switched_on, command)

    assert public(switched_on.channel) == []


async def test_a_panel_that_is_down_is_told_by_its_name(
    switched_on: World, panel: SimPanel
) -> None:
    panel.fault("html502", route="GET */account/api-keys")

    said = await _said(switched_on, "keys")

    assert "The panel **Nova** doesn't answer" in said


async def test_members_don_t_see_the_group(switched_on: World) -> None:
    mia = await switched_on.member("mia")

    with pytest.raises(PermissionError):
        await mia.slash(switched_on.channel, "account info")
