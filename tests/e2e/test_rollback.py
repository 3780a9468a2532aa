"""A stack goes back to the commit, the setting and the code of an earlier good run; the files of whoever types it stay as they are."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import zipfile
from collections.abc import Mapping
from typing import Any

import pytest

from deploy_driver import remedies
from tests.carried import gone, printed
from tests.e2e.project import Project
from tests.e2e.test_drift_story import Story
from tests.e2e.test_interruption import BUCKET, Running, hold
from tests.e2e.test_repair import below

FUNCTION = "items-dev"
MORE = """
archive = here.bucket("archive")
"""


def committed(project: Project) -> Story:
    story = Story(project)
    main = project.root / "infra" / "__main__.py"
    said = main.read_text("utf-8").replace("import pulumi\n", "import pulumi\nfrom infra.release import RELEASE\n", 1)
    main.write_text(said.replace("environment={", 'environment={"RELEASE": RELEASE,', 1), "utf-8")
    (project.root / "infra" / "release.py").write_text("RELEASE = 'one'\n", "utf-8")
    (project.root / ".gitignore").write_text(".deploy\n__pycache__\n", "utf-8")
    story.git("init --quiet")
    return commit(story, "one")


def commit(story: Story, message: str) -> Story:
    story.git("add --all")
    story.git(f"commit --quiet -m {message}")
    return story


def up(project: Project) -> str:
    done = project.deploy("up", "--stacks", "dev", "--output", "json")
    assert done.code == 0, done
    return str(done.json["run"])


def live(project: Project) -> Mapping[str, Any]:
    """What callers get: the configuration of the version that the alias leads to."""
    found: Mapping[str, Any] = project.client("dev", "lambda").get_function_configuration(
        FunctionName=FUNCTION, Qualifier="live"
    )
    return found


def what(project: Project) -> tuple[str, int, str]:
    """The code that is live, its setting, and what a module of the program says."""
    found = live(project)
    return found["CodeSha256"], found["MemorySize"], found["Environment"]["Variables"]["RELEASE"]


def second(project: Project, story: Story) -> str:
    """Another commit, with other code and another setting, deployed."""
    app = project.root / "infra" / "handler" / "app.py"
    app.write_text(app.read_text("utf-8") + "\n# another release\n", "utf-8")
    (project.root / "infra" / "release.py").write_text("RELEASE = 'two'\n", "utf-8")
    project.setting("dev", "items:memory", "256")
    commit(story, "two")
    return up(project)


def events(project: Project, run: str) -> list[Mapping[str, Any]]:
    record = (project.root / ".deploy" / "runs" / run / "events.jsonl").read_text("utf-8")
    return [json.loads(line) for line in record.splitlines()]


def git(project: Project, *question: str) -> str:
    asked = subprocess.run(["git", *question], cwd=project.root, capture_output=True, check=True, text=True)
    return asked.stdout.strip()


def deployed_commit(project: Project) -> str:
    """What the engine's own history says was deployed last."""
    s3 = project.client("tools", "s3")
    listed = s3.list_objects_v2(Bucket=BUCKET, Prefix=".pulumi/history/items/dev/")["Contents"]
    newest = max(entry["Key"] for entry in listed if entry["Key"].endswith(".history.json"))
    update = json.loads(s3.get_object(Bucket=BUCKET, Key=newest)["Body"].read())
    return str(update["environment"]["git.head"])


def nothing_is_left(project: Project) -> None:
    """No worktree, no lock, and no file of the user's is another than before."""
    assert list((project.root / ".deploy" / "worktrees").iterdir()) == []
    assert git(project, "worktree", "list").count("\n") == 0
    assert git(project, "status", "--porcelain") == ""


@pytest.mark.both_plugins
def test_a_stack_goes_back_and_forth_never(project: Project) -> None:
    story = committed(project)
    first = up(project)
    then = what(project)
    newer = second(project, story)
    now = what(project)
    assert all(new != old for new, old in zip(now, then, strict=True))

    back = project.deploy("rollback", "--stack", "dev", "--output", "json")
    assert back.code == 0, back
    assert f"back to run {first}" in back.err
    assert f"deployed now: run {newer}" in back.err
    assert "the alias live of items-dev leads to version 1 again, and no longer to 2" in back.err
    assert what(project) == then
    assert int(live(project)["Version"]) > 2
    nothing_is_left(project)
    kinds = [(one["kind"], one.get("change", {}).get("urn", "")) for one in events(project, back.json["run"])]
    before = kinds[: [kind for kind, _ in kinds].index("engine-started")]
    assert [kind for kind, urn in before if "lambda/alias:Alias" in urn][-2:] == ["resource-started", "resource-done"]

    assert deployed_commit(project) == git(project, "rev-parse", "HEAD~1")
    story.git("checkout --quiet HEAD~1")
    same = project.deploy("preview", "--stacks", "dev")
    assert "no changes" in same.out, same
    drift = project.deploy("drift", "--stacks", "dev")
    assert drift.code == 0, drift
    story.git("checkout --quiet -")

    audited = project.deploy("audit", back.json["run"])
    assert audited.code == 0, audited
    reported = project.deploy("report", back.json["run"])
    assert f"run {first}" in reported.out, reported
    listed = project.deploy("history").out
    assert "rollback" in listed
    assert first in listed

    again = project.deploy("rollback", "--stack", "dev")
    assert again.code == 2, again
    assert "no earlier run of dev with another commit" in again.err
    [history] = printed(remedies.NAME_RUN, again.err).commands
    assert newer in project.deploy(*history[1:]).out

    forth = project.deploy("rollback", "--stack", "dev", "--to", newer)
    assert forth.code == 0, forth
    gone(remedies.NAME_RUN, forth.err)
    assert what(project) == now


def test_a_bucket_goes_only_when_it_is_named(project: Project) -> None:
    story = committed(project)
    up(project)
    then = what(project)
    main = project.root / "infra" / "__main__.py"
    main.write_text(main.read_text("utf-8").replace("\napi = ", f"{MORE}api = ", 1), "utf-8")
    assert project.deploy("bootstrap", "--yes").code == 0
    second(project, story)

    refused = project.deploy("rollback", "--stack", "dev")
    assert refused.code == 4, refused
    assert "--allow-delete" in refused.out, refused
    assert any("archive" in name for name in project.buckets("dev"))
    assert what(project) != then
    nothing_is_left(project)

    done = project.deploy("rollback", "--stack", "dev", "--allow-delete", "all")
    assert done.code == 0, done
    assert not any("archive" in name for name in project.buckets("dev"))
    assert what(project) == then


def test_a_killed_rollback_is_ended_by_resume(project: Project) -> None:
    story = committed(project)
    up(project)
    then = what(project)
    second(project, story)
    killed(project)

    resumed = project.deploy("resume", "--yes")
    assert resumed.code == 0, resumed
    assert what(project) == then, resumed
    nothing_is_left(project)


def killed(project: Project, *more: str) -> None:
    """A rollback that is killed while the function gets its code."""
    hold(project, action="lambda:UpdateFunctionCode", seconds=5)
    run = Running(project, "rollback", "--stack", "dev", "--yes", *more)
    run.await_event("run-started", '"rollback"')
    run.await_event("resource-started", '"dev"', "lambda/function:Function", '"preview": false')
    time.sleep(1)
    for pid, _ in below(run.child.pid):
        os.kill(pid, signal.SIGKILL)
    run.end()
    time.sleep(5)


def built(project: Project, text: str) -> bytes:
    """What a build makes of the function's code, which no commit has; as it was made."""
    dist = project.root / "infra" / "dist"
    dist.mkdir(exist_ok=True)
    with zipfile.ZipFile(dist / "handler.zip", "w") as archive:
        for file in sorted((project.root / "infra" / "handler").glob("*.py")):
            archive.write(file, f"handler/{file.name}")
        archive.writestr("handler/build.txt", text)
    return (dist / "handler.zip").read_bytes()


def test_a_zip_that_a_build_made_is_the_one_that_was_deployed_or_refused(project: Project) -> None:
    main = project.root / "infra" / "__main__.py"
    main.write_text(main.read_text("utf-8").replace('code="handler"', 'code="dist/handler.zip"', 1), "utf-8")
    zipped = built(project, "1")
    story = committed(project)
    with (project.root / ".gitignore").open("a", encoding="utf-8") as ignored:
        ignored.write("dist\n")
    git(project, "rm", "-r", "--quiet", "--cached", "infra/dist")
    commit(story, "ignored")
    up(project)
    then = what(project)
    built(project, "2")
    project.setting("dev", "items:memory", "256")
    commit(story, "two")
    up(project)

    missing = project.deploy("rollback", "--stack", "dev")
    assert (missing.code, what(project) == then) == (1, False), missing
    assert "--artefact PATH brings it along" in missing.err, missing
    path = "infra/dist/handler.zip"
    another = project.deploy("rollback", "--stack", "dev", "--artefact", path)
    assert (another.code, what(project) == then) == (4, False), another
    assert "another package" in another.out
    (project.root / path).write_bytes(zipped)
    killed(project, "--artefact", path)
    (project.root / path).unlink()
    elsewhere = project.deploy("resume", "--yes")
    assert (elsewhere.code, f"{path} is not there" in elsewhere.err) == (3, True), elsewhere
    (project.root / path).write_bytes(zipped)
    done = project.deploy("resume", "--yes")
    assert (done.code, what(project) == then) == (0, True), done
    nothing_is_left(project)
