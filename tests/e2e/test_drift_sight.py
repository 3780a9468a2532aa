"""Where a look at drift does not see everything: it says so, shows the rest, and leaves nothing behind when it is stopped."""

from __future__ import annotations

import signal

from tests.e2e.project import Project
from tests.e2e.test_drift_story import STATE, drifted, states

BUCKET = "items-dev-222222222222"


def test_what_stands_where_we_would_have_made_one_and_what_nobody_may_ask(project: Project) -> None:
    project.client("dev", "s3").create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": project.sandbox.region}
    )
    project.client("dev", "apigatewayv2").create_api(Name="items-dev", ProtocolType="HTTP")
    project.setting("staging", "deploy:externalId", "items-staging-wrong")
    seen = project.deploy("drift", "--stacks", "dev,staging", "--output", "json")
    assert seen.code == 1, seen
    dev, staging = seen.json["stacks"]
    assert (dev["looked"], staging["looked"], staging["drifted"]) == (True, False, [])
    assert "AccessDenied" in staging["failure"]
    assert staging["remedy"]
    found = drifted(seen)
    for kind in ("Bucket", "Api"):
        (one,) = found["dev", kind]["findings"]
        assert (one["fact"], one["moved"]) == ("there already, not made by us", "both")
    assert found["dev", "Bucket"]["by"]["identity"] == "arn:aws:iam::222222222222:root"
    assert found["dev", "Function"]["findings"][0]["fact"] == "not made yet"

    fault = {"action": "apigateway:GetApis", "account": "222222222222", "error": "AccessDeniedException", "status": 403}
    project.power("POST", "faults", {**fault, "times": 1})
    partly = project.deploy("drift", "--stacks", "dev", "--output", "json")
    assert partly.code == 1, partly
    (dev,) = partly.json["stacks"]
    assert "whether there is aws:apigatewayv2/api:Api items-dev already: AccessDeniedException" in dev["failure"]
    assert ("dev", "Bucket") in drifted(partly)
    assert ("dev", "Api") not in drifted(partly)


def test_a_stop_leaves_nothing_behind(project: Project) -> None:
    objects = project.client("tools", "s3").list_objects_v2(Bucket=STATE)["KeyCount"]
    before = states(project)
    stopped = project.interrupted(r"prod +role ok", signal.SIGINT, "drift", "--all")
    assert stopped.code == 130, stopped
    assert states(project) == before
    assert project.client("tools", "s3").list_objects_v2(Bucket=STATE)["KeyCount"] == objects
    assert not list((project.root / ".deploy" / "drift").glob("*"))
    assert project.deploy("drift", "--stacks", "dev").code == 0
