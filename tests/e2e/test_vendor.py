"""The vendor's road: `make setup` fetches engine and real plugin from where the vendor, or a mirror, has them; they deploy."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from deploy_toolchain import Search
from deploy_toolchain.engine import find_engine
from deploy_toolchain.search import ENGINE_VERSION, PLUGIN_FILE, PLUGIN_FOLDER
from tests.e2e.project import DEPLOY, ROOT, Project
from tests.vendor import publish_engine, publish_plugin, serving


@pytest.mark.real_plugin
@pytest.mark.parametrize("plugin_home", ["real"], indirect=True, scope="session")
def test_what_the_vendor_has_deploys_until_somebody_replaces_it(
    project: Project, plugin_home: Path, tmp_path: Path
) -> None:
    publish_engine(tmp_path / "site", find_engine(Search.of(os.environ)).path.read_bytes())
    publish_plugin(tmp_path / "site", (plugin_home / "plugins" / PLUGIN_FOLDER / PLUGIN_FILE).read_bytes())
    machine = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(tmp_path),
        "TMPDIR": project.environment["TMPDIR"],
        "DEPLOY_CACHE": str(tmp_path / "cache"),
    }
    with serving(tmp_path / "site") as vendor:
        setup = {**machine, "DEPLOY_VENDOR": vendor, "DEPLOY_PLUGIN": "real"}
        make = ["make", f"BIN={DEPLOY.parent}", "--old-file=.venv/ready", "setup"]
        made = subprocess.run(make, cwd=ROOT, env=setup, capture_output=True, text=True, timeout=120, check=False)
    assert made.returncode == 0, made
    assert made.stdout.count("fetched from the vendor") == len(("engine", "plugin")), made

    toml = project.root / "deploy.toml"
    toml.write_text(toml.read_text("utf-8") + '\n[sandbox]\nplugin = "real"\n', "utf-8")
    here = replace(project, environment=machine)
    done = here.deploy("up", "--stacks", "dev", "--yes")
    assert done.code == 0, done
    assert f"engine {ENGINE_VERSION} (cache); AWS plugin 7.51.1 (cache)" in done.err
    assert here.functions("dev") == ["items-dev"]

    plugin = tmp_path / "cache" / "plugin" / "7.51.1" / PLUGIN_FILE
    plugin.write_text("#!/bin/sh\nexit 1\n", "utf-8")
    refused = here.deploy("up", "--stacks", "dev", "--yes")
    assert refused.code == 3, refused
    assert f"remove {plugin.parent} and run `DEPLOY_PLUGIN=real deploy setup`" in refused.err
