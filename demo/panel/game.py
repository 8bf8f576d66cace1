"""Two game servers that never existed: what they print, and what they answer to a command."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, Protocol

NAMES: Final = (
    "Zoë",
    "Notch_",
    "Mira",
    "xX_Dave_Xx",
    "Steve",
    "Alex",
    "Kaya",
    "Bjørn",
    "Lin",
    "Ada",
)
_CHAT: Final = (
    "hi all",
    "anyone seen my horse?",
    "brb",
    "who took the diamonds",
    "gg",
    "is the restart still at 4?",
    "come to spawn",
    "nice base!",
    "lag?",
    "look at x=120 z=-340",
)


class Machine(Protocol):
    """What a game may do to the process it runs in."""

    def print(self, text: str) -> None:
        """Write one line to the console."""
        ...

    def quit(self) -> None:
        """Begin to shut down in good order."""
        ...

    def exit(self, code: int, *, is_oom: bool = False) -> None:
        """End at once."""
        ...


@dataclass
class Lobby:
    """Who plays, and what the game keeps while it runs."""

    players: list[str] = field(default_factory=list)
    max_players: int = 20
    whitelist: list[str] = field(default_factory=list)


class Game:
    """What all games have in common; `stamp` gives the time that stands before a line."""

    def __init__(self, machine: Machine, lobby: Lobby, stamp: Callable[[], str], seed: str) -> None:
        self.machine = machine
        self.lobby = lobby
        self.random = random.Random(seed)
        self._stamp = stamp
        self.ignores_stop = False

    def boot(self, invocation: str) -> Iterator[tuple[float, str]]:
        """The lines of a start, each with the share of the boot time (0 to 1) at which it comes."""
        raise NotImplementedError

    def farewell(self) -> tuple[list[str], list[str]]:
        """The lines at the begin and at the end of a shutdown."""
        raise NotImplementedError

    def answer(self, command: str) -> None:
        """Carry out one line typed into the console."""
        word, _, rest = command.strip().partition(" ")
        if word == "crash":
            code, _, cause = rest.partition(" ")
            self.crash(int(code) if code.isdigit() else 1, is_oom=cause == "oom")
        elif word == "hang":
            self.ignores_stop = True
            self.say("ignoring stop requests from now on")
        elif word == "flood":
            total = int(rest) if rest.isdigit() else 1000
            for number in range(1, total + 1):
                self.machine.print(f"[flood] line {number:06d} of {total}")
        elif word:
            self.carry_out(word, rest, command)

    def carry_out(self, word: str, rest: str, command: str) -> None:
        raise NotImplementedError

    def crash(self, code: int = 1, *, is_oom: bool = False) -> None:
        """Print what a crash prints and end with `code`."""
        raise NotImplementedError

    def say(self, text: str) -> None:
        raise NotImplementedError

    def join(self, name: str) -> None:
        raise NotImplementedError

    def leave(self, name: str) -> None:
        raise NotImplementedError

    def chat(self, name: str, text: str) -> None:
        raise NotImplementedError

    def live(self) -> float:
        """Let something happen; the seconds until the next time."""
        away = [name for name in NAMES if name not in self.lobby.players]
        luck = self.random.random()
        if away and (not self.lobby.players or luck < 0.25):
            self.join(self.random.choice(away))
        elif self.lobby.players and luck < 0.4:
            self.leave(self.random.choice(self.lobby.players))
        elif self.lobby.players:
            self.chat(self.random.choice(self.lobby.players), self.random.choice(_CHAT))
        return self.random.uniform(4.0, 20.0)


class Minecraft(Game):
    """A Paper-like Minecraft server."""

    def boot(self, invocation: str) -> Iterator[tuple[float, str]]:
        line = self._line
        yield 0.1, f":/home/container$ {invocation}"
        yield 0.3, line("Starting minecraft server version 1.21.4")
        yield 0.35, line("Loading properties")
        yield 0.4, line("Default game type: SURVIVAL")
        yield 0.5, line("Starting Minecraft server on 0.0.0.0:25565")
        yield 0.7, line('Preparing level "world"')
        yield 0.8, line("Preparing start region for dimension minecraft:overworld")
        yield 0.9, line("Preparing spawn area: 83%")
        yield 1.0, line(f'Done ({self.random.uniform(3, 9):.3f}s)! For help, type "help"')

    def farewell(self) -> tuple[list[str], list[str]]:
        return (
            [self._line("Stopping the server"), self._line("Saving worlds")],
            [self._line("ThreadedAnvilChunkStorage: All dimensions are saved")],
        )

    def carry_out(self, word: str, rest: str, command: str) -> None:
        commands: dict[str, Callable[[str], None]] = {
            "list": self._list,
            "say": lambda text: self.say(f"[Server] {text}"),
            "help": self._help,
            "whitelist": self._whitelist,
            "save-all": lambda _: self._saved(),
            "time": self._time,
            "kick": self._kick,
            "op": lambda name: self.say(f"Made {name} a server operator"),
            "tps": lambda _: self.say("TPS from last 1m, 5m, 15m: 20.0, 19.98, 20.0"),
            "stop": lambda _: self.machine.quit(),
        }
        handler = commands.get(word)
        if handler is None:
            self.say(f"Unknown or incomplete command, see below for error: {command}<--[HERE]")
        else:
            handler(rest)

    def crash(self, code: int = 1, *, is_oom: bool = False) -> None:
        cause = "java.lang.OutOfMemoryError: Java heap space" if is_oom else None
        self.machine.print(self._line("Encountered an unexpected exception", "ERROR"))
        self.machine.print(cause or "java.lang.IllegalStateException: simulated crash")
        self.machine.print("\tat net.example.Server.tick(Server.java:42)")
        self.machine.exit(code, is_oom=is_oom)

    def say(self, text: str) -> None:
        self.machine.print(self._line(text))

    def join(self, name: str) -> None:
        self.lobby.players.append(name)
        address = (
            f"/203.0.113.{self.random.randrange(1, 255)}:{self.random.randrange(40000, 60000)}"
        )
        self.say(f"{name}[{address}] logged in with entity id {self.random.randrange(100, 9999)}")
        self.say(f"{name} joined the game")

    def leave(self, name: str) -> None:
        if name in self.lobby.players:
            self.lobby.players.remove(name)
            self.say(f"{name} lost connection: Disconnected")
            self.say(f"{name} left the game")

    def chat(self, name: str, text: str) -> None:
        self.machine.print(f"[{self._stamp()}] [Async Chat Thread - #0/INFO]: <{name}> {text}")

    def _line(self, text: str, level: str = "INFO") -> str:
        return f"[{self._stamp()}] [Server thread/{level}]: {text}"

    def _list(self, _: str) -> None:
        players = self.lobby.players
        self.say(
            f"There are {len(players)} of a max of {self.lobby.max_players} players online: "
            + ", ".join(players)
        )

    def _help(self, _: str) -> None:
        for line in (
            "--------- Help: Index (1/1) --------------------",
            "/kick <player>: Removes a player",
            "/list: Lists players",
            "/op <player>: Makes a player an operator",
            "/save-all: Saves the worlds",
            "/say <text>: Speaks to all players",
            "/stop: Stops the server",
            "/time set <value>: Sets the time",
            "/whitelist <add|remove|list>: Manages the whitelist",
        ):
            self.say(line)

    def _whitelist(self, rest: str) -> None:
        what, _, name = rest.partition(" ")
        names = self.lobby.whitelist
        if what == "add" and name:
            if name in names:
                self.say("Player is already whitelisted")
            else:
                names.append(name)
                self.say(f"Added {name} to the whitelist")
        elif what == "remove" and name in names:
            names.remove(name)
            self.say(f"Removed {name} from the whitelist")
        elif what == "list":
            self.say(f"There are {len(names)} whitelisted player(s): {', '.join(names)}")
        else:
            self.say("Player is not whitelisted" if what == "remove" else "Incorrect argument")

    def _saved(self) -> None:
        self.say("Saving the game (this may take a moment!)")
        self.say("Saved the game")

    def _time(self, rest: str) -> None:
        what, _, value = rest.partition(" ")
        ticks = {"day": "1000", "noon": "6000", "night": "13000", "midnight": "18000"}
        if what == "set" and value:
            self.say(f"Set the time to {ticks.get(value, value)}")
        else:
            self.say("Incorrect argument for command")

    def _kick(self, name: str) -> None:
        if name in self.lobby.players:
            self.leave(name)
            self.say(f"Kicked {name}: Kicked by an operator")
        else:
            self.say("No player was found")


class Bedrock(Minecraft):
    """A Bedrock server: other lines at the start, much the same commands."""

    def boot(self, invocation: str) -> Iterator[tuple[float, str]]:
        line = self._line
        yield 0.1, f":/home/container$ {invocation}"
        yield 0.3, line("Starting Server")
        yield 0.4, line("Version: 1.21.50.10")
        yield 0.6, line("Level Name: Bedrock level")
        yield 0.8, line("IPv4 supported, port: 19132: Used for gameplay and LAN discovery")
        yield 1.0, line("Server started.")

    def farewell(self) -> tuple[list[str], list[str]]:
        return ([self._line("Server stop requested.")], [self._line("Quit correctly")])


class Rust(Game):
    """A Rust-like server on the Source side of the world."""

    def boot(self, invocation: str) -> Iterator[tuple[float, str]]:
        yield 0.1, f":/home/container$ {invocation}"
        yield 0.2, "Loading Prefab Bundle"
        yield 0.4, "Spawning World Prefabs"
        yield 0.6, "Generating procedural map of size 3500 with seed 12345"
        yield 0.8, "Loading save: server/rust/proceduralmap.3500.12345.sav"
        yield 0.9, "SteamServer Initialized"
        yield 1.0, "Server startup complete"

    def farewell(self) -> tuple[list[str], list[str]]:
        return (["Saving complete"], ["Quitting", "Shutting down"])

    def carry_out(self, word: str, rest: str, command: str) -> None:
        if word == "say":
            self.say(f"[CHAT] SERVER {rest}")
        elif word in {"status", "players"}:
            players = self.lobby.players
            self.say("hostname: Rust Island")
            self.say(
                f"players : {len(players)} ({self.lobby.max_players} max) (0 queued) (0 joining)"
            )
            for number, name in enumerate(players, 1):
                self.say(
                    f'7656119800000000{number} "{name}" 32 120s 203.0.113.{number}:50{number:03d}'
                )
        elif word in {"save", "server.save"}:
            self.say("Saving complete")
        elif word == "quit":
            self.machine.quit()
        else:
            self.say(f"Command '{command}' not found")

    def crash(self, code: int = 1, *, is_oom: bool = False) -> None:
        self.say("Out of memory" if is_oom else "NullReferenceException: Object reference not set")
        self.say("Crash!!!")
        self.machine.exit(code, is_oom=is_oom)

    def say(self, text: str) -> None:
        self.machine.print(text)

    def join(self, name: str) -> None:
        self.lobby.players.append(name)
        self.say(f"203.0.113.9:50100/76561198000000001/{name} joined [windows/76561198000000001]")

    def leave(self, name: str) -> None:
        if name in self.lobby.players:
            self.lobby.players.remove(name)
            self.say(f"203.0.113.9:50100/76561198000000001/{name} disconnecting: disconnect")

    def chat(self, name: str, text: str) -> None:
        self.say(f"[CHAT] {name}[76561198000000001] : {text}")


GAMES: Final[dict[str, type[Game]]] = {
    "minecraft": Minecraft,
    "bedrock": Bedrock,
    "rust": Rust,
}
