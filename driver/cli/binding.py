"""Gathers everything that a reviewed plan depends on, as it is now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from driver.adapters import commit, fingerprint
from driver.adapters.git import Git
from driver.bundle.model import ABSENT, Binding, BoundStack
from driver.cli.wiring import Tools
from driver.config.model import DeployConfig
from driver.config.tomlfile import FILE
from driver.plan.plan import Plan
from driver.ports import StateStore
from driver.values import EnterAs, Stack

LOCK = "uv.lock"


@dataclass(frozen=True)
class Binder:
    """Looks at one project. `environment` is git's; `folder` is where the plan is kept, and no part of what it depends on."""

    config: DeployConfig
    tools: Tools
    environment: Mapping[str, str]
    state: StateStore
    folder: Path

    def bind(self, plan: Plan) -> Binding:
        """The facts, read now. Raises NotReadyError when git or the state cannot be asked."""
        root = self.config.root
        tree = commit.look(Git(root, self.environment), but=[self.folder, root / ".deploy"])
        engine, plugin = self.tools.engine, self.tools.plugin
        return Binding(
            deploy=version("deploy"),
            project=self.config.project,
            cloud=self.config.cloud.value,
            commit=tree.commit,
            changes=tree.changed,
            program=fingerprint.of_folder(root / self.config.program, but=self.folder),
            lock=fingerprint.of_file(root / LOCK),
            deploy_toml=fingerprint.of_file(root / FILE),
            project_file=fingerprint.of_file(root / "Pulumi.yaml"),
            tools_settings=fingerprint.of_file(self.config.tools.file),
            engine=engine.version,
            plugin=f"{plugin.version} ({plugin.source})",
            stacks=tuple(self._stack(step.stack) for step in plan.steps),
        )

    def _stack(self, stack: Stack) -> BoundStack:
        return BoundStack(
            stack.name,
            stack.account,
            stack.role_arn(EnterAs.PREVIEW),
            fingerprint.of_file(stack.file),
            self.state.digest(stack.name) or ABSENT,
        )
