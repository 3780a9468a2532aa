"""What `deploy` reads in a stack file is what the engine hands to the program, whatever stands there, or it is refused."""

from __future__ import annotations

import json
import os
import random
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from deploy_driver.adapters.engine.workdir import engine_environment, prepare, read_project
from deploy_driver.values import Tool
from deploy_project.stackfile import StackFile, parse, read

CHARACTERS = "0123456789" * 3 + "abcdefxobEyYnNTt+-.._:,~#'\"[]{}&*!%@=|> \tés✅😀\\/"
WORDS = (
    *("yes", "No", "on", "OFF", "y", "true", "True", "FALSE", "null", "~", "Null", "nan", ".nan", ".inf", "=", "<<"),
    *("2026-01-31", "2026-01-31T10:00:00Z", "12:30", "12:30:45", "0o17", "0b11", "0x80", "1_024", "0400", "08", "-010"),
    *("1.50", "1.0", "-0", "+5", "1e3", "1.5e+3", ".5", "5.", "9007199254740993", "123456789012345", "0.0001", "1e400"),
    *("!!str 5", "!!int 5", "!foo 5", "&a 5", "*a", "'0400'", '"yes"', '"\\ud83d\\ude00"', '"\\x41\\u2028"', "v1.10", "a: b"),
    *("{a: 1, a: 2}", "{1: a}", "{yes: a}", "{~: a}", "{secure: 5}", "[1, [2, {a: b}]]", "[]", "{}", "|\n    a\n    b\n", ">-\n    a\n"),
)  # fmt: skip
SEEDS = 1500


def scalar(chance: random.Random) -> str:
    """Something that may stand behind a key: a word, a number, or anything."""
    kind = chance.randrange(5)
    if kind == 0:
        return chance.choice(WORDS)
    if kind == 1:
        return f"{chance.choice(('', '-', '+'))}{chance.randrange(10 ** chance.randrange(1, 20))}"
    if kind == 2:
        return f"{chance.uniform(-1000, 1000):.{chance.randrange(8)}f}"
    if kind == 3:
        return f"[{chance.choice(WORDS)}]"
    return "".join(chance.choices(CHARACTERS, k=chance.randrange(1, 7)))


def accepted(values: Iterable[str]) -> str:
    """A stack file of all the values that `deploy` takes."""
    lines = []
    for number, value in enumerate(values):
        line = f"  items:k{number}: {value}".rstrip("\n")
        alone = parse("Pulumi.dev.yaml", f"config:\n{line}\n".encode())
        if not alone.problems and [*alone.settings] == [f"items:k{number}"]:
            lines.append(line)
    return "\n".join(["config:", *lines, ""])


@pytest.fixture
def engine(cli: Tool, tmp_path: Path) -> Any:
    def config(folder: Path) -> Mapping[str, str]:
        """What the engine hands to the program of the stack `dev` in this folder."""
        home = tmp_path / "home"
        surroundings = {"PULUMI_CONFIG_PASSPHRASE": "x", "HOME": str(home), "PATH": os.environ["PATH"]}
        (folder / "state").mkdir(exist_ok=True)
        environment = engine_environment(surroundings, state_url=(folder / "state").as_uri(), home=home)

        def said(*arguments: str) -> str:
            whole = [str(cli.path), "--non-interactive", *arguments]
            done = subprocess.run(whole, cwd=folder, env=environment, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done
            return done.stdout

        kept = (folder / "Pulumi.dev.yaml").read_bytes()
        said("stack", "init", "dev")
        (folder / "Pulumi.dev.yaml").write_bytes(kept)
        found = json.loads(said("config", "--json", "--show-secrets", "--stack", "dev"))
        return {key: each["value"] for key, each in found.items()}

    return config


def differing(file: StackFile, handed: Mapping[str, str]) -> list[tuple[str, str, str | None]]:
    """Every setting of which the engine says something else than `deploy`."""
    return [
        (key, setting.text, handed.get(key))
        for key, setting in file.settings.items()
        if key.startswith("items:") and _plain(setting.text) != _plain(handed.get(key, "nothing"))
    ]


def _plain(text: str) -> Any:
    """A list or a mapping however it is spaced; any other text as it is."""
    return json.loads(text) if text.startswith(("[", "{")) and text.endswith(("]", "}")) and _is_json(text) else text


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def test_whatever_is_accepted_is_the_same_to_both(tmp_path: Path, engine: Any) -> None:
    chance = random.Random(14)
    text = accepted(scalar(chance) for _ in range(SEEDS))
    assert SEEDS / 5 < text.count("\n") < SEEDS * 0.9
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "__main__.py").touch()
    (tmp_path / "Pulumi.yaml").write_text("name: items\nruntime: python\nmain: infra\n")
    (tmp_path / "Pulumi.dev.yaml").write_text(text, "utf-8")
    file = read(tmp_path / "Pulumi.dev.yaml")
    work = prepare(read_project(tmp_path), tmp_path / "work", "dev", tmp_path / "Pulumi.dev.yaml", {})
    assert differing(file, engine(work.path)) == []
    assert differing(file, engine(tmp_path)) == []


@pytest.mark.parametrize(
    ("written", "handed"),
    [
        ("0400", "256"),
        ("0x80", "128"),
        ("1_024", "1024"),
        ("1.50", "1.5"),
        ("2026-01-31", "2026-01-31 00:00:00 +0000 UTC"),
    ],
)
def test_what_is_refused_is_handed_on_as_something_else(tmp_path: Path, engine: Any, written: str, handed: str) -> None:
    """Where that is no longer so, the rule may go."""
    (tmp_path / "Pulumi.yaml").write_text("name: items\nruntime: python\n")
    text = f"config:\n  items:k: {written}\n"
    (tmp_path / "Pulumi.dev.yaml").write_text(text)
    assert engine(tmp_path) == {"items:k": handed}
    assert parse("", text.encode()).problems
