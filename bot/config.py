"""config.toml, ROOST_* variables and secret files become one frozen Config.

A setting is looked for in the environment first (`ROOST_<SECTION>_<KEY>`, lists separated by
commas, an empty variable counts as unset), then in the file, then its default holds. Secrets can
also be given as the name of a file that holds them (`token_file`, `ROOST_SECRET_KEY_FILE`).
"""

import difflib
import ipaddress
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct, field

from bot.secret import Secret

S = TypeVar("S", bound=Struct)
Port = Annotated[int, Meta(ge=1, le=65535)]
Snowflake = Annotated[int, Meta(ge=1, le=2**63 - 1)]
Count = Annotated[int, Meta(ge=1, le=100_000)]
Days = Annotated[int, Meta(ge=0, le=3650)]

# what Kubernetes sets for a service called "roost", and the command line's own variable
_NOT_SETTINGS: Final = re.compile(r"ROOST_(CONFIG|PORT|PORT_.*|SERVICE_HOST|SERVICE_PORT.*)")
_HOST_NAME: Final = re.compile(r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_-]+)*\.?")


class ConfigError(Exception):
    """The settings can't be used; the text is one sentence for whoever runs the bot."""


class DiscordSettings(Struct, frozen=True, kw_only=True):
    """[discord]"""

    token: Secret | None = None
    guilds: tuple[Snowflake, ...] = ()
    """Register commands in these guilds instead of everywhere; they then change at once."""
    message_content: bool = False
    """Read what members write in the channels of two-way mirrors; a privileged intent, which has
    to be switched on in the Developer Portal as well."""


class GuildsSettings(Struct, frozen=True, kw_only=True):
    """[guilds]: whom this instance serves."""

    allow: tuple[Snowflake, ...] = ()
    """Only these; empty serves every guild that invites the bot."""
    block: tuple[Snowflake, ...] = ()
    """Never these: the bot leaves at once."""


class DatabaseSettings(Struct, frozen=True, kw_only=True):
    """[database]"""

    path: Path = Path("data/roost.db")


class SecretSettings(Struct, frozen=True, kw_only=True):
    """[secret]"""

    key: Secret | None = None
    """The master key of the vault: 32 bytes in base64 or hex."""


class NetworkSettings(Struct, frozen=True, kw_only=True):
    """[network]: what the address guard lets through beyond public addresses and https."""

    allow: tuple[str, ...] = ()
    """Ranges ("192.168.0.0/16"), addresses and host names."""
    allow_http: bool = False


class ObserveSettings(Struct, frozen=True, kw_only=True):
    """[observe]: /healthz and /metrics."""

    host: str = "127.0.0.1"
    port: Port | None = None
    """None keeps the server off."""


class LogSettings(Struct, frozen=True, kw_only=True):
    """[log]"""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["console", "json"] = "console"


class LimitSettings(Struct, frozen=True, kw_only=True):
    """[limits]: what a guild and a panel may use up, and how long a left guild's data is kept."""

    panels_per_guild: Count = 10
    servers_per_panel: Count = 1000
    rules_per_guild: Count = 500
    jobs_per_guild: Count = 500
    """Votes, countdowns, plans and what is followed, at a time."""
    watched_per_guild: Count = 100
    """Servers whose console stays connected for boards, mirrors, alerts or history."""
    boards_per_guild: Count = 20
    mirrors_per_guild: Count = 25
    """Consoles that go into channels."""
    interactions_per_minute: Count = 40
    """Of one member in one guild: commands, buttons and forms together."""
    costly_per_minute: Count = 6
    """Of those, what reads or sends a lot: exports, charts, checks of a panel, downloads."""
    body_cap_mib: Annotated[int, Meta(ge=1, le=1024)] = 16
    """The most that is read of one answer of a panel or node; streamed files don't count."""
    leave_grace_days: Days = 30


class Config(Struct, frozen=True, kw_only=True):
    """Everything the operator can set; bot/app.py hands each part what it needs of it."""

    discord: DiscordSettings = field(default_factory=DiscordSettings)
    guilds: GuildsSettings = field(default_factory=GuildsSettings)
    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    secret: SecretSettings = field(default_factory=SecretSettings)
    network: NetworkSettings = field(default_factory=NetworkSettings)
    observe: ObserveSettings = field(default_factory=ObserveSettings)
    log: LogSettings = field(default_factory=LogSettings)
    limits: LimitSettings = field(default_factory=LimitSettings)

    def discord_token(self) -> Secret:
        """The bot's token.

        Raises:
            ConfigError: None is set.
        """
        if self.discord.token is None:
            raise ConfigError(
                "The bot's Discord token is missing: put it into config.toml as `token` under"
                " [discord], or set ROOST_DISCORD_TOKEN or ROOST_DISCORD_TOKEN_FILE."
            )
        return self.discord.token


class _Given(Struct, frozen=True):
    """A value as it was found, and where; paths count from `folder`."""

    value: Any
    source: str
    folder: Path


def load(path: Path | None, environ: Mapping[str, str]) -> Config:
    """Read the settings.

    Args:
        path: The TOML file; None when there is none and the environment must do.
        environ: The process's variables.

    Raises:
        ConfigError: A file that can't be read, an unknown or impossible setting.
    """
    found = _from_file(path) if path is not None else {}
    given = _from_environment(environ)
    for section, key in given.keys() & _secret_settings():
        # of a secret's two forms the environment's one replaces both of the file
        for form in (key.removesuffix("_file"), f"{key.removesuffix('_file')}_file"):
            found.pop((section, form), None)
    found |= given
    sections: dict[str, Any] = {}
    for info in msgspec.structs.fields(Config):
        sections[info.name] = _section(info.name, info.type, found)
    return Config(**sections)


def settings() -> dict[tuple[str, str], Any]:
    """Every (section, key) that may be set, with its type; secrets in both their forms."""
    known: dict[tuple[str, str], Any] = {}
    for section in msgspec.structs.fields(Config):
        for info in msgspec.structs.fields(section.type):
            known[section.name, info.name] = info.type
            if info.type == Secret | None:
                known[section.name, f"{info.name}_file"] = Path
    return known


def secrets_within(path: Path) -> list[str]:
    """The secrets that stand in the settings file itself, as `key` in [section]."""
    held = [setting for setting in _from_file(path) if settings().get(setting) == Secret | None]
    return [f"`{key}` in [{section}]" for section, key in held]


def variable(section: str, key: str) -> str:
    """The name of a setting's variable."""
    return f"ROOST_{section}_{key}".upper()


def _secret_settings() -> set[tuple[str, str]]:
    secrets = {setting for setting, type_ in settings().items() if type_ == Secret | None}
    return secrets | {(section, f"{key}_file") for section, key in secrets}


def _from_file(path: Path) -> dict[tuple[str, str], _Given]:
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"The settings file {path} is not there.") from None
    except OSError as error:
        raise ConfigError(f"The settings file {path} can't be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise ConfigError(f"The settings file {path} is not UTF-8 text.") from None
    except tomllib.TOMLDecodeError as error:
        # the parser's own text quotes no values, so no secret can be in it
        raise ConfigError(f"The settings file {path} is not valid TOML: {error}.") from None
    known = settings()
    sections = sorted({section for section, _ in known})
    found: dict[tuple[str, str], _Given] = {}
    for section, values in content.items():
        if section not in sections:
            raise ConfigError(
                f"{path} has an unknown section [{section}]{_nearest(section, sections)}"
            )
        if not isinstance(values, dict):
            raise ConfigError(f"`{section}` in {path} must be a section: write [{section}].")
        for key, value in values.items():
            if (section, key) not in known:
                near = _nearest(key, [k for s, k in known if s == section])
                raise ConfigError(f"{path} has an unknown setting `{key}` in [{section}]{near}")
            found[section, key] = _Given(value, f"`{key}` in [{section}] of {path}", path.parent)
    return found


def _from_environment(environ: Mapping[str, str]) -> dict[tuple[str, str], _Given]:
    known = {variable(*setting): setting for setting in settings()}
    found: dict[tuple[str, str], _Given] = {}
    for name, text in sorted(environ.items()):
        if not name.startswith("ROOST_") or _NOT_SETTINGS.fullmatch(name):
            continue
        if name not in known:
            near = _nearest(name, list(known), without="ROOST_")
            raise ConfigError(f"The variable {name} is no setting{near}")
        if not text.strip():
            continue
        setting = known[name]
        value: object = text.strip()
        if getattr(settings()[setting], "__origin__", None) is tuple:
            value = [part.strip() for part in text.split(",") if part.strip()]
        found[setting] = _Given(value, f"The variable {name}", Path())
    return found


def _section(section: str, struct: type[S], found: Mapping[tuple[str, str], _Given]) -> S:
    values: dict[str, object] = {}
    for info in msgspec.structs.fields(struct):
        given = found.get((section, info.name))
        if info.type == Secret | None:
            values[info.name] = _secret(given, found.get((section, f"{info.name}_file")))
        elif given is not None:
            values[info.name] = _value(info.type, given)
    if section == "network":
        _check_allowed(found.get((section, "allow")))
    return struct(**values)


def _value(type_: Any, given: _Given) -> object:
    if type_ is Path:
        return given.folder / _value(str, given)  # type: ignore[operator]  # the call gives a str
    try:
        return msgspec.convert(given.value, type_, strict=False)
    except msgspec.ValidationError as error:
        reason = str(error).split(" - at ")[0].replace("`", "")
        raise ConfigError(f"{given.source} can't be used: {_lower(reason)}.") from None


def _secret(direct: _Given | None, file: _Given | None) -> Secret | None:
    if direct is not None and file is not None:
        raise ConfigError(f"{direct.source} and {file.source} are both set: remove one.")
    if direct is not None:
        if not isinstance(direct.value, str):
            raise ConfigError(f"{direct.source} must be text in quotes.")
        source, text = direct.source, direct.value
    elif file is not None:
        name = file.folder / str(_value(str, file))
        try:
            source, text = f"{file.source} ({name})", name.read_text("utf-8")
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not text"
            raise ConfigError(f"{file.source} names {str(name)!r}, unreadable: {reason}.") from None
    else:
        return None
    text = text.strip()
    if not text:
        raise ConfigError(f"{source} is empty.")
    if re.search(r"\s", text):
        raise ConfigError(f"{source} has a space or line break within; copy it again, in one line.")
    return Secret(text)


def _check_allowed(given: _Given | None) -> None:
    if given is None:
        return
    for entry in given.value:
        try:
            ipaddress.ip_network(entry, strict=False)
        except ValueError:
            if not _HOST_NAME.fullmatch(entry.lower()):
                raise ConfigError(
                    f"{given.source} has {entry!r}, which is neither a range like"
                    ' "192.168.0.0/16", nor an address, nor a host name like "panel.lan".'
                ) from None


def _nearest(word: str, known: list[str], *, without: str = "") -> str:
    """The end of a sentence about an unknown name; `without` is what all names begin with."""
    bare = {name.removeprefix(without): name for name in known}
    near = difflib.get_close_matches(word.removeprefix(without), bare, n=1, cutoff=0.5)
    return f"; did you mean `{bare[near[0]]}`?" if near else "."


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
