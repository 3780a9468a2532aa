"""Run by a test in a process of its own: spoils a file or a variable of a project by chance, runs a command, and looks how it ends.

python -m tests.command.hostile_files FOLDER FIRST COUNT   prints each seed that ends as no command may
"""

from __future__ import annotations

import faulthandler
import io
import json
import os
import random
import re
import resource
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy_driver.bundle.seal import canonical
from deploy_driver.cli.exit import exit_code_of
from deploy_driver.cli.main import app
from deploy_driver.config.environment import Machine
from tests import records, reviews
from tests.samples import RUN, project

DOCUMENTED = {0, 1, 2, 3, 4, 5}
LIMIT = 60.0
"""Seconds that one command may take; they take a tenth of one."""

MEMORY = 4 * 2**30
"""Bytes that all of them may take: whoever reads a file of 16 GB whole fails here."""

VERBS: Sequence[Sequence[str]] = (
    ("list",),
    ("list", "--affected", "HEAD"),
    ("list", "--output", "json"),
    ("history",),
    ("history", "--output", "json"),
    ("report", "latest"),
    ("report", "latest", "--output", "html"),
    ("report", "latest", "--output", "json"),
    ("preview", "--all"),
    ("preview", "--all", "--output", "markdown"),
    ("up", "--plan", "plan", "--yes"),
    ("up", "--stacks", "dev", "--yes"),
    ("approve", "plan"),
    ("doctor",),
    ("outputs", "--all"),
    ("drift", "--all", "--ledger", "ledger.json"),
    ("iam", "show", "--stack", "dev"),
    ("resume",),
    ("rollback", "--stack", "dev"),
    ("audit", RUN),
    ("state", "list", "--stack", "dev"),
    ("exec", "--stack", "dev", "--", "true"),
    ("comment", "page.md", "--host", "github", "--number", "1"),
    ("config", "set", "memory", "256", "--stack", "dev"),
    ("sandbox", "status"),
)

FILES = (
    "deploy.toml",
    "Pulumi.yaml",
    "Pulumi.dev.yaml",
    "Pulumi.prod.yaml",
    "Pulumi.tools.yaml",
    "infra/__main__.py",
    "infra/handler/app.py",
    "infra/handler/.deployignore",
    "plan/plan.json",
    "plan/plan.sig",
    "plan/plan.md",
    "ledger.json",
    "page.md",
    f".deploy/runs/{RUN}/events.jsonl",
    ".deploy/runs",
    ".deploy/sandbox/sandbox.json",
    ".git/HEAD",
    ".git/config",
    ".git/index",
    ".git",
    ".deploy",
    "infra",
)

VARIABLES = (
    *("DEPLOY_CLOUD", "DEPLOY_PLUGIN", "DEPLOY_SANDBOX_HOME", "DEPLOY_CACHE", "DEPLOY_PULUMI", "DEPLOY_VENDOR"),
    *(
        "DEPLOY_OVERRIDE",
        "DEPLOY_REASON",
        "DEPLOY_APPROVED_BY",
        "DEPLOY_PART_OF",
        "DEPLOY_MASK",
        "BUILD_NUMBER",
        "BUILD_TAG",
        "BUILD_URL",
    ),
    *("BUILD_USER_ID", "CHANGE_AUTHOR", "CHANGE_ID", "CI_JOB_URL", "CI_MERGE_REQUEST_IID", "CI_PROJECT_ID"),
    *("GITHUB_ACTOR", "GITHUB_API_URL", "GITHUB_REPOSITORY", "GITHUB_TOKEN", "GITLAB_TOKEN", "GITLAB_USER_LOGIN"),
    *("PATH", "HOME", "TMPDIR", "TZ", "LANG", "LC_ALL", "TERM", "COLUMNS", "NO_COLOR", "HTTPS_PROXY", "NO_PROXY"),
    *("GIT_DIR", "GIT_CONFIG_GLOBAL", "AWS_PROFILE", "AWS_CA_BUNDLE", "AWS_REGION", "XDG_CACHE_HOME"),
)

STRINGS = (
    *(
        "",
        " ",
        "\n",
        "a\nb",
        "é✅",
        "Jos\udce9",
        "x" * 5000,
        "%s %(x)s ${HOME}",
        "-1",
        "1e999",
        "[",
        "{",
        '"',
        "'",
        "/",
        "/dev/null",
    ),
    *(
        "/no/such/place",
        "../../..",
        "true",
        "None",
        "\x1b[31m",
        "\u202e",
        "0",
        "http://[",
        "http://127.0.0.1:9",
        "aws",
        "sandbox",
    ),
)

NUMBERS = (0, -1, 10**40, 1e308, "1e999", "9" * 400, "9" * 5000, "0x1f", "007", "NaN", "-Infinity")
PATHS = (b'"../../../../etc/passwd"', b'"/etc/passwd"', b'"a\\u0000b"', b'".."', b'"\\ud800"', b'"C:\\\\x"')

VALUES: Sequence[Any] = (None, True, -1, 10**30, 1.5, [], {}, [[]], {"": None}, *STRINGS[:18])


@dataclass(frozen=True)
class Spoiled:
    """What was done: to which file or variable, and how."""

    what: str
    how: str


def whole(folder: Path) -> Path:
    """A project with everything that commands read."""
    root = project(folder)
    (root / "infra" / "handler").mkdir(parents=True)
    (root / "infra" / "__main__.py").write_text("import pulumi\n")
    (root / "infra" / "handler" / "app.py").write_text("answer = 1\n")
    (root / "infra" / "handler" / ".deployignore").write_text("*.md\n")
    (root / "page.md").write_text("<!-- deploy preview items -->\n# Preview\n")
    (root / "plan").mkdir()
    (root / "plan" / "plan.json").write_bytes(canonical(reviews.BUNDLE))
    (root / "plan" / "plan.sig").write_bytes(b"signature")
    (root / "plan" / "plan.md").write_bytes(reviews.DOCUMENT)
    texts = ("stack", "urn", "path", "moved", "fact", "standing", "opened", "seen", "closed")
    entry = {**dict.fromkeys(texts, "x"), "times": 1}
    (root / "ledger.json").write_text(json.dumps({"version": 1, "entries": {"a": entry}}))
    kept = root / ".deploy" / "runs" / RUN
    kept.mkdir(parents=True)
    (kept / "events.jsonl").write_text("".join(json.dumps(line) + "\n" for line in records.FAILED))
    (root / ".deploy" / "sandbox").mkdir()
    (root / ".deploy" / "sandbox" / "sandbox.json").write_text(
        json.dumps({"pid": 999999, "port": 9, "endpoint": "http://127.0.0.1:9"})
    )
    git = ["git", "-C", str(root), "-c", "user.name=x", "-c", "user.email=x@example.com"]
    for arguments in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "first"]):
        subprocess.run([*git, *arguments], check=True)
    return root


def bytes_of(chance: random.Random, kept: bytes) -> tuple[str, bytes]:
    """Another content for a file, and what it is."""
    lines = kept.splitlines(keepends=True) or [b"\n"]
    at = chance.randrange(len(kept) + 1)
    number = chance.randrange(len(lines))
    some = chance.choice(STRINGS).encode("utf-8", "surrogateescape")
    every: Sequence[tuple[str, Callable[[], bytes]]] = (
        ("nothing", lambda: b""),
        ("any bytes", lambda: chance.randbytes(chance.randrange(1, 300))),
        ("cut off", lambda: kept[:at]),
        ("a byte is another", lambda: kept[:at] + chance.randbytes(1) + kept[at + 1 :]),
        ("a NUL", lambda: kept[:at] + b"\0" + kept[at:]),
        ("a byte order mark", lambda: b"\xef\xbb\xbf" + kept),
        ("UTF-16", lambda: kept.decode("utf-8", "replace").encode("utf-16")),
        ("Latin-1", lambda: kept[:at] + "é".encode("latin-1") + kept[at:]),
        ("CRLF", lambda: kept.replace(b"\n", b"\r\n")),
        ("a line twice", lambda: b"".join([*lines[:number], lines[number], *lines[number:]])),
        ("a line less", lambda: b"".join([*lines[:number], *lines[number + 1 :]])),
        ("a strange line", lambda: b"".join([*lines[:number], some, b"\n", *lines[number:]])),
        (
            "nested lists",
            lambda: chance.choice([b"[" * 50_000, b"[" * 500 + b"]" * 500, b'{"a":' * 5_000, b"a: {b: " * 400]),
        ),
        (
            "aliases",
            lambda: (
                b"a: &a [x, x]\n"
                + b"".join(b"%c: &%c [*%c, *%c]\n" % (c + 1, c + 1, c, c) for c in range(97, 121))
                + kept
            ),
        ),
        ("a value is another", lambda: _other_value(chance, kept)),
        (
            "another number",
            lambda: re.sub(
                rb"[0-9]+", lambda _: str(chance.choice(NUMBERS)).encode(), kept, count=chance.randrange(1, 4)
            ),
        ),
        (
            "another version",
            lambda: re.sub(
                rb"((?:version|format)\W{1,4})[0-9]+",
                lambda found: found[1] + chance.choice([b"0", b"-1", b"99", b"1.0", b"true"]),
                kept,
            ),
        ),
        ("a key twice", lambda: _in_place(chance, kept, rb'("\w+") ?: ?', lambda key: key + b"null, " + key)),
        ("a path for a name", lambda: _in_place(chance, kept, rb'"[^"\n]{1,80}"', lambda _: chance.choice(PATHS))),
    )
    name, make = chance.choice(every)
    return name, make()


def _in_place(chance: random.Random, kept: bytes, pattern: bytes, other: Callable[[bytes], bytes]) -> bytes:
    """One of the places where the pattern is found, as something else."""
    places = [*re.finditer(pattern, kept)]
    if not places:
        return kept
    place = chance.choice(places)
    return kept[: place.start()] + other(place[0]) + kept[place.end() :]


def _other_value(chance: random.Random, kept: bytes) -> bytes:
    """Of JSON lines one value somewhere inside; of other text what stands behind a `:` or `=`."""
    with suppress(ValueError):
        lines = kept.splitlines()
        number = chance.randrange(len(lines) or 1)
        said = json.loads(lines[number])
        _replace(chance, said)
        return b"\n".join([*lines[:number], json.dumps(said).encode(), *lines[number + 1 :], b""])
    value = json.dumps(chance.choice(VALUES), ensure_ascii=False).encode("utf-8", "surrogateescape")
    places = [*re.finditer(rb"(?<=[:=] ).+", kept)]
    if not places:
        return value
    place = chance.choice(places)
    return kept[: place.start()] + value + kept[place.end() :]


def _replace(chance: random.Random, said: Any) -> None:
    keys: Sequence[Any] = list(said) if isinstance(said, dict) else range(len(said)) if isinstance(said, list) else ()
    if not keys:
        return
    key = chance.choice(keys)
    if isinstance(said[key], dict | list) and said[key] and chance.random() < 0.7:
        _replace(chance, said[key])
    elif chance.random() < 0.2:
        del said[key]
    else:
        said[key] = chance.choice(VALUES)


def spoil(chance: random.Random, root: Path) -> Spoiled:
    """Do something to one file."""
    name = chance.choice(FILES)
    path = root / name
    kind = chance.randrange(12)
    if path.is_dir():
        kind = chance.randrange(5)
    kept = path.read_bytes() if path.is_file() else b""
    if kind < 5:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    if kind == 0:
        return Spoiled(name, "gone")
    if kind == 1:
        path.write_text("a file\n") if not kept else path.mkdir()
        return Spoiled(name, "a folder" if kept else "a file")
    if kind == 2:
        os.mkfifo(path)
        return Spoiled(name, "a FIFO")
    if kind == 3:
        path.symlink_to(chance.choice([path.name, "/no/such/file", "/dev/null", "/", "/dev/zero"]))
        return Spoiled(name, f"a link to {path.readlink()}")
    if kind == 4:
        with path.open("wb") as file:
            file.truncate(2**34)
        return Spoiled(name, "16 GB")
    how, content = bytes_of(chance, kept)
    path.write_bytes(content)
    return Spoiled(name, how)


def surroundings(chance: random.Random, root: Path) -> tuple[dict[str, str], Spoiled | None]:
    """The usual variables, and now and then one that holds anything."""
    usual = {
        "PATH": os.defpath,
        "HOME": str(root / "home"),
        "DEPLOY_CACHE": str(root / "cache"),
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    if chance.random() < 0.6:
        return usual, None
    name, value = chance.choice(VARIABLES), chance.choice(STRINGS)
    return {**usual, name: value}, Spoiled(name, ascii(value)[:60])


def ended(verb: Sequence[str], environment: Mapping[str, str]) -> tuple[int, str, str]:
    """The exit code of a command, run here, and what it wrote."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", "replace", write_through=True) for _ in range(2))
    kept = sys.stdin, sys.stdout, sys.stderr, dict(os.environ), list(sys.path)
    sys.stdin, sys.stdout, sys.stderr = io.TextIOWrapper(io.BytesIO(), "utf-8"), out, err
    try:
        os.environ.clear()
        os.environ.update(environment)
        code = exit_code_of(lambda: app(args=[*verb], standalone_mode=True, obj=Machine.capture(environment)))
    finally:
        sys.stdin, sys.stdout, sys.stderr = kept[:3]
        os.environ.clear()
        os.environ.update(kept[3])
        sys.path[:] = kept[4]
    said = [stream.buffer.getvalue().decode("utf-8", "replace") for stream in (out, err)]
    return code, said[0], said[1]


def wrong(code: int, said: str, done: Spoiled, usual: int) -> str:
    """What is wrong with an end; empty when nothing is. `usual` is the exit code of the command where nothing is spoiled."""
    if code not in DOCUMENTED:
        return f"exit code {code}"
    if "Traceback" in said or "bug in deploy" in said:
        return "a traceback"
    if code not in {0, usual} and not any(part.strip(".") in said for part in done.what.split("/")):
        return f"exit code {code}, usually {usual}, and nothing names what is to blame"
    return ""


def played(seed: int, pattern: Path, root: Path, usual: dict[Sequence[str], int]) -> str:
    """One seed: what was wrong with its end; empty when nothing was."""
    chance, here = random.Random(seed), Path.cwd()
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(pattern, root, symlinks=True)
    os.chdir(root)
    verb = chance.choice(VERBS)
    if verb not in usual:
        usual[verb] = ended(verb, surroundings(random.Random(0), root)[0])[0]
    environment, variable = surroundings(chance, root)
    done = variable or spoil(chance, root)
    if chance.random() < 0.02:
        shutil.rmtree(root)
        done = Spoiled("folder", "gone")
    told = f"seed {seed}: {' '.join(verb)}; {done.what}: {done.how}"
    alarm = _alarm(told)
    try:
        code, out, err = ended(verb, environment)
    finally:
        alarm()
        os.chdir(here)
    what = wrong(code, out + err, done, usual[verb])
    return f"{told}: {what}\n{err[-1500:]}\n" if what else ""


def main() -> int:
    """Whether all ended as they should."""
    folder, first, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.RLIM_INFINITY))
    pattern, bad, usual = whole(folder / "whole"), 0, dict[Sequence[str], int]()
    for seed in range(first, first + count):
        if told := played(seed, pattern, folder / "spoiled", usual):
            bad += 1
            sys.stdout.write(told)
    return min(bad, 1)


def _alarm(told: str) -> Callable[[], None]:
    """Ends the process where a command stands still. It says where."""

    def late() -> None:
        os.write(1, f"{told}: it stands still\n".encode())
        faulthandler.dump_traceback(1)
        os._exit(1)

    timer = threading.Timer(LIMIT, late)
    timer.daemon = True
    timer.start()
    return timer.cancel


if __name__ == "__main__":
    sys.exit(main())
