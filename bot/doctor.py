"""`roost doctor`: looks at everything the bot needs, and says in words how to mend what is wrong.

Looks only: nothing is made, migrated or sent anywhere but questions. No secret is in any text.
"""

import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

import aiohttp
import discord
import msgspec
from discord.http import Route
from msgspec import Struct

from bot import config as settings
from bot.clock import Clock
from bot.config import Config, ConfigError
from bot.pterodactyl import AddressGuard, Client, Network
from bot.pterodactyl.errors import (
    AddressRefused,
    IpNotAllowed,
    KeyRejected,
    Limited,
    NotThePanel,
    PanelDown,
    PanelError,
    TwoFactorDemanded,
    WrongKeyKind,
)
from bot.secret import Secret
from bot.store import guilds, panels, schema
from bot.store.engine import in_use, looking
from bot.store.errors import NotOpened, StoreError, WrongKey
from bot.store.keys import key_file
from bot.store.panels import PanelRow
from bot.store.vault import Vault, owner_of

DISCORD_WITHIN_S: Final = 10.0
PANEL_WITHIN_S: Final = 30.0
CONNECT_AGAIN: Final = "In Discord: `/panel remove`, then `/panel add` with the new key."
PORTAL: Final = "https://discord.com/developers/applications"

_MARKS: Final = {"fine": "✓", "note": "•", "wrong": "✗"}

# the bits of an application's flags: for up to 100 servers without, above with Discord's leave
_PRIVILEGED: Final = {
    "presences": ("Presence Intent", 1 << 12 | 1 << 13),
    "members": ("Server Members Intent", 1 << 14 | 1 << 15),
    "message_content": ("Message Content Intent", 1 << 18 | 1 << 19),
}


class Finding(Struct, frozen=True, kw_only=True):
    """One thing that was looked at."""

    subject: str
    state: Literal["fine", "note", "wrong"]
    text: str
    mend: str = ""

    @property
    def is_wrong(self) -> bool:
        """Whether the bot can't do its work like this."""
        return self.state == "wrong"

    def line(self) -> str:
        """For a terminal; the mend stands on a line of its own."""
        told = f"{_MARKS[self.state]} {self.subject}: {self.text}"
        return f"{told}\n    → {self.mend}" if self.mend else told


class _Application(Struct, frozen=True):
    """What Discord says of the application (GET /applications/@me)."""

    flags: int = 0
    bot_require_code_grant: bool = False


class _User(Struct, frozen=True):
    username: str


def _fine(subject: str, text: str) -> Finding:
    return Finding(subject=subject, state="fine", text=text)


def _note(subject: str, text: str, mend: str = "") -> Finding:
    return Finding(subject=subject, state="note", text=text, mend=mend)


def _wrong(subject: str, text: str, mend: str = "") -> Finding:
    return Finding(subject=subject, state="wrong", text=text, mend=mend)


async def examine(
    path: Path | None,
    environ: Mapping[str, str],
    *,
    intents: discord.Intents,
    clock: Clock,
) -> list[Finding]:
    """Look at settings, token, intents, database, key and each panel, in this order.

    Args:
        path: The settings file, where there is one.
        environ: The process's variables.
        intents: What the bot asks Discord for.
    """
    try:
        config = settings.load(path, environ)
    except ConfigError as error:
        return [_wrong("Settings", str(error))]
    findings = settings_findings(path, config)
    findings += await _discord(config, intents, clock)
    findings += await _store(config, clock)
    return findings


def settings_findings(path: Path | None, config: Config) -> list[Finding]:
    """What the settings themselves show."""
    where = str(path) if path is not None else "the environment alone"
    findings = [_fine("Settings", f"read from {where}.")]
    if path is not None and path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        holds = settings.secrets_within(path)
        if holds:
            findings.append(
                _note(
                    "Settings",
                    f"{path} holds {' and '.join(holds)}, and others on this machine may read it.",
                    f"chmod 600 {path}",
                )
            )
    if config.network.allow_http:
        findings.append(
            _note("Network", "allow_http is on: keys of panels at http:// travel unencrypted.")
        )
    return findings


def intents_findings(intents: discord.Intents, flags: int) -> list[Finding]:
    """Whether the application may have the privileged intents that the bot asks for."""
    wanted = [
        (title, bits) for name, (title, bits) in _PRIVILEGED.items() if getattr(intents, name)
    ]
    missing = [title for title, bits in wanted if not flags & bits]
    if missing:
        return [
            _wrong(
                "Intents",
                f"{' and '.join(missing)} is not switched on; Discord will refuse the connection.",
                f"{PORTAL} → your application → Bot → Privileged Gateway Intents: switch it on.",
            )
        ]
    if not wanted:
        return [_fine("Intents", "no privileged intent is needed.")]
    return [_fine("Intents", f"{' and '.join(title for title, _ in wanted)} is switched on.")]


async def _discord(config: Config, intents: discord.Intents, clock: Clock) -> list[Finding]:
    if config.discord.message_content:
        intents = intents | discord.Intents(message_content=True)  # |= changes the caller's
    try:
        token = config.discord_token()
    except ConfigError as error:
        return [_wrong("Token", str(error), f"{PORTAL} → your application → Bot → Reset Token.")]
    timeout = aiohttp.ClientTimeout(total=None)  # the clock's limit is the one that counts
    try:
        async with (
            clock.timeout(DISCORD_WITHIN_S),
            aiohttp.ClientSession(timeout=timeout, trust_env=False) as session,
        ):
            status, body = await _asked(session, token, "/users/@me")
            if status != 200:
                return [_token_refused(status)]
            user = msgspec.json.decode(body, type=_User)
            status, body = await _asked(session, token, "/applications/@me")
            application = msgspec.json.decode(body, type=_Application) if status == 200 else None
    except TimeoutError:
        return [_wrong("Token", f"Discord did not answer within {DISCORD_WITHIN_S:.0f} s.")]
    except aiohttp.ClientError as error:
        return [
            _wrong(
                "Token",
                f"Discord can't be reached ({type(error).__name__}).",
                "Look at this machine's network, name resolution and firewall (discord.com:443).",
            )
        ]
    except msgspec.DecodeError:
        return [_wrong("Token", "what answered at Discord's address is not Discord.")]
    findings = [_fine("Token", f"Discord knows it: the bot is {user.username}.")]
    if application is None:
        return [*findings, _note("Intents", f"Discord would not say (HTTP {status}).")]
    if application.bot_require_code_grant:
        findings.append(
            _wrong(
                "Application",
                "“Requires OAuth2 Code Grant” is on, so nobody can invite the bot.",
                f"{PORTAL} → your application → Bot: switch it off.",
            )
        )
    return findings + intents_findings(intents, application.flags)


async def _asked(session: aiohttp.ClientSession, token: Secret, path: str) -> tuple[int, bytes]:
    headers = {"Authorization": f"Bot {token.reveal()}"}
    async with session.get(Route.BASE + path, headers=headers, allow_redirects=False) as answer:
        return answer.status, await answer.content.read(1 << 20)


def _token_refused(status: int) -> Finding:
    if status == 401:
        return _wrong(
            "Token",
            "Discord does not know it (HTTP 401).",
            f"{PORTAL} → your application → Bot → Reset Token, and put the new one into the"
            " settings. It is not the application's public key nor its client secret.",
        )
    if status == 429:
        return _note("Token", "Discord asks to wait (HTTP 429).", "Try again in some minutes.")
    return _wrong("Token", f"Discord answered HTTP {status}.", "Try again; see discordstatus.com.")


async def _store(config: Config, clock: Clock) -> list[Finding]:
    path = config.database.path.absolute()
    if not path.exists() or not path.stat().st_size:
        return [
            _note("Database", f"{path} is not there yet; the first start makes it, and its key.")
        ]
    findings: list[Finding] = []
    try:
        holder = "in use by a running bot" if in_use(path) else "free"
        step = schema.revision(path)
        newest = schema.newest()
        if step != newest:
            return [
                _note(
                    "Database",
                    f"{path} is {holder}, at step {step}; this version needs step {newest}.",
                    "Stop the bot, then `roost migrate` (every start does it too).",
                )
            ]
        findings.append(_fine("Database", f"{path} is {holder}, at step {step}."))
        async with looking(path) as session:
            vault = await Vault.prove(session, file=key_file(path), key=config.secret.key)
            if vault is None:
                return [*findings, _note("Key", "none yet; the first start makes one.")]
            findings.append(_fine("Key", f"{vault.key_id} is the one this database needs."))
            rows: list[PanelRow] = []
            for guild in await guilds.list_guilds(session):
                rows += await panels.list_panels(session, guild_id=guild.guild_id)
    except WrongKey as error:
        return [*findings, _wrong("Key", str(error))]
    except StoreError as error:
        return [_wrong("Database", str(error))]
    return findings + await _panels(config, vault, rows, clock)


async def _panels(
    config: Config, vault: Vault, rows: list[PanelRow], clock: Clock
) -> list[Finding]:
    if not rows:
        return [_note("Panels", "none is connected; `/panel add` in Discord does that.")]
    guard = AddressGuard(config.network.allow, allow_http=config.network.allow_http)
    network = Network(guard, clock=clock, body_cap_bytes=config.limits.body_cap_mib << 20)
    findings = []
    try:
        for row in rows:
            subject = f"Panel “{row.name}” of guild {row.guild_id}"
            try:
                owner = owner_of(guild_id=row.guild_id, table="panel", row_id=row.id)
                key = vault.unseal(row.key_sealed, owner=owner)
            except NotOpened:
                findings.append(_wrong(subject, "its key doesn't open.", CONNECT_AGAIN))
                continue
            findings.append(await _panel(subject, row.url, key, network, clock))
    finally:
        await network.close()
    return findings


async def _panel(subject: str, url: str, key: Secret, network: Network, clock: Clock) -> Finding:
    began = clock.monotonic()
    try:
        client = Client(url, key, network=network, clock=clock)
        async with clock.timeout(PANEL_WITHIN_S):
            account = await client.account.get_account()
            servers = await client.servers.list_servers()
    except TimeoutError:
        return _wrong(subject, f"{url} did not answer within {PANEL_WITHIN_S:.0f} s.")
    except PanelError as error:
        return panel_trouble(subject, url, error)
    took_ms = (clock.monotonic() - began) * 1000
    counted = "1 server" if len(servers) == 1 else f"{len(servers)} servers"
    told = f"{url} answers as {account.username} in {took_ms:.0f} ms, {counted}."
    if account.admin:
        return _note(
            subject,
            f"{told} It is a root administrator's key: it may do everything on every server.",
            f"Make a key of an ordinary account for the bot. {CONNECT_AGAIN}",
        )
    if not servers:
        return _note(subject, told, "Make the account a subuser of the servers on the panel.")
    return _fine(subject, told)


def panel_trouble(subject: str, url: str, error: PanelError) -> Finding:
    """Say what a panel's error means for whoever runs the bot."""
    said = str(error).rstrip(".")
    new_key = f"Make one on the panel (Account → API Credentials). {CONNECT_AGAIN}"
    match error:
        case AddressRefused():
            mend = f"Put this into the settings: {error.setting}" if error.setting else ""
            return _wrong(subject, f"{url} may not be dialled: {said}.", mend)
        case NotThePanel():
            return _wrong(
                subject,
                f"what answers at {url} is a page for people, not the panel's API.",
                "Use the panel's own address, without a path; let no challenge stand before /api.",
            )
        case PanelDown():
            return _wrong(subject, f"{url} is down or can't be reached: {said}.")
        case WrongKeyKind():
            return _wrong(subject, "its key is an application key, not an account's.", new_key)
        case IpNotAllowed():
            return _wrong(
                subject,
                f"{url} refuses the key from this machine's address.",
                "Add the address to the key's allowed ones on the panel, or make a key without.",
            )
        case TwoFactorDemanded():
            return _wrong(
                subject,
                f"{url} demands two-factor authentication of the account.",
                "Switch it on for the account on the panel; the key then works as before.",
            )
        case KeyRejected():
            return _wrong(subject, f"{url} does not know the key any more.", new_key)
        case Limited():
            return _note(subject, f"{url} asks to wait {error.retry_after:.0f} s.")
        case _:
            return _wrong(subject, f"{url} answered with an error: {said}.")
