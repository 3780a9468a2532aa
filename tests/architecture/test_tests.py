"""Tests hand over fakes and patch nothing; what they use is beside them."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
TESTS = sorted((ROOT / "tests").rglob("*.py"))
PATCHES = ("monkeypatch", "unittest." + "mock", "mock." + "patch", "Magic" + "Mock")


def test_nothing_is_patched() -> None:
    assert [
        f"{path.relative_to(ROOT)}: {patch}"
        for path in TESTS
        for patch in PATCHES
        if path != Path(__file__) and patch in path.read_text("utf-8")
    ] == []


def test_a_folder_of_tests_is_a_package() -> None:
    assert [folder for folder in {path.parent for path in TESTS} if not (folder / "__init__.py").exists()] == []
