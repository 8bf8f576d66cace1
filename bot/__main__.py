"""The command line: run, demo, doctor, migrate, rekey, backup, commands."""

import asyncio
import contextlib
import importlib
import json
import os
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Final

import typer

from bot import config as settings
from bot import logs
from bot.clock import SYSTEM
from bot.store.errors import StoreError

UNUSABLE: Final = 2
"""Exit code where settings, database or key have to be mended first."""
DEFAULT_CONFIG: Final = Path("config.toml")

cli = typer.Typer(
    name="roost",
    help="A Discord bot for communities whose game servers run on a Pterodactyl or Pelican panel.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # they print the variables of every frame, keys included
    rich_markup_mode=None,
)


def main() -> None:
    """Run the command that was given."""
    sys.excepthook = logs.log_uncaught
    cli(prog_name="roost")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"roost {version('roost')}")
        raise typer.Exit


@cli.callback()
def _everywhere(
    ctx: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option(
            help="The settings file; without it config.toml counts where it is there.",
            envvar="ROOST_CONFIG",
        ),
    ] = None,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show and exit."),
    ] = False,
) -> None:
    ctx.obj = config


@cli.command()
def run(ctx: typer.Context) -> None:
    """Run the bot on Discord."""
    with _plainly():
        chosen = _load(ctx)
        chosen.discord_token()
        logs.setup(level=chosen.log.level, form=chosen.log.format)
        from bot import app

        code = app.run(chosen)
    raise typer.Exit(code)


@cli.command()
def demo(
    port: Annotated[int, typer.Option(help="Where the page listens, on this machine only.")] = 8899,
) -> None:
    """Open the playground: the bot without Discord and without a panel."""
    try:
        # by name: the bot itself knows nothing of the playground
        playground = importlib.import_module("demo.playground")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in {"demo", "simcord"}:
            raise
        _fail(
            "The playground is not installed: use `make demo`,"
            " or install the extra with `pip install '.[demo]'`."
        )
    raise typer.Exit(playground.main(port=port))


@cli.command()
def doctor(ctx: typer.Context) -> None:
    """Check settings, token, database, key and each panel, and say how to mend what is wrong."""
    from bot import doctor as practice
    from bot.client import INTENTS

    logs.setup(level="error")
    findings = asyncio.run(
        practice.examine(_config_path(ctx), os.environ, intents=INTENTS, clock=SYSTEM)
    )
    for finding in findings:
        typer.echo(finding.line())
    if any(finding.is_wrong for finding in findings):
        raise typer.Exit(1)


@cli.command()
def migrate(ctx: typer.Context) -> None:
    """Bring the database to this version's tables, as every start does."""
    from bot.store import schema
    from bot.store.engine import Database

    async def upgrade(path: Path) -> str | None:
        database = await Database.open(path, clock=SYSTEM)
        await database.close()
        return schema.revision(path)

    with _plainly():
        path = _load(ctx).database.path
        typer.echo(f"The database {path} is at step {asyncio.run(upgrade(path))}.")


@cli.command()
def rekey(
    ctx: typer.Context,
    new_key_file: Annotated[
        Path | None,
        typer.Option(
            help="The new key, made where missing; needed where the settings name the old one.",
        ),
    ] = None,
) -> None:
    """Seal every panel key anew with another master key. The bot must be stopped."""
    from bot.store import vault
    from bot.store.engine import Database

    async def turn(chosen: settings.Config) -> Path:
        database = await Database.open(chosen.database.path, clock=SYSTEM)
        try:
            return await vault.rekey(
                database, key=chosen.secret.key, new_file=new_key_file, clock=SYSTEM
            )
        finally:
            await database.close()

    with _plainly():
        logs.setup(level="error")
        chosen = _load(ctx)
        if (chosen.secret.key is None) != (new_key_file is None):
            _fail(
                "The settings give the master key: say by --new-key-file where the new one goes."
                if chosen.secret.key is not None
                else "The master key lies beside the database: leave --new-key-file out."
            )
        file = asyncio.run(turn(chosen))
    typer.echo(f"Everything is sealed with the key in {file} now; back that file up.")
    if new_key_file is not None:
        typer.echo(f"Name it in the settings: ROOST_SECRET_KEY_FILE={file}")
    typer.echo("Keep the old key for as long as you keep backups made before.")


@cli.command()
def backup(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="The copy to write; it must not exist.")],
) -> None:
    """Copy the database, consistent even while the bot runs."""
    from bot.store.engine import copy

    with _plainly():
        copy(_load(ctx).database.path, file)
    typer.echo(f"The database is copied to {file}. The master key is not in it: keep that apart.")


@cli.command()
def commands(
    as_json: Annotated[
        bool, typer.Option("--json", help="Exactly what is registered with Discord.")
    ] = False,
) -> None:
    """List the slash commands; needs no settings, no token, no network."""
    from bot.client import command_payload

    payload = command_payload()
    if as_json:
        typer.echo(json.dumps(payload, indent=2, ensure_ascii=False))
        return
    for command in payload:
        typer.echo(f"{command['name']}: {command.get('description') or 'context menu'}")


def _config_path(ctx: typer.Context) -> Path | None:
    given: Path | None = ctx.obj
    return given or (DEFAULT_CONFIG if DEFAULT_CONFIG.exists() else None)


def _load(ctx: typer.Context) -> settings.Config:
    return settings.load(_config_path(ctx), os.environ)


@contextlib.contextmanager
def _plainly() -> Iterator[None]:
    """What whoever runs the bot has to mend is one sentence and no traceback."""
    try:
        yield
    except (settings.ConfigError, StoreError) as error:
        _fail(str(error))


def _fail(sentence: str) -> None:
    typer.echo(logs.scrub(sentence), err=True)
    raise typer.Exit(UNUSABLE)


if __name__ == "__main__":
    main()
