"""The same files are the same bytes, whenever, in whatever order and under whatever umask they were written; others are others."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from deploy_infra.package import package

parts = st.text("abcäß-_ .", min_size=1, max_size=4).filter(lambda part: part.strip(".") == part and part != "")
names = st.lists(parts, min_size=1, max_size=3).map("/".join)
bits = st.booleans()
files = st.dictionaries(names, st.tuples(st.binary(max_size=40), bits), min_size=1, max_size=6).filter(
    lambda found: not any(one != other and f"{other}/".startswith(f"{one}/") for one in found for other in found)
)


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def digest(written: Mapping[str, tuple[bytes, bool]], *, moment: int = 0, mask: int = 0o022, prefix: str = "") -> str:
    """The digest of a folder with these files, made anew in this order."""
    with TemporaryDirectory() as place, umask(mask):
        root = Path(place)
        (root / "Pulumi.yaml").touch()
        for name, (content, executable) in written.items():
            file = root / "code" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
            file.chmod((0o777 if executable else 0o666) & ~mask)
            os.utime(file, (moment, moment))
        return package(root / "code", prefix=prefix).digest


@given(files, st.data(), st.integers(0, 2**31), st.sampled_from([0o000, 0o022, 0o027, 0o077]))
def test_when_in_which_order_and_by_whom_it_was_written_does_not_matter(
    written: dict[str, tuple[bytes, bool]], data: st.DataObject, moment: int, mask: int
) -> None:
    again = dict(data.draw(st.permutations(list(written.items()))))
    assert digest(written) == digest(again, moment=moment, mask=mask)


@given(files, st.data())
def test_another_byte_name_or_executable_bit_is_another_digest(
    written: dict[str, tuple[bytes, bool]], data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(written)))
    content, executable = written[name]
    kept = {one: what for one, what in written.items() if one != name}
    others = [
        {**kept, name: (content + b"x", executable)},
        {**kept, name: (bytes([content[0] ^ 1]) + content[1:] if content else b"y", executable)},
        {**kept, name: (content, not executable)},
        {**kept, f"{name}z": (content, executable)},
    ]
    digests = [digest(one) for one in (written, *others)]
    assert len(set(digests)) == len(digests)
    assert digest(written, prefix="p") not in digests


@given(files, names)
def test_nothing_is_lost_or_added(written: dict[str, tuple[bytes, bool]], prefix: str) -> None:
    with TemporaryDirectory() as place:
        root = Path(place)
        (root / "Pulumi.yaml").touch()
        for name, (content, _) in written.items():
            (root / "code" / name).parent.mkdir(parents=True, exist_ok=True)
            (root / "code" / name).write_bytes(content)
        with zipfile.ZipFile(package(root / "code", prefix=prefix).path) as archive:
            found = {name: archive.read(name) for name in archive.namelist()}
    assert found == {f"{prefix}/{name}": content for name, (content, _) in written.items()}
    assert list(found) == sorted(found)
