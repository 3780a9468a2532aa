"""`python -m sandbox.toolchain`: obtains engine and plugin, says on stderr what it does, prints what it has as JSON."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict

from sandbox.toolchain import ToolchainError, obtain
from sandbox.toolchain.search import to_stderr


def main() -> int:
    """Exit codes: 0 both are there, 3 one of them cannot be had."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.toolchain", description=__doc__)
    parser.add_argument("--real-plugin", action="store_true", help="refuse the offline stand-in, as real AWS needs")
    arguments = parser.parse_args()
    try:
        found = obtain(allow_stand_in=not arguments.real_plugin)
    except ToolchainError as error:
        to_stderr(str(error))
        return 3
    for tool in (found.engine, found.plugin):
        to_stderr(f"{tool.name} {tool.version}: {tool.source} ({tool.path})")
    json.dump(asdict(found), sys.stdout, indent=2, default=str)
    sys.stdout.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
