"""Function code that somebody changed by hand: seen, put back, and never what the alias leads to.

The AWS provider plans nothing when a function's code was changed, so both plugins tell one truth: only outputs differ.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Any

import pytest

from deploy_driver import remedies
from tests.carried import gone, printed
from tests.e2e.project import Ended, Project
from tests.e2e.test_drift_story import Story, drifted

FUNCTION = "items-dev"
EVE = "arn:aws:iam::222222222222:user/eve"


def others(text: str) -> bytes:
    """An archive of somebody else's code, which answers like ours."""
    answer = "def answer(event, context):\n    return {'statusCode': 200, 'body': '{}'}\n"
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("handler/app.py", f"# {text}\n{answer}")
    return written.getvalue()


def code(story: Story, *, publish: bool = False, alias: bool = False) -> str:
    """What eve does to the function; the digest of her code."""
    eve = story.eve("dev", "lambda")
    versions = eve.list_versions_by_function(FunctionName=FUNCTION)["Versions"]
    digest = str(eve.update_function_code(FunctionName=FUNCTION, ZipFile=others(str(len(versions))))["CodeSha256"])
    eve.get_waiter("function_updated_v2").wait(FunctionName=FUNCTION)
    if publish:
        version = eve.publish_version(FunctionName=FUNCTION)["Version"]
        if alias:
            eve.update_alias(FunctionName=FUNCTION, Name="live", FunctionVersion=version)
    return digest


def live(story: Story) -> Mapping[str, Any]:
    """What callers get: the configuration of the version that the alias leads to."""
    found: Mapping[str, Any] = story.project.client("dev", "lambda").get_function_configuration(
        FunctionName=FUNCTION, Qualifier="live"
    )
    return found


def seen(story: Story, ours: str, digest: str) -> Mapping[tuple[str, str], Any]:
    """A look names the function, what was deployed and what is there, and eve; and moves nothing."""
    before = live(story)["Version"]
    done = story.drift("--stacks", "dev")
    assert done.code == 5, done
    found = drifted(done)
    function = found["dev", "Function"]
    (change,) = (one for one in function["findings"] if one["property"] == "codeSha256")
    assert (change["expected"], change["found"], change["moved"]) == (ours, digest, "the cloud was changed")
    assert function["by"]["identity"] == EVE
    assert live(story)["Version"] == before
    return found


def back(story: Story, ours: str, done: Ended) -> None:
    """The deployed code is live, and what the next version would be made of."""
    assert done.code == 0, done
    assert live(story)["CodeSha256"] == ours
    client = story.project.client("dev", "lambda")
    assert client.get_function_configuration(FunctionName=FUNCTION)["CodeSha256"] == ours


@pytest.mark.both_plugins
def test_code_changed_by_hand_is_never_deployed_and_comes_back(project: Project) -> None:
    story = Story(project)
    (project.root / ".gitignore").write_text(".deploy\n__pycache__\n", "utf-8")
    for command in ("init --quiet", "add --all", "commit --quiet -m one"):
        story.git(command)
    assert project.deploy("up", "--stacks", "dev").code == 0
    ours = str(live(story)["CodeSha256"])

    found = seen(story, ours, code(story))
    assert found.keys() == {("dev", "Function")}
    previewed = project.deploy("preview", "--stacks", "dev", "--output", "json")
    assert [one["keys"] for one in previewed.json["stacks"][0]["resources"]] == [["codeSha256"]]
    assert "the code of items-dev is not what was deployed" in previewed.err
    back(story, ours, project.deploy("drift", "--stacks", "dev", "--fix"))
    assert live(story)["Version"] == "1"

    found = seen(story, ours, code(story, publish=True, alias=True))
    (alias,) = found["dev", "Alias"]["findings"]
    assert (alias["expected"], alias["found"], alias["moved"]) == ("1", "2", "the cloud was changed")
    back(story, ours, project.deploy("drift", "--stacks", "dev", "--fix"))
    assert live(story)["Version"] == "3"

    found = seen(story, ours, code(story, publish=True))
    assert found.keys() == {("dev", "Function")}
    back(story, ours, project.deploy("up", "--stacks", "dev", "--refresh"))
    assert live(story)["Version"] == "5"

    code(story, publish=True, alias=True)
    back(story, ours, project.deploy("up", "--stacks", "dev"))

    code(story)
    project.setting("dev", "items:memory", "256")
    previewed = project.deploy("preview", "--stacks", "dev", "--output", "json")
    assert {tuple(one["keys"]) for one in previewed.json["stacks"][0]["resources"]} == {
        ("memorySize", "codeSha256"),
        ("functionVersion",),
    }
    back(story, ours, project.deploy("up", "--stacks", "dev"))
    assert live(story)["MemorySize"] == 256
    quiet = story.drift("--stacks", "dev")
    assert quiet.code == 0, quiet
    refused_to_a_resource(project)


def refused_to_a_resource(project: Project) -> None:
    """A bucket of the service is not the bucket of the state, though both speak of S3 in the same words."""
    denied = {"action": "s3:GetBucketVersioning", "error": "AccessDenied", "status": 403, "account": "222222222222"}
    project.power("POST", "faults", {**denied, "times": 50})
    fix = "drift", "--stacks", "dev", "--fix", "--output", "json"
    partly = project.deploy(*fix)
    project.power("DELETE", "faults", {})
    (stack,) = partly.json["stacks"]
    assert (partly.code, stack["looked"]) == (3, False), partly
    printed(remedies.CORRECT_OR_LEAVE_OUT, partly.err)
    assert "GetBucketVersioning" in stack["failure"]
    assert "state bucket" not in stack["failure"]
    assert "deploy bootstrap" in stack["remedy"]
    corrected = project.deploy(*fix)
    assert corrected.code == 0, corrected
    gone(remedies.CORRECT_OR_LEAVE_OUT, corrected.err)
