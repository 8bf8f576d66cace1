"""Settings: file, environment and secret files become one Config, or one sentence."""

import re
import tomllib
from pathlib import Path

import msgspec
import pytest

from bot.config import Config, ConfigError, load, settings, variable

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "config.example.toml"
TOKEN = "MTIz.abcdef.this-is-a-token-for-tests"


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(text, "utf-8")
    return path


def uncommented_example() -> str:
    """The example with every setting switched on."""
    return re.sub(r"(?m)^# (\w+ = )", r"\1", EXAMPLE.read_text("utf-8"))


def refusal(path: Path | None, environ: dict[str, str] | None = None) -> str:
    with pytest.raises(ConfigError) as refused:
        load(path, environ or {})
    text = str(refused.value)
    assert "\n" not in text
    assert text[-1] in ".?"
    return text


def test_nothing_set_gives_the_defaults() -> None:
    assert load(None, {}) == Config()


def test_the_example_as_it_is_changes_nothing() -> None:
    assert load(EXAMPLE, {}) == msgspec.structs.replace(Config())


def test_the_example_names_every_setting_and_no_other() -> None:
    named = {
        (section, key)
        for section, values in tomllib.loads(uncommented_example()).items()
        for key in values
    }
    assert named == set(settings())


def test_the_example_shows_the_defaults() -> None:
    example = tomllib.loads(uncommented_example())
    for section in msgspec.structs.fields(Config):
        defaults = msgspec.to_builtins(
            getattr(Config(), section.name), enc_hook=str, builtin_types=()
        )
        for key, default in defaults.items():
            if default is not None:
                shown = example[section.name][key]
                assert (tuple(shown) if isinstance(shown, list) else shown) == default, key


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, "[log]\nlevel = 'debug'\nformat = 'json'\n[observe]\nport = 9100\n")

    config = load(path, {"ROOST_LOG_LEVEL": "error", "ROOST_OBSERVE_PORT": "9200"})

    assert (config.log.level, config.log.format, config.observe.port) == ("error", "json", 9200)


@pytest.mark.parametrize(
    ("name", "text", "section", "key", "value"),
    [
        ("ROOST_DISCORD_GUILDS", "1, 2,3,", "discord", "guilds", (1, 2, 3)),
        ("ROOST_NETWORK_ALLOW", "192.168.0.0/16,panel.lan", "network", "allow",
         ("192.168.0.0/16", "panel.lan")),
        ("ROOST_NETWORK_ALLOW_HTTP", "true", "network", "allow_http", True),
        ("ROOST_NETWORK_ALLOW_HTTP", "0", "network", "allow_http", False),
        ("ROOST_LIMITS_LEAVE_GRACE_DAYS", "0", "limits", "leave_grace_days", 0),
        ("ROOST_DATABASE_PATH", "/data/roost.db", "database", "path", Path("/data/roost.db")),
        ("ROOST_DATABASE_PATH", "", "database", "path", Path("data/roost.db")),
        ("ROOST_OBSERVE_PORT", " ", "observe", "port", None),
    ],
)  # fmt: skip
def test_a_variable_is_read_as_its_setting_needs_it(
    name: str, text: str, section: str, key: str, value: object
) -> None:
    assert getattr(getattr(load(None, {name: text}), section), key) == value


def test_every_setting_has_a_variable_that_means_the_same(tmp_path: Path) -> None:
    example = tomllib.loads(uncommented_example())
    environ = {
        variable(section, key): ",".join(value) if isinstance(value, list) else str(value)
        for section, values in example.items()
        for key, value in values.items()
    }
    assert len(environ) == len(settings())

    from_file = re.sub(r'(?m)^(token|key)(_file)? = ""$', "", uncommented_example())
    read = load(written(tmp_path, from_file), {})

    assert load(None, environ) == msgspec.structs.replace(
        read, database=load(None, environ).database
    )
    assert load(None, environ).database.path == Path(example["database"]["path"])


def test_paths_of_a_file_count_from_its_folder(tmp_path: Path) -> None:
    path = written(tmp_path, "[database]\npath = 'kept/roost.db'\n")

    assert load(path, {}).database.path == tmp_path / "kept" / "roost.db"


@pytest.mark.parametrize("name", ["ROOST_DISCORD_TOKEN", "ROOST_SECRET_KEY"])
def test_a_secret_comes_from_a_variable_or_from_a_file(tmp_path: Path, name: str) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{TOKEN}\n")
    section = name.split("_")[1].lower()
    key = name.split("_")[2].lower()

    for environ in ({name: TOKEN}, {f"{name}_FILE": str(file)}):
        secret = getattr(getattr(load(None, environ), section), key)
        assert secret.reveal() == TOKEN


def test_a_secret_of_the_environment_replaces_either_form_in_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, "[discord]\ntoken_file = 'gone'\n")

    assert load(path, {"ROOST_DISCORD_TOKEN": TOKEN}).discord_token().reveal() == TOKEN


def test_no_secret_shows_in_the_config(tmp_path: Path) -> None:
    config = load(None, {"ROOST_DISCORD_TOKEN": TOKEN})

    assert TOKEN not in repr(config) + str(config)


def test_a_missing_token_is_told_with_all_ways_to_give_it() -> None:
    with pytest.raises(ConfigError, match="ROOST_DISCORD_TOKEN_FILE"):
        load(None, {}).discord_token()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[discrod]\n", "[discrod]; did you mean `discord`?"),
        ("[discord]\ntokn = 'x'\n", "`tokn` in [discord]; did you mean `token`?"),
        ("[discord]\nzebra = 1\n", "unknown setting `zebra` in [discord]."),
        ("discord = 3\n", "must be a section"),
        ("[log]\nlevel = 'loud'\n", "`level` in [log]"),
        ("[observe]\nport = 70000\n", "`port` in [observe]"),
        ("[observe]\nport = 'http'\n", "expected int"),
        ("[limits]\npanels_per_guild = 0\n", ">= 1"),
        ("[discord]\nguilds = 'all'\n", "`guilds` in [discord]"),
        ("[discord]\nguilds = [-1]\n", "`guilds` in [discord]"),
        ("[discord]\ntoken = 5\n", "must be text"),
        ("[discord]\ntoken = ''\n", "is empty"),
        ("[discord]\ntoken = 'a'\ntoken_file = 'b'\n", "are both set"),
        ("[discord]\ntoken_file = 'nowhere'\n", "nowhere"),
        ("[network]\nallow = ['http://panel.lan']\n", "neither a range"),
        ("[network]\nallow = ['10.0.0.0/99']\n", "neither a range"),
        ("[network]\nallow = 'panel.lan'\n", "`allow` in [network]"),
        ("[network]\nallow = [3]\n", "`allow` in [network]"),
        ("[[log]]\n", "must be a section"),
        ("not toml", "not valid TOML"),
    ],
)
def test_a_wrong_file_is_told_in_a_sentence_that_names_the_place(
    tmp_path: Path, text: str, told: str
) -> None:
    assert told in refusal(written(tmp_path, text))


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({"ROOST_DISCORD_TOKE": "x"}, "did you mean `ROOST_DISCORD_TOKEN`?"),
        ({"ROOST_ZEBRA": "x"}, "The variable ROOST_ZEBRA is no setting."),
        ({"ROOST_LOG_LEVEL": "loud"}, "The variable ROOST_LOG_LEVEL can't be used"),
        ({"ROOST_DISCORD_GUILDS": "1,two"}, "ROOST_DISCORD_GUILDS"),
        ({"ROOST_DISCORD_TOKEN": "a", "ROOST_DISCORD_TOKEN_FILE": "b"}, "are both set"),
        ({"ROOST_SECRET_KEY_FILE": "a\0b"}, "ROOST_SECRET_KEY_FILE"),
        ({"ROOST_NETWORK_ALLOW": "panel.lan,https://x"}, "'https://x'"),
    ],
)
def test_a_wrong_variable_is_told_by_name(environ: dict[str, str], told: str) -> None:
    assert told in refusal(None, environ)


def test_a_token_with_a_line_break_within_is_refused_unshown() -> None:
    told = refusal(None, {"ROOST_DISCORD_TOKEN": f"{TOKEN}\n{TOKEN}"})

    assert "line break" in told
    assert TOKEN not in told


def test_a_file_that_is_not_there_or_not_text_is_told(tmp_path: Path) -> None:
    assert "is not there" in refusal(tmp_path / "none.toml")
    (tmp_path / "folder").mkdir()
    assert "can't be read" in refusal(tmp_path / "folder")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    assert "not UTF-8" in refusal(tmp_path / "binary")


def test_what_an_orchestrator_sets_by_itself_is_no_setting() -> None:
    environ = {
        "ROOST_PORT": "tcp://10.0.0.1:9100",
        "ROOST_PORT_9100_TCP_ADDR": "10.0.0.1",
        "ROOST_SERVICE_HOST": "10.0.0.1",
        "ROOST_SERVICE_PORT": "9100",
        "ROOST_CONFIG": "/etc/roost.toml",
        "PATH": "/bin",
    }
    assert load(None, environ) == Config()
