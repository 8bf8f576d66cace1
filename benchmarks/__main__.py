"""Measure, print a table and write `benchmarks/results.json` with the rows of this run.

`python -m benchmarks` measures everything, `python -m benchmarks console client` these subjects.
A subject is a module with `async def measure() -> list[Row]`: add it to `SUBJECTS`.
"""

import argparse
import asyncio
import json
import logging
import resource
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import structlog

from benchmarks import (
    alerts,
    boards,
    choices,
    client,
    console,
    decision,
    jobs,
    mirrors,
    slash,
    watched,
)
from benchmarks.measure import Row

RESULTS: Final = Path(__file__).with_name("results.json")
SUBJECTS: Final[dict[str, Callable[[], Awaitable[list[Row]]]]] = {
    "client": client.measure,
    "console": console.measure,
    "slash": slash.measure,
    "decision": decision.measure,
    "choices": choices.measure,
    "jobs": jobs.measure,
    "mirrors": mirrors.measure,
    "boards": boards.measure,
    "alerts": alerts.measure,
    "watched": watched.measure,
}


def table(rows: list[Row]) -> str:
    """The rows in words."""
    lines = []
    for row in rows:
        lines.append(f"{row.name:<18} {row.value:>8.3g} {row.unit:<4} {row.target}")
        lines += [f"    {name:<18} {value}" for name, value in row.details.items()]
    return "\n".join(lines)


async def measured(names: list[str]) -> list[Row]:
    rows: list[Row] = []
    for name in names:
        print(f"measuring {name} …", end=" ", flush=True)
        began = time.perf_counter()
        rows += await SUBJECTS[name]()
        print(f"{time.perf_counter() - began:.0f} s", flush=True)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("subjects", nargs="*", choices=[[], *SUBJECTS], help="all by default")
    names = parser.parse_args().subjects or list(SUBJECTS)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    # a moved clock makes every transaction look long, and the table is to be read
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    began = time.perf_counter()
    rows = asyncio.run(measured(names))
    print(f"\n{table(rows)}\n\nin {time.perf_counter() - began:.0f} s")
    results = {row.name: {"value": round(row.value, 4), "unit": row.unit} for row in rows}
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
