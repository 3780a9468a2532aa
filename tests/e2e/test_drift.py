"""What changed behind the engine's back is seen by a preview with refresh, and by nobody else."""

from __future__ import annotations

from tests.e2e.project import Project


def test_a_refresh_sees_what_somebody_changed_and_leaves_the_state_alone(project: Project) -> None:
    assert project.deploy("up", "--stacks", "dev").code == 0
    still = project.deploy("preview", "--stacks", "dev", "--refresh", "--exit-code", "--output", "json")
    assert still.code == 0, still

    s3 = project.client("dev", "s3")
    bucket = "items-dev-222222222222"
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    state = project.client("tools", "s3")
    key = ".pulumi/stacks/items/dev.json"
    before = state.get_object(Bucket="deploy-state-111111111111", Key=key)["Body"].read()

    assert project.deploy("preview", "--stacks", "dev", "--exit-code").code == 0
    seen = project.deploy("preview", "--stacks", "dev", "--refresh", "--exit-code", "--output", "json")
    assert seen.code == 5, seen
    assert [change["urn"].split("::")[2].split("$")[-1] for change in seen.json["stacks"][0]["resources"]] == [
        "aws:s3/bucketVersioning:BucketVersioning"
    ]
    assert state.get_object(Bucket="deploy-state-111111111111", Key=key)["Body"].read() == before
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Suspended"
