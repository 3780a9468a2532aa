"""No credentials in what a run prints, keeps or stores."""

from __future__ import annotations

import re

from tests.e2e.project import Project

KEY = re.compile(rb"ASIA[A-Z0-9]{12,}")


def test_no_credentials_in_streams_files_or_state(project: Project) -> None:
    done = project.deploy("up", "--stacks", "dev")
    assert done.code == 0, done
    assert not KEY.search((done.out + done.err).encode())
    kept = [path for path in (project.root / ".deploy" / "runs").rglob("*") if path.is_file()]
    assert kept
    for path in kept:
        assert not KEY.search(path.read_bytes()), path
    s3 = project.client("tools", "s3")
    stored = s3.list_objects_v2(Bucket="deploy-state-111111111111")["Contents"]
    assert stored
    for entry in stored:
        body = s3.get_object(Bucket="deploy-state-111111111111", Key=entry["Key"])["Body"].read()
        assert not KEY.search(body), entry["Key"]
