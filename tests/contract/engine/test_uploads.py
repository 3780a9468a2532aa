"""Which files a program hands to its resources, and that none reaches the engine which is not the expected one."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from deploy_driver.values import EngineReport, EngineStatus, Upload
from tests.contract.engine.conftest import Bench

pytestmark = pytest.mark.engine

PROGRAM = """
first = Thing("first", label="a")
Thing(
    "one",
    code=pulumi.FileArchive("a.zip"),
    many=pulumi.AssetArchive({"a.py": pulumi.StringAsset("a"), "lib": pulumi.AssetArchive({"b.txt": pulumi.FileAsset("b.txt")})}),
    folder=pulumi.FileArchive("folder"),
)
"""


@pytest.fixture
def program(bench: Bench) -> Path:
    """The program's folder, with a zip, a file and a folder in it."""
    bench.program(PROGRAM)
    folder = bench.root / "program"
    write(folder, "1")
    (folder / "b.txt").write_text("b", "utf-8")
    (folder / "folder").mkdir()
    (folder / "folder" / "c.txt").write_text("c", "utf-8")
    return folder


def write(folder: Path, text: str) -> str:
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        archive.writestr("app.py", text)
    return hashlib.sha256((folder / "a.zip").read_bytes()).hexdigest()


def by_property(report: EngineReport) -> dict[str, Upload]:
    return {one.property: one for one in report.uploads}


def seen(bench: Bench) -> tuple[Upload, ...]:
    """What a preview sees, which must go well."""
    report = bench.call("preview")
    assert report.status is EngineStatus.SUCCEEDED, (report, bench.logs())
    return report.uploads


def up(bench: Bench, expected: tuple[Upload, ...]) -> EngineReport:
    return bench.engine.up(replace(bench.request("dev"), expected=expected), bench.events.append)


def test_every_file_is_reported_with_its_digest_whether_or_not_it_changes(bench: Bench, program: Path) -> None:
    zipped = write(program, "1")
    for call in ("preview", "up", "preview", "up"):
        found = by_property(bench.call(call))
        assert found["code"].digest == zipped
        assert [(one.name, one.digest, one.path) for one in found["many"].files] == [
            ("a.py", hashlib.sha256(b"a").hexdigest(), ""),
            ("lib/b.txt", hashlib.sha256(b"b").hexdigest(), "b.txt"),
        ]
        assert [one.path for one in found["folder"].files] == ["folder"]


def test_what_is_as_expected_goes_through(bench: Bench, program: Path) -> None:
    assert program.is_dir()
    expected = seen(bench)
    assert len(expected) == 3
    assert up(bench, expected).status is EngineStatus.SUCCEEDED
    assert up(bench, expected).status is EngineStatus.SUCCEEDED


def test_another_zip_is_refused_with_both_digests_before_the_engine_has_it(bench: Bench, program: Path) -> None:
    expected = seen(bench)
    before, after = by_property(bench.call("preview"))["code"].digest, write(program, "2")
    report = up(bench, expected)
    assert report.status is EngineStatus.REFUSED
    said = f"code of one (probe:index:Thing): expected sha256:{before[:12]}, found sha256:{after[:12]}"
    assert report.failure == said
    assert "one" not in {change.name for change in report.resources}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('StringAsset("a")', 'StringAsset("b")', "many of one (probe:index:Thing): a.py: expected sha256:"),
        ('"b.txt": pulumi', '"x.txt": pulumi', "lib/x.txt: expected nothing, found sha256:"),
    ],
)
def test_of_an_archive_of_files_the_file_is_named(bench: Bench, program: Path, old: str, new: str, said: str) -> None:
    expected = seen(bench)
    bench.program(PROGRAM.replace(old, new))
    assert program.is_dir()
    report = up(bench, expected)
    assert report.status is EngineStatus.REFUSED
    assert said in report.failure
