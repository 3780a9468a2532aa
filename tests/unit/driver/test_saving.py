"""How long a plan holds, and the folder it is kept in."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy_driver.adapters import bundle_folder
from deploy_driver.app.reviewed_plan import saving
from deploy_driver.bundle.seal import Sealed, seal, unseal
from deploy_driver.errors import NotReadyError, UsageError
from tests.fakes.plan_key import FakePlanKey
from tests.reviews import BUNDLE, DOCUMENT

SEALED = seal(BUNDLE, DOCUMENT, FakePlanKey())


@pytest.mark.parametrize(
    ("said", "seconds"), [(None, 86400), ("1s", 1), ("90m", 5400), ("24h", 86400), ("7d", 7 * 86400)]
)
def test_a_plan_holds_as_long_as_is_said(tmp_path: Path, said: str | None, seconds: int) -> None:
    keep = saving(tmp_path, said, allow_dirty=False, allow_delete=())
    assert keep is not None
    assert keep.__self__.seconds == seconds  # type: ignore[attr-defined]


@pytest.mark.parametrize("said", ["", "24", "h", "0h", "-1h", "1.5h", "1w", "24 h", "٣h", "9999999d"])
def test_what_is_no_duration_is_refused(tmp_path: Path, said: str) -> None:
    with pytest.raises(UsageError, match="--expires-in"):
        saving(tmp_path, said, allow_dirty=False, allow_delete=())


@pytest.mark.parametrize(
    ("expires_in", "allow_dirty", "allow_delete"), [("24h", False, ()), (None, True, ()), (None, False, ("all",))]
)
def test_what_is_for_a_saved_plan_wants_one(
    expires_in: str | None, allow_dirty: bool, allow_delete: tuple[str, ...]
) -> None:
    with pytest.raises(UsageError, match="for a plan that is saved"):
        saving(None, expires_in, allow_dirty=allow_dirty, allow_delete=allow_delete)
    assert saving(None, None, allow_dirty=False, allow_delete=()) is None


def test_a_folder_holds_what_was_put_there(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "plan"
    bundle_folder.write(folder, SEALED)
    assert bundle_folder.read(folder) == SEALED
    assert unseal(bundle_folder.read(folder), FakePlanKey()) == BUNDLE
    assert sorted(path.name for path in folder.iterdir()) == ["plan.json", "plan.md", "plan.sig"]
    other = Sealed(b"{}", b"s", b"d")
    bundle_folder.write(folder, other)
    assert bundle_folder.read(folder) == other


def test_a_signature_that_is_not_there_is_an_empty_one(tmp_path: Path) -> None:
    bundle_folder.write(tmp_path, SEALED)
    (tmp_path / "plan.sig").unlink()
    (tmp_path / "plan.md").unlink()
    assert bundle_folder.read(tmp_path) == Sealed(SEALED.content, b"", b"")


def test_a_folder_without_a_plan_says_how_to_get_one(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(UsageError, match="no reviewed plan") as caught:
            bundle_folder.read(folder)
        assert "given to --save" in caught.value.remedy


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "plan").write_text("a file")
    with pytest.raises(NotReadyError, match="cannot be saved"):
        bundle_folder.write(tmp_path / "plan", SEALED)
