"""Console rules to start from, by game: what is dangerous, and what moderators need each day."""

from typing import Final

from msgspec import Struct

from bot.fleet.games import Game


class ConsolePreset(Struct, frozen=True):
    """Two lists for everyone with the right to the console."""

    forbidden: tuple[str, ...]
    allowed: tuple[str, ...]


# rights, the process, bans by address, and what runs other commands or changes the world's blocks
# (a command block is a console of its own)
_MINECRAFT_FORBIDDEN: Final = (
    "op", "deop", "stop", "restart", "reload", "rl", "ban-ip", "pardon-ip", "whitelist off",
    "save-off", "execute", "function", "schedule", "return", "sudo", "setblock", "fill", "clone",
    "summon", "data", "debug", "perf", "jfr", "publish", "datapack", "plugman", "lp", "luckperms",
    "perm", "pex",
)  # fmt: skip
_MINECRAFT_ALLOWED: Final = (
    "list", "say", "tell", "msg", "tellraw", "title", "kick", "ban", "pardon", "banlist",
    "whitelist add", "whitelist remove", "whitelist list", "time", "weather", "gamemode", "tp",
    "teleport", "give", "clear", "effect", "difficulty", "seed", "save-all", "help", "tps",
    "version", "plugins",
)  # fmt: skip

CONSOLE_PRESETS: Final[dict[Game, ConsolePreset]] = {
    Game.MINECRAFT_JAVA: ConsolePreset(_MINECRAFT_FORBIDDEN, _MINECRAFT_ALLOWED),
    Game.MINECRAFT_BEDROCK: ConsolePreset(
        (
            "op", "deop", "stop", "reload", "permission", "changesetting", "execute", "function",
            "schedule", "setblock", "fill", "clone", "structure", "summon", "script", "transfer",
            "allowlist off", "save hold",
        ),
        (
            "list", "say", "tell", "msg", "tellraw", "title", "kick", "allowlist add",
            "allowlist remove", "allowlist list", "whitelist add", "whitelist remove",
            "whitelist list", "time", "weather", "gamemode", "tp", "teleport", "give", "clear",
            "effect", "difficulty", "help",
        ),
    ),
    Game.SOURCE: ConsolePreset(
        (
            "quit", "exit", "_restart", "killserver", "exec", "execifexists", "alias", "rcon",
            "rcon_*", "sv_password", "sv_cheats", "sv_downloadurl", "plugin_*", "meta", "sm_rcon",
            "sm_cvar", "sm_execcfg", "sm plugins", "lua_run", "lua_openscript", "ulx rcon",
            "ulx luarun", "ulx adduser", "writeid", "writeip", "addip", "removeip",
            "host_writeconfig", "con_logfile", "logaddress_add", "toggle", "incrementvar",
            "multvar",
        ),
        (
            "status", "stats", "users", "say", "kick", "kickid", "banid", "listid", "removeid",
            "changelevel", "map", "maps", "mp_restartgame", "bot_kick", "sm_say", "sm_kick",
            "sm_ban", "sm_unban", "sm_mute", "sm_unmute", "sm_gag", "sm_ungag", "sm_slay",
            "sm_map", "ulx kick", "ulx ban", "ulx unban", "ulx map",
        ),
    ),
    Game.RUST: ConsolePreset(
        (
            "quit", "restart", "server.stop", "ownerid", "removeowner", "moderatorid",
            "removemoderator", "rcon.*", "oxide.*", "o.*", "c.*", "carbon.*", "server.writecfg",
            "server.readcfg", "entity.*", "inventory.giveto", "wipe*", "app.*",
        ),
        (
            "say", "status", "players", "playerlist", "users", "kick", "kickall", "ban", "banid",
            "banlist", "unban", "mute", "unmute", "global.say", "server.fps", "serverinfo",
            "save", "server.save", "env.time", "env.addtime",
        ),
    ),
    Game.VALHEIM: ConsolePreset(
        ("shutdown", "quit", "exit", "devcommands", "spawn", "removedrops", "resetworld"),
        ("say", "info", "players", "kick", "ban", "unban", "banned", "save", "ping", "help"),
    ),
    Game.TERRARIA: ConsolePreset(
        ("exit", "exit-nosave", "off", "off-nosave", "restart", "reload", "user", "group",
         "superadmin", "setup", "worldmode", "password"),
        ("playing", "players", "say", "kick", "ban", "time", "dawn", "noon", "dusk", "midnight",
         "motd", "save", "settle", "help", "version"),
    ),
    Game.GENERIC: ConsolePreset(
        (
            "stop", "quit", "exit", "shutdown", "restart", "reload", "reboot", "kill", "op", "deop",
            "exec", "execute", "eval", "sudo", "alias", "rcon*", "password",
        ),
        ("help", "list", "status", "players", "say", "kick", "ban", "unban", "save", "version"),
    ),
}  # fmt: skip
"""By game; what a game has no command for does no harm on a list."""
