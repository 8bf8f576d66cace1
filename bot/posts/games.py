"""Which lines of which game are worth a channel: presets by what the egg's image runs."""

import re
from enum import Enum
from typing import Final


class Game(Enum):
    """What a console's lines look like."""

    MINECRAFT = "minecraft"
    RUST = "rust"
    SOURCE = "source"
    VALHEIM = "valheim"
    FACTORIO = "factorio"
    OTHER = "other"


class Preset(Enum):
    """A choice of lines that needs no pattern."""

    EVERYTHING = "everything"
    QUIET = "quiet"
    """Without what games say all the time and nobody reads."""
    PLAYERS = "players"
    """Who comes and goes, and what they write."""
    PROBLEMS = "problems"
    """Warnings and errors."""


_BY_IMAGE: Final = (
    (re.compile(r"(?i)java|minecraft|paper|spigot|bedrock|nukkit|pocketmine"), Game.MINECRAFT),
    (re.compile(r"(?i)rust"), Game.RUST),
    (re.compile(r"(?i)valheim"), Game.VALHEIM),
    (re.compile(r"(?i)factorio"), Game.FACTORIO),
    (re.compile(r"(?i)source|srcds|steamcmd|csgo|cs2|gmod|garrysmod"), Game.SOURCE),
)

_PLAYERS: Final = {
    Game.MINECRAFT: (
        r"joined the game|left the game|lost connection: ",
        r"(?:INFO\]:?|Chat\S*) (?:\[\S+\] )?<[^>]{1,60}> ",
        r"has made the advancement|has completed the challenge",
        r"Player (?:dis)?connected: |\[Server\] ",
        r"was (?:slain|shot|blown up|killed)|fell from a high place|drowned|burned to death",
    ),
    Game.RUST: (
        r"joined \[|disconnecting: |\[CHAT\]|\[TEAM CHAT\]",
        r"was killed by|has entered the game|kicked:|banned",
    ),
    Game.SOURCE: (
        r'" (?:connected|disconnected|entered the game|say|say_team|killed)',
        r'" (?:changed name|joined team)',
    ),
    Game.VALHEIM: (
        r"Got character ZDOID from|Got connection SteamID|Closing socket",
        r"Player joined server|Player connection lost|Shout",
    ),
    Game.FACTORIO: (r"\[(?:JOIN|LEAVE|CHAT|COMMAND|KICK|BAN|PROMOTION)\]",),
}
_NOISE: Final = {
    Game.MINECRAFT: (
        r"UUID of player|moved (?:too quickly|wrongly)!|Can't keep up!|Saving chunks for level",
        r"ThreadedAnvilChunkStorage|Preparing spawn area|com\.mojang\.authlib",
        r"Saved the game|Saving the game|Keeping entity|Ambiguity between arguments",
        r"Mismatch in destroy block pos|AutoCompaction",
    ),
    Game.RUST: (
        r"\(Filename: |UnityEngine|^Shader |Fallback|BoxColliders? do(?:es)? not support",
        r"^Saved \d|^Saving complete|Invalid (?:Position|HitBox)|Checking for new Steam Item",
        r"^\s*$",
    ),
    Game.SOURCE: (
        r"server_cvar|STEAM USERID validated|Log file (?:started|closed)|Bad inflicted",
        r"^\s*$",
    ),
    Game.VALHEIM: (
        r"\(Filename: |Fallback handler|HDR Render|Unloading \d|UnloadTime|^Total: ",
        r"Missing shader|DungeonDB|Warmup time|Loaded localization|^\s*$",
    ),
    Game.FACTORIO: (
        r"UDPSocket|Router\.cpp|AuthServerConnector|MatchingServer|AppManagerStates|heartbeat",
    ),
}
_PROBLEM: Final = re.compile(
    r"\b(?:WARN(?:ING)?|ERROR|SEVERE|FATAL|CRITICAL|[Ww]arning:|[Ee]rror:|[Ff]ailed to)\b"
    r"|[A-Z]\w+(?:Exception|Error)\b"
)


def game_of(image: str) -> Game:
    """What an egg's image runs, as far as its name tells."""
    name = image.rpartition("/")[2]
    return next((game for pattern, game in _BY_IMAGE if pattern.search(name)), Game.OTHER)


def _any(patterns: dict[Game, tuple[str, ...]]) -> dict[Game, re.Pattern[str]]:
    made = {game: re.compile("|".join(parts)) for game, parts in patterns.items()}
    made[Game.OTHER] = re.compile("|".join(part for parts in patterns.values() for part in parts))
    return made


PLAYERS: Final = _any(_PLAYERS)
NOISE: Final = _any(_NOISE)


def wanted(preset: Preset, game: Game, line: str) -> bool:
    """Whether a preset lets a line (without colours) through."""
    match preset:
        case Preset.EVERYTHING:
            return True
        case Preset.QUIET:
            return NOISE[game].search(line) is None
        case Preset.PLAYERS:
            return PLAYERS[game].search(line) is not None
        case Preset.PROBLEMS:
            return _PROBLEM.search(line) is not None
