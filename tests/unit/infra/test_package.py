"""What a function or a layer is packed from: a folder whole, a zip as it is, pinned requirements; what cannot be packed is refused."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from deploy_infra.package import IGNORE, UNZIPPED, ZIPPED, Package, PackageError, layer, package
from tests.e2e.project import ROOT


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """The folder of a function, in a project."""
    (tmp_path / "Pulumi.yaml").write_text("name: items\n", "utf-8")
    return written(tmp_path / "code", {"app.py": "1", "lib/deep/util.py": "2", "data/rates.csv": "3", "run.sh": "4"})


def written(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder


def content(packed: Package) -> dict[str, str]:
    with zipfile.ZipFile(packed.path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


def zipped(file: Path, files: Mapping[str, str]) -> Path:
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return file


def refused(source: Path, *, prefix: str = "") -> str:
    with pytest.raises(PackageError) as caught:
        package(source, prefix=prefix)
    return str(caught.value)


def test_a_folder_is_packed_whole(code: Path) -> None:
    packed = package(code)
    assert content(packed) == {"app.py": "1", "data/rates.csv": "3", "lib/deep/util.py": "2", "run.sh": "4"}


def test_its_files_lie_where_the_prefix_says(code: Path) -> None:
    assert list(content(package(code / "lib", prefix="lib"))) == ["lib/deep/util.py"]
    assert list(content(package(code / "lib", prefix="/a/b/"))) == ["a/b/deep/util.py"]


def test_the_digest_is_the_one_that_aws_computes_and_the_file_is_named_by_it(code: Path) -> None:
    packed = package(code)
    raw = hashlib.sha256(packed.path.read_bytes())
    assert packed.digest == base64.b64encode(raw.digest()).decode()
    assert packed.path == code.parent / ".deploy" / "packages" / f"{raw.hexdigest()}.zip"


def test_only_the_executable_bit_is_kept(code: Path) -> None:
    (code / "run.sh").chmod(0o700)
    (code / "app.py").chmod(0o604)
    with zipfile.ZipFile(package(code).path) as archive:
        modes = {one.filename: one.external_attr >> 16 for one in archive.infolist()}
    assert modes["run.sh"] == 0o100755
    assert {modes[name] for name in modes if name != "run.sh"} == {0o100644}


def test_what_is_there_is_not_written_again_and_what_was_damaged_is(code: Path) -> None:
    packed = package(code)
    os.utime(packed.path, (1, 1))
    assert package(code) == packed
    assert packed.path.stat().st_mtime == 1
    packed.path.write_bytes(b"something else")
    assert content(package(code))["app.py"] == "1"
    assert [path.name for path in packed.path.parent.iterdir()] == [packed.path.name]


def test_what_differs_from_machine_to_machine_is_never_packed(code: Path) -> None:
    before = package(code)
    written(code, {"lib/__pycache__/x.py": "", "x.pyc": "", ".git/config": "", ".venv/bin/python": ""})
    (code / ".venv" / "out").symlink_to("/usr")
    assert package(code) == before


def test_what_the_ignore_file_names_is_left_out(code: Path) -> None:
    (code / IGNORE).write_text("# not code\n*.csv\n!data/rates.csv\n/lib/**/util.py\nrun.sh\n", "utf-8")
    assert list(content(package(code))) == ["app.py", "data/rates.csv"]


def test_an_ignore_file_that_cannot_be_read_is_named(code: Path) -> None:
    (code / IGNORE).write_text("a\\\n", "utf-8")
    assert refused(code).startswith(f"{code / IGNORE}: ")


def test_a_link_inside_the_folder_is_what_it_leads_to(code: Path) -> None:
    (code / "also").symlink_to(code / "lib")
    (code / "main.py").symlink_to("app.py")
    found = content(package(code))
    assert (found["also/deep/util.py"], found["main.py"]) == ("2", "1")


@pytest.mark.parametrize(
    ("end", "said"),
    [
        ("../secret", "leads out of the folder"),
        ("nowhere", "leads nowhere"),
        (".", "leads to a folder that it lies in"),
    ],
)
def test_another_link_is_refused_unless_it_is_ignored(code: Path, end: str, said: str) -> None:
    (code.parent / "secret").write_text("s", "utf-8")
    (code / "lib" / "link").symlink_to(code / end)
    assert said in refused(code)
    assert str(code / "lib" / "link") in refused(code)
    (code / IGNORE).write_text("link\n", "utf-8")
    assert "lib/link" not in content(package(code))


def test_what_is_neither_file_nor_folder_is_refused(code: Path) -> None:
    os.mkfifo(code / "pipe")
    assert f"{code / 'pipe'}: neither a file nor a folder" in refused(code)


def test_a_name_that_a_zip_cannot_say_is_refused(code: Path) -> None:
    try:
        (Path(os.fsdecode(os.fsencode(code) + b"/caf\xe9"))).touch()
    except OSError:
        pytest.skip("this file system knows no other names than UTF-8")
    assert "the name is not UTF-8" in refused(code)


def test_nothing_to_pack_is_refused(code: Path) -> None:
    (code / IGNORE).write_text("*\n", "utf-8")
    assert "there is no file to pack" in refused(code)
    assert "neither a folder nor a zip" in refused(code / "gone")


def test_code_outside_of_a_project_is_refused(tmp_path: Path) -> None:
    assert "in no project" in refused(written(tmp_path / "code", {"app.py": ""}))


def sparse(file: Path, size: int) -> Path:
    with file.open("wb") as target:
        target.truncate(size)
    return file


def test_more_than_lambda_takes_is_refused(code: Path) -> None:
    sparse(code / "big", UNZIPPED + 1)
    assert "250.0 MB unzipped, and Lambda takes 250 MB" in refused(code)
    archive = sparse(code.parent / "big.zip", ZIPPED + 1)
    assert "50.0 MB zipped, and Lambda takes 50 MB" in refused(archive)


def test_only_what_is_too_large_as_it_is_is_compressed(code: Path) -> None:
    small = package(code).path.stat().st_size
    headers = 30 + 46 + 2 * len("big")
    for size, how in (
        (ZIPPED - small - headers, zipfile.ZIP_STORED),
        (ZIPPED - small - headers + 1, zipfile.ZIP_DEFLATED),
    ):
        sparse(code / "big", size)
        with zipfile.ZipFile(package(code).path) as archive:
            assert {one.compress_type for one in archive.infolist()} == {how}


def test_a_zip_is_taken_as_it_is(code: Path) -> None:
    built = zipped(code.parent / "built.zip", {"b.py": "b", "a.py": "a"})
    packed = package(built)
    assert packed.path.read_bytes() == built.read_bytes()
    built.unlink()
    assert list(content(packed)) == ["b.py", "a.py"]


def test_what_is_no_zip_is_refused(code: Path) -> None:
    assert "not a zip" in refused(code / "app.py")
    assert "no file in the zip" in refused(zipped(code.parent / "empty.zip", {}))
    assert "cannot be given the prefix 'x'" in refused(zipped(code.parent / "a.zip", {"a": ""}), prefix="x")


def test_a_zip_that_is_too_large_unzipped_is_refused(code: Path) -> None:
    for size in (UNZIPPED, UNZIPPED + 1):
        with zipfile.ZipFile(code.parent / f"{size}.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            archive.writestr("zeros", bytes(size))
    assert package(code.parent / f"{UNZIPPED}.zip").digest
    assert "250.0 MB unzipped" in refused(code.parent / f"{UNZIPPED + 1}.zip")


WHEELS = "--no-index\n--find-links wheels\n"
ON = {"python": "3.13", "platform": "manylinux2014_aarch64"}


def wheel(folder: Path, name: str, *, needs: str = "", tag: str = "py3-none-any") -> Path:
    """A package of one module and one command, as a wheel (PyPA, binary distribution format)."""
    info, needed = f"{name}-1.0.dist-info", f"Requires-Dist: {needs}\n" if needs else ""
    files = {
        f"{name}/__init__.py": f"NAME = {name!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{needed}",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: {tag}\n",
        f"{info}/entry_points.txt": f"[console_scripts]\n{name} = {name}:main\n",
    }
    record = "".join(f"{file},,\n" for file in [*files, f"{info}/RECORD"])
    folder.mkdir(exist_ok=True)
    return zipped(folder / f"{name}-1.0-{tag}.whl", {**files, f"{info}/RECORD": record})


UV = shutil.which("uv", path=os.pathsep.join([os.environ["PATH"], str(ROOT / ".deploy" / "uv" / "bin")])) or ""
"""The installer that the Makefile has made the environment with."""


@pytest.fixture
def requirements(code: Path) -> Path:
    """A requirements file beside a folder of wheels: nothing is asked of the network."""
    root = code.parent
    (root / ".deploy" / "uv" / "bin").mkdir(parents=True)
    (root / ".deploy" / "uv" / "bin" / "uv").symlink_to(UV)
    wheel(root / "wheels", "one", needs="two")
    wheel(root / "wheels", "two", tag="cp313-cp313-manylinux2014_aarch64")
    (root / "requirements.txt").write_text(f"{WHEELS}one==1.0  # ours\nTwo == 1.0\n", "utf-8")
    return root / "requirements.txt"


def test_a_layer_is_what_the_file_pins_for_the_platform_of_lambda(requirements: Path) -> None:
    packed = layer(requirements, **ON)
    assert list(content(packed)) == [
        f"python/{name}{file}"
        for name in ("one", "two")
        for file in (
            "-1.0.dist-info/METADATA",
            "-1.0.dist-info/WHEEL",
            "-1.0.dist-info/entry_points.txt",
            "/__init__.py",
        )
    ]
    assert packed.path.name == f"{base64.b64decode(packed.digest).hex()}.zip"


def test_pip_builds_the_same_where_uv_is_not(requirements: Path) -> None:
    packed = layer(requirements, **ON)
    shutil.rmtree(requirements.parent / ".deploy")
    assert "neither uv nor pip is here" in built_by(Path(sys.executable), requirements)
    home = Path(UV).parents[1]
    if not (home / "pyvenv.cfg").exists():
        pytest.skip("uv is not installed beside a pip here")
    (requirements.parent / "bin").mkdir()
    for place in ("pyvenv.cfg", "lib", "bin/python"):
        (requirements.parent / place).symlink_to(home / place)
    assert packed.digest in built_by(requirements.parent / "bin" / "python", requirements)


def built_by(python: Path, requirements: Path) -> str:
    """What comes of a layer in a process of this Python, in which no other program is on the path."""
    program = (
        "import pathlib, sys; from deploy_infra.package import layer; "
        "print(layer(pathlib.Path(sys.argv[1]), python=sys.argv[2], platform=sys.argv[3]).digest)"
    )
    done = subprocess.run(
        [python, "-c", program, requirements, *ON.values()],
        env={"PATH": "/nowhere", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def test_it_is_built_once_and_says_so(requirements: Path) -> None:
    first = built_by(Path(sys.executable), requirements)
    assert "building the layer of requirements.txt for Python 3.13 on manylinux2014_aarch64: once" in first
    for file in wheels(requirements):
        file.unlink()
    again = built_by(Path(sys.executable), requirements).strip()
    assert again == first.splitlines()[0] == layer(requirements, **ON).digest
    with pytest.raises(PackageError, match="cannot be installed"):
        layer(requirements, python="3.12", platform=ON["platform"])


def test_it_is_built_again_where_its_file_is_not_what_was_built_and_is_the_same(requirements: Path) -> None:
    packed = layer(requirements, **ON)
    packed.path.write_bytes(b"something else")
    assert layer(requirements, **ON) == packed
    assert content(packed)


def test_a_wheel_for_another_platform_is_not_taken(requirements: Path) -> None:
    with pytest.raises(PackageError, match="two"):
        layer(requirements, python="3.13", platform="manylinux2014_x86_64")


def test_what_a_package_needs_has_to_be_pinned_too(requirements: Path) -> None:
    requirements.write_text(f"{WHEELS}one==1.0\n", "utf-8")
    with pytest.raises(PackageError, match=r"requirements\.txt: not pinned, and needed by what is; add two==1\.0"):
        layer(requirements, **ON)


@pytest.mark.parametrize(
    "line",
    [
        "one",
        "one>=1.0",
        "one==1.*",
        "one~=1.0",
        "one==1.0,<2",
        "-r other.txt",
        "-e .",
        "./one",
        "one @ https://a.example/b",
    ],
)
def test_what_is_not_pinned_is_refused_with_its_line(requirements: Path, line: str) -> None:
    requirements.write_text(f"# layer\ntwo==1.0\n{line}\n", "utf-8")
    with pytest.raises(PackageError) as caught:
        layer(requirements, **ON)
    assert f"{requirements}:3: {line!r} is not pinned" in str(caught.value)


def test_hashes_pin_and_are_checked(requirements: Path) -> None:
    digests = {file.name[:3]: hashlib.sha256(file.read_bytes()).hexdigest() for file in wheels(requirements)}
    lines = [f"{name}==1.0 \\\n    --hash=sha256:{digest}\n" for name, digest in digests.items()]
    requirements.write_text(WHEELS + "".join(lines), "utf-8")
    assert content(layer(requirements, **ON))
    requirements.write_text(WHEELS + "".join(lines).replace(digests["two"], "0" * 64), "utf-8")
    with pytest.raises(PackageError, match=r"(?i)hash"):
        layer(requirements, **ON)


def wheels(requirements: Path) -> list[Path]:
    return list((requirements.parent / "wheels").iterdir())


def test_a_file_that_pins_nothing_is_refused(requirements: Path) -> None:
    requirements.write_text("# nothing yet\n", "utf-8")
    with pytest.raises(PackageError, match="names no package"):
        layer(requirements, **ON)
    with pytest.raises(PackageError, match="cannot be read: No such file"):
        layer(requirements.with_name("gone.txt"), **ON)
    with pytest.raises(PackageError, match="cannot be read: Is a directory"):
        layer(requirements.with_name("wheels"), **ON)
