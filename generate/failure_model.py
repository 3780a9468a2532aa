"""The table of faults as a page to read: `python -m generate.failure_model > docs/explanation/failure-model.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from tests.chaos.stage import SCENARIOS
from tests.chaos.table import GROUPS, Fault

_HEAD = """\
# Failure model

What can go wrong in the middle of a run, what you see then, and what to type. Three things are to hold whatever it is,
and what breaks one is a defect: an account never keeps what no state knows of, a stack never has two writers, and one command ends
the job.

This page is made from the table that `make chaos` plays and the tests take their sample from (`tests/chaos/table.py`):
`python -m generate.failure_model > docs/explanation/failure-model.md`.

## How it is shown

Runs with a scripted engine are generated first, which die before any of their events, as may the run that goes on with them, and the
next; the smallest that is not ended is shown. Then `make chaos` lets each fault strike at the moments of a run over three stacks, as the
record of an undisturbed run shows them, where
{scenarios}. After each case it asks the accounts themselves, as their roots:

- the resources in the states are the resources in the accounts, one of each;
- nothing is pending in a state, no lock of the engine and no lease is left;
- `deploy preview` finds nothing to do, or the accounts are empty after a destroy;
- the exit code is one of those below, and `--output json` says the same;
- `deploy history --verify` finds every record as it was written;
- no credential that anybody had in these accounts is in an output, in a file or in the state bucket;
- the command ends, and leaves no process.

They hold at once where the run has succeeded all the same, and otherwise after what the last column says has been typed.

Looked up in an account is what `deploy repair` knows how to find ([by what](../how-to/interrupted-run.md)). A REST API (v1), which no
component of this repository makes, is known by its tags alone: a second one is named after the run, and a person deletes it.

```console
make chaos                                                   # 5,000 generated runs, then 300 cases by chance; says its seed
make chaos CHAOS="--seed 7 --cases 20"                       # the same choice again
make chaos CHAOS="--only 'kill-*@new@dev/resource-started/*'"  # FAULT@SCENARIO@MOMENT
```
"""


def reference() -> str:
    """The whole page."""
    scenarios = [f"{scenario.what} (`{scenario.name}`)" for scenario in SCENARIOS]
    head = _HEAD.format(scenarios=", ".join(scenarios[:-1]) + f" or {scenarios[-1]}")
    return "\n".join([head, *(line for title, faults in GROUPS for line in _group(title, faults))]).rstrip()


def _group(title: str, faults: Iterable[Fault]) -> list[str]:
    rows = [f"| `{fault.name}` | {fault.what} | {fault.sees} | {_codes(fault)} | {_types(fault)} |" for fault in faults]
    return [
        f"## {title}",
        "",
        "| fault | what happens | what you see | exit code | what to type |",
        "| --- " * 5 + "|",
        *rows,
        "",
    ]


def _codes(fault: Fault) -> str:
    return ", ".join(["0", *("none" if code is None else str(code) for code in fault.may)])


def _types(fault: Fault) -> str:
    return ", then ".join(f"`{typed}`" for typed in fault.types)


if __name__ == "__main__":
    sys.stdout.write(reference() + "\n")
