"""Writes the locks of `deploykit/environments/` anew: `make lock`, after a change of a requirement there.

The versions are those that pip chooses for this interpreter; the hashes are of every wheel that pip takes for one of
the Pythons and platforms of the table. Nothing is installed. Takes a few minutes and a network.
"""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from typing import Any

from deploykit.environments import ENVIRONMENTS, Environment

HEAD = "# Written by `make lock`; the requirement is in deploykit/environments/__init__.py.\n"


def resolve(*arguments: str) -> list[dict[str, Any]]:
    """What pip would install."""
    quiet = ("--quiet", "--disable-pip-version-check", "--dry-run", "--ignore-installed", "--ignore-requires-python")
    command = [sys.executable, "-m", "pip", "install", *quiet, "--only-binary=:all:", "--report=-", *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found: list[dict[str, Any]] = json.loads(done.stdout)["install"]
    return found


def pin(package: dict[str, Any]) -> str:
    return f"{package['metadata']['name'].lower().replace('_', '-')}=={package['metadata']['version']}"


def lock(environment: Environment) -> str:
    """The text of an environment's lock."""
    hashes: dict[str, set[str]] = {pin(package): set() for package in resolve(environment.requirement)}
    for (major, minor), platform in itertools.product(environment.pythons, environment.platforms):
        tags = [f"--platform={tag}" for tag in platform]
        with tempfile.TemporaryDirectory() as nowhere:  # pip wants a target where the platform is not its own
            for package in resolve(
                f"--python-version={major}.{minor}", *tags, f"--target={nowhere}", "--no-deps", *hashes
            ):
                hashes[pin(package)].add(package["download_info"]["archive_info"]["hashes"]["sha256"])
        print(f"{environment.name}: Python {major}.{minor}, {platform[-1]}: {len(hashes)} packages", file=sys.stderr)
    return HEAD + "".join(entry(*item) for item in sorted(hashes.items()))


def entry(name: str, hashes: Iterable[str]) -> str:
    return " \\\n".join([name, *(f"    --hash=sha256:{value}" for value in sorted(hashes))]) + "\n"


if __name__ == "__main__":
    for environment in ENVIRONMENTS.values():
        environment.lock.write_text(lock(environment), encoding="utf-8")
