"""What a console says that is nobody's business: addresses, passwords, tokens, keys, e-mail.

One pure function for whatever leaves a console for a channel or a file. It errs on the side of
hiding: a version of four small numbers may fall to it, a player's address must not slip through.
"""

import ipaddress
import re
from collections.abc import Iterable
from typing import Final

from bot.posts.reading import is_plainly_read, reading

HIDDEN: Final = "[•••]"

_OCTET: Final = r"(?:25[0-5]|2[0-4]\d|[01]?\d?\d)"
_V4: Final = re.compile(rf"(?<!\d)(?<!\d\.){_OCTET}(?:\.{_OCTET}){{3}}(?::\d{{1,5}})?(?!\d|\.\d)")
_HOST: Final = re.compile(
    rf"(?<!\d)(?<!\d-){_OCTET}(?:-{_OCTET}){{3}}"
    r"(?!\.(?:tar|zip|gz|log|txt|json|jar|db|rar|7z)\b)(?=[A-Za-z-]*\.[A-Za-z0-9-])"
)
"""An address within a name, as providers give them to their customers."""
# a colour code ends in "m", so what follows it is no part of a word
_V6: Final = re.compile(
    r"(?<![A-Za-ln-z0-9.:])(?:[0-9A-Fa-f]{0,4}:){2,8}[0-9A-Fa-f]{0,4}(?:%\w{1,16})?"
    r"(?::\d{1,5})?(?!\w)"
)
_MAIL: Final = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,4}\.[^\W\d_]{2,24}\b")
# what logs in to a plugin; the rest of the line is its password, or two
_COMMANDS: Final = re.compile(
    r"(?i)((?:(?<![\w/])/|(?<![\w/:])//)(?:[\w-]{1,24}:)?(?:login|log|l|register|reg|unregister|unreg|changepassword|changepass"
    r"|changepw|cp|authme\s+\w+|email\s+\w+|2fa|totp|pin|rcon)\s+)(?!\[•••\]$)\S.*"
)
# settings of games that are followed by their value without a sign between
_SETTINGS: Final = re.compile(
    r"(?i)([+-]?\b(?:sv_password|rcon_password|rconpassword|rcon\.password|server\.password"
    r"|hostpassword|sv_setsteamaccount|sv_steamaccount|sv_webapi_key|host_workshop_authkey"
    r"|authkey|tv_password|-password|\+password|rcon\.login)\b[\"']?\s*[=:]?\s*[\"']?)"
    r"(?!\[•••\])[^\s\"'\x1b]+"
)
_FLAG: Final = re.compile(
    r"(?i)((?<!\S)[+-]{1,2}(?:password|rcon-password|token)\s+[\"']?)[^\s\"'\x1b]+"
)
_NAMED: Final = re.compile(
    r"(?i)(\b(?:[\w.-]{0,40}(?:password|passwd|passwort|secret|api[_-]?key|apikey|access[_-]?key"
    r"|token|license[_-]?key|licence[_-]?key|client[_-]?id|session[_-]?id)|auth(?:orization)?)"
    r"[\"']?(?:\s{1,3}(?:is|ist))?\s{0,3}[=:]\s{0,3}[\"']?(?:bearer\s+|basic\s+)?)(?!\[•••\])"
    r"(?:(?<=\")[^\"\x1b]{3,}|(?<=')[^'\x1b]{3,}|[^\s\"',;)\x1b]{3,})"
)
_TOLD: Final = re.compile(
    r"(?i)(\b(?:password|passwort|token)\s{1,3}(?:is|ist|lautet|set\s+to)\s{1,3}[\"']?)"
    r"(?!\[•••\]|(?:in)?correct\b|wrong\b|(?:in)?valid\b|too\b|not\b|now\b|re(?:quired|set)\b"
    r"|empty\b|missing\b|unsafe\b|falsch\b|zu\b|nicht\b|a\b|the\b)[^\s\"'\x1b]{3,}"
)
_KEYS: Final = re.compile(
    r"\b(?:ptl[a-z]|pacc|papp|peli|plcn)_[A-Za-z0-9]{6,}"  # of panels
    r"|\beyJ[\w-]{10,}(?:\.[\w-]*){0,2}"  # JSON web tokens
    r"|\b(?:gh[pousr]_|github_pat_|glpat-|sk-|sk_live_|xox[abprs]-)[\w-]{12,}"
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bAIza[\w-]{30,}"
    r"|(?<![\w-])[\w-]{23,30}\.[\w-]{6,7}\.[\w-]{25,}"  # of Discord's bots
)
_HOOKS: Final = re.compile(r"((?:webhooks|interactions)/\d{5,22}/)[\w-]{16,}")
_LOGIN_IN_URL: Final = re.compile(r"(://)[^\s/@:\"']{0,64}:[^\s/@\"']{1,128}@")
_SIGNED: Final = re.compile(r"(?i)([?&](?:token|sig|signature|key|x-amz-[a-z-]+)=)[^\s&\"'<>\x1b]+")
_KEY_BLOCK: Final = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*")
_KEY_END: Final = re.compile(r"-----END [A-Z ]*PRIVATE KEY-----")
KEY_LINES: Final = 100
"""More lines than any key has, so that one that never ends doesn't hide all that follows."""
_ANNOUNCED: Final = re.compile(
    r"(?i)(?:password|passwd|passwort|secret|api[_ -]?key|token|license key)[\"']?"
    r"\s{0,3}(?:is|ist|[=:])\s*$"
)
# the time and the level that games put before what they say
_ALONE: Final = re.compile(r"((?:\[[^\]]{0,60}\]:?\s*){0,4}\s*)[^\s\[]\S{4,}\s*")
_LONG_KEY: Final = re.compile(r"(?<![\w/+=.-])[A-Za-z0-9+/]{40,}={0,2}(?![\w/+=-])")

# each begins with the character that is searched for, which the library does fast
_QUAD: Final = re.compile(r"\.\d{1,3}\.\d{1,3}\.\d")
_DASHED: Final = re.compile(r"-\d{1,3}-\d{1,3}-\d")
_COMMAND: Final = re.compile(
    r"/(?:[\w-]{1,24}:)?(?:l(?:og|\s)|reg|rcon|unr|change|cp\s|auth|email|2f|totp|pin)"
)
_HEX: Final = b"0123456789abcdefABCDEF"
_WITH_UNDERSCORE: Final = (
    *("ptl", "pacc_", "papp_", "peli_", "plcn_", "sk_live_", "ghp_", "gho_", "ghu_", "ghs_"),
    *("ghr_", "github_pat_", "account", "client_id", "session_id"),
)
_WITH_DASH: Final = ("-----", "sk-", "glpat-", "xox", "client-id", "session-id")
_WORDS: Final = ("pass", "tok", "secret", "key", "auth", "login")
_RUN: Final = bytes(97 if chr(c).isalnum() or chr(c) in "+/_.-" else 32 for c in range(256))
_LONG_RUN: Final = b"a" * 40
_KEPT: Final = frozenset({"127.0.0.1", "0.0.0.0", "255.255.255.255", "::1", "::"})


def may_hold_secrets(text: str) -> bool:
    """Whether a text, of one line or of many, is worth looking at line by line; fast.

    What it says no to has nothing that `redacted` would hide.
    """
    if not is_plainly_read(text):
        text = reading(text)
    # single characters are looked for many times faster than words, so they go first
    if "@" in text or "://" in text or "::" in text:
        return True
    lowered = text.lower()
    if "_" in lowered and any(sign in lowered for sign in _WITH_UNDERSCORE):
        return True
    if "-" in lowered and any(sign in lowered for sign in _WITH_DASH):
        return True
    if "J" in text and "eyJ" in text:
        return True
    if "A" in text and ("AKIA" in text or "ASIA" in text or "AIza" in text):
        return True
    for word in _WORDS:
        if word in lowered:
            return True
    raw = text.encode("utf-8", "replace")
    return (
        _QUAD.search(text) is not None
        or _DASHED.search(text) is not None
        or _COMMAND.search(lowered) is not None
        or b":::::" in raw.translate(None, _HEX)  # nothing but groups between so many colons
        or _LONG_RUN in raw.translate(_RUN)
    )


def redacted(line: str) -> str:
    """The line with every secret that can be told by its form hidden; other text is unchanged.

    Args:
        line: One line, with or without colour codes. Several lines are treated as one.
    """
    if not may_hold_secrets(line):
        return line
    shown = _hidden(line)
    if is_plainly_read(line):
        return shown
    read = reading(line)
    hidden = _hidden(read)
    # what is hidden in disguise alone is shown as it reads, for its characters would give it away
    return shown if hidden in (read, reading(shown)) else hidden


def _hidden(line: str) -> str:
    if "://" in line:
        line = _LOGIN_IN_URL.sub(rf"\1{HIDDEN}@", line)
        line = _HOOKS.sub(rf"\1{HIDDEN}", line)
        line = _SIGNED.sub(rf"\1{HIDDEN}", line)
    if "/" in line:
        line = _COMMANDS.sub(rf"\1{HIDDEN}", line)
    line = _SETTINGS.sub(rf"\1{HIDDEN}", line)
    line = _FLAG.sub(rf"\1{HIDDEN}", line)
    line = _NAMED.sub(rf"\1{HIDDEN}", line)
    line = _TOLD.sub(rf"\1{HIDDEN}", line)
    line = _KEYS.sub(HIDDEN, line)
    line = _KEY_BLOCK.sub(HIDDEN, line)
    line = _LONG_KEY.sub(_unless_plain, line)
    if "@" in line:
        line = _MAIL.sub(HIDDEN, line)
    if "." in line:
        line = _V4.sub(_unless_local, line)
        if "-" in line:
            line = _HOST.sub(HIDDEN, line)
    if line.count(":") > 1:
        line = _V6.sub(_if_v6, line)
    return line


class Redaction:
    """Hides the secrets of a console line after line, also one that stands in the line below.

    Not every line need be given: those that `may_hold_secrets` says no to may be left out while
    nothing `is_open`.
    """

    def __init__(self) -> None:
        self._key_lines = 0
        self._is_announced = False

    @property
    def is_open(self) -> bool:
        """Whether the next line may be a secret whatever it looks like."""
        return self._is_announced or self._key_lines > 0

    def line(self, text: str) -> str:
        """One line without colour codes, as `redacted` shows it."""
        if self._key_lines:
            self._key_lines = 0 if _KEY_END.search(text) else self._key_lines - 1
            return HIDDEN
        if _KEY_BLOCK.search(text) and not _KEY_END.search(text):
            self._key_lines = KEY_LINES
        was_announced, self._is_announced = self._is_announced, bool(_ANNOUNCED.search(text))
        if was_announced and (alone := _ALONE.fullmatch(text)):
            return f"{alone[1]}{HIDDEN}"
        return redacted(text)


def redacted_lines(lines: Iterable[str]) -> list[str]:
    """Lines without colour codes that belong together, as a `Redaction` shows them."""
    redaction = Redaction()
    return [redaction.line(line) for line in lines]


def _unless_local(found: re.Match[str]) -> str:
    return found[0] if found[0].partition(":")[0] in _KEPT else HIDDEN


def _if_v6(found: re.Match[str]) -> str:
    text = found[0]
    if "::" not in text and text.count(":") < 7:
        return text  # a time of day, or the address of a network card
    bare = text.partition("%")[0]
    for candidate in (bare, bare.rpartition(":")[0]):  # the last part may be a port
        try:
            address = ipaddress.IPv6Address(candidate)
        except ValueError:
            continue
        return text if str(address) in _KEPT else HIDDEN
    return text


def _unless_plain(found: re.Match[str]) -> str:
    """A path or a word of one kind of letters is long, but no key."""
    text = found[0]
    has_digit = any(c.isdigit() for c in text)
    mixed = has_digit and any(c.islower() for c in text) and any(c.isupper() for c in text)
    return HIDDEN if mixed and text.count("/") < 3 else text
