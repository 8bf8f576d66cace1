"""What is looked for after every test is found."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.logs import Secrets

ROOT = Path(__file__).resolve().parents[2]

BAD_TESTS = """
import asyncio
import logging
import structlog

log = logging.getLogger("bot.anything")
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJlLXNpZ25hdHVyZQ"


def test_error():
    log.error("it broke")


def test_structured_error():
    structlog.stdlib.get_logger("bot.anything").error("it broke", reference="R-7F3K")


def test_expected(expected_errors):
    expected_errors("it broke")
    log.error("it broke")


def test_expected_in_vain(expected_errors):
    expected_errors("it broke")


def test_scrubbed():
    log.debug("sent %s and %s", "ptlc_" + "a" * 43, JWT)


def test_traceback(secrets):
    secrets.add("correct horse battery")
    try:
        raise ValueError("not correct horse battery")
    except ValueError:
        log.warning("odd", exc_info=True)


def test_value(secrets):
    secrets.add("correct horse battery")
    log.info("password", extra={"never": "shown"})
    log.info("the password is correct horse battery")


kept = []


async def test_task():
    kept.append(asyncio.create_task(asyncio.sleep(60), name="forgotten"))


async def test_warning():
    import warnings

    warnings.warn("old", DeprecationWarning)


async def test_refused(wire):
    wire.violations.append("POST /x: too long")


async def test_unknown(wire):
    wire.unsupported.append("GET /x")


async def test_good(wire):
    log.warning("nothing wrong")
"""

COMPLAINTS = {
    "test_error": "it broke",
    "test_structured_error": "R-7F3K",
    "test_expected_in_vain": "but not there: it broke",
    "test_traceback": "a secret in the log: ",
    "test_value": "the password is correct horse",
    "test_task": "forgotten",
    "test_warning": "DeprecationWarning: old",
    "test_refused": "Discord would refuse: POST /x: too long",
    "test_unknown": "Wirecord doesn't know: GET /x",
}


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What pytest says of the bad tests."""
    folder = tmp_path_factory.mktemp("bad")
    (folder / "test_bad.py").write_text(BAD_TESTS)
    options = ["-p", "tests.conftest", "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(folder)]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "-p", "no:cacheprovider", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return ran.stdout


@pytest.mark.parametrize("name", COMPLAINTS)
def test_a_test_that_leaves_something_wrong_fails_and_says_what(outcome: str, name: str) -> None:
    told = [part for part in outcome.split("\n__") if f"{name} _" in part.splitlines()[0]]

    assert told, outcome
    assert COMPLAINTS[name] in told[0]


def test_tests_that_expected_their_error_or_did_nothing_wrong_pass(outcome: str) -> None:
    summary = outcome.partition("short test summary info")[2]

    for name in ("test_expected", "test_scrubbed", "test_good"):
        assert f"::{name} " not in summary.replace("\n", " \n")


def test_a_secret_is_found_with_what_stands_around_it() -> None:
    secrets = Secrets()
    secrets.add("hunter22", "")

    [spot] = secrets.found_in("the key is hunter22, and that is all")

    assert "the key is hunter22" in spot
    assert secrets.found_in("nothing here") == []


def test_a_secret_on_the_disk_is_found_with_the_name_of_its_file(tmp_path: Path) -> None:
    secrets = Secrets()
    secrets.add("hunter22")
    (tmp_path / "roost.db-wal").write_bytes(b"\x00\xffhunter22\xfe")

    [spot] = secrets.kept_in(tmp_path)

    assert spot.startswith("roost.db-wal: ")


@pytest.mark.parametrize(
    "secret",
    [
        "ptlc_" + "a" * 43,
        "ptla_" + "a" * 43,
        "pacc_" + "a" * 43,
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJlLXNpZ25hdHVyZQ",
    ],
)
def test_what_looks_like_a_key_is_a_secret_unasked(secret: str) -> None:
    assert Secrets().found_in(f"GET /x?token={secret} 200")
