"""`make chaos`: faults at the moments of a run over three stacks, swept; exits with 1 when an invariant is broken."""

from __future__ import annotations

import argparse
import json
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from itertools import islice, zip_longest
from pathlib import Path

from tests.chaos.case import Outcome, play
from tests.chaos.stage import SCENARIOS, Bases, fingerprint
from tests.chaos.table import FAULTS, Case, cases_of
from tests.properties.driver.test_resume import try_deaths

HOME = Path(".deploy") / "chaos"


def main() -> int:
    """Play the cases, one line each, and show which invariants broke."""
    signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # a shell starts a background job with both ignored, and so its children
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument(
        "--seed", type=int, default=None, help="replays the choice of cases, and what is left to chance in them"
    )
    parser.add_argument("--cases", type=int, default=300, help="how many cases, at most")
    parser.add_argument(
        "--fast",
        type=int,
        default=None,
        metavar="N",
        help="how many runs with a scripted engine, which die at any event, go before; 5000 unless --only names cases",
    )
    parser.add_argument("--only", default="*", metavar="PATTERN", help="of the names FAULT@SCENARIO@MOMENT; may hold *")
    parser.add_argument("--list", action="store_true", help="show the names of the cases, and play none")
    parser.add_argument("--home", type=Path, default=HOME, help="where bases and results are kept")
    wanted = parser.parse_args()
    seed = wanted.seed if wanted.seed is not None else random.SystemRandom().randrange(1_000_000)
    bases = Bases(wanted.home.resolve() / f"bases-{fingerprint()}")
    _say(f"chaos: seed {seed}; the bases are made once, in {wanted.home} (minutes)")
    chosen = list(islice(choose(bases, wanted.only, random.Random(seed)), wanted.cases))
    if wanted.list:
        print("\n".join(map(str, chosen)))
        return 0
    try_fast(wanted.fast if wanted.fast is not None else 5000 if wanted.only == "*" else 0, seed)
    outcomes = []
    for number, case in enumerate(chosen, 1):
        outcome = play(case, bases, wanted.home.resolve() / "case", seed)
        outcomes.append(outcome)
        _say(f"{number}/{len(chosen)} {line(outcome)}")
        with (wanted.home / "results.jsonl").open("a", encoding="utf-8") as results:
            results.write(json.dumps(_row(outcome, seed)) + "\n")
    return report(outcomes, seed)


def try_fast(count: int, seed: int) -> None:
    """Runs that are generated, with a scripted engine: the smallest that breaks is raised as an AssertionError."""
    if count:
        _say(f"chaos: {count} runs with a scripted engine that die at any event (about two minutes for 5000)")
        print(f"runs with a scripted engine: {try_deaths(count, seed)} tried, none broken", flush=True)


def choose(bases: Bases, pattern: str, chance: random.Random) -> Iterator[Case]:
    """Every case whose name matches, in turns."""
    piles = [
        [case for case in cases_of(fault, scenario, bases.moments(scenario)) if fnmatchcase(str(case), pattern)]
        for scenario in SCENARIOS
        for fault in FAULTS
        if fnmatchcase(f"{fault.name}@{scenario.name}", "@".join(pattern.split("@")[:2]))
    ]
    return in_turns(piles, chance)


def in_turns(piles: Sequence[Sequence[Case]], chance: random.Random) -> Iterator[Case]:
    """All cases in an order by chance in which each pile has its turn before any has its second."""
    shuffled = [chance.sample(pile, len(pile)) for pile in piles]
    for turn in zip_longest(*chance.sample(shuffled, len(shuffled))):
        yield from (case for case in turn if case is not None)


def line(outcome: Outcome) -> str:
    """What came of a case, in one line."""
    word = "missed" if outcome.missed else "BROKEN" if outcome.broken else "held  "
    codes = ", ".join(map(str, outcome.codes))
    why = outcome.missed or "; ".join(dict.fromkeys(one.invariant for one in outcome.broken))
    left = f"; left {len(outcome.left)}" if outcome.left else ""
    return f"{word} {outcome.seconds:3.0f} s  {outcome.case}  (exit {codes}{left}){f': {why}' if why else ''}"


def report(outcomes: Sequence[Outcome], seed: int) -> int:
    """The table of cases and invariants, and how to play each broken one again."""
    tried = [outcome for outcome in outcomes if not outcome.missed]
    broken = [outcome for outcome in tried if outcome.broken]
    print(f"\ncases tried: {len(tried)} (and {len(outcomes) - len(tried)} whose moment did not come)")
    print(f"cases with a broken invariant: {len(broken)}")
    for invariant, count in Counter(one.invariant for outcome in broken for one in outcome.broken).most_common():
        print(f"  {count:4} {invariant}")
    for outcome in broken:
        print(f"\n{outcome.case}")
        for one in outcome.broken:
            print(f"  {' '.join(str(one).split())[:300]}")
        print(f"  make chaos CHAOS=\"--seed {seed} --only '{outcome.case}'\"")
    return 1 if broken or not tried else 0


def _row(outcome: Outcome, seed: int) -> dict[str, object]:
    return {
        "case": str(outcome.case),
        "seed": seed,
        "at": time.strftime("%FT%TZ", time.gmtime()),
        "missed": outcome.missed,
        "codes": outcome.codes,
        "left": outcome.left,
        "broken": [str(one) for one in outcome.broken],
        "seconds": round(outcome.seconds, 1),
        "said": outcome.said if outcome.broken else "",
    }


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
