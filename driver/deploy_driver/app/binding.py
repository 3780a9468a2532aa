"""What a run depends on, as it is now: the commit and the files of the project, the tools, and the state of every stack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy_driver.adapters import work_tree
from deploy_driver.adapters.git import Git
from deploy_driver.app.session import EngineTools
from deploy_driver.bundle.model import ABSENT, Binding, BoundStack
from deploy_driver.config.model import DeployConfig
from deploy_driver.config.root import FILE
from deploy_driver.plan.plan import Plan
from deploy_driver.ports import StateStore
from deploy_driver.values import Stack
from deploy_driver.version import VERSION
from deploy_project.accounts import EnterAs

LOCK = "uv.lock"


@dataclass(frozen=True)
class Binder:
    """Looks at one project. `environment` is git's; what is below `folder` is no part of what a run depends on.

    Without a `state` store nobody asks for the states: they have no digest then.
    """

    config: DeployConfig
    tools: EngineTools
    environment: Mapping[str, str]
    state: StateStore | None
    folder: Path

    def bind(self, plan: Plan) -> Binding:
        """The facts, read now. Raises NotReadyError when git or the state cannot be asked."""
        root = self.config.root
        tree = work_tree.look(Git(root, self.environment), but=[self.folder, root / ".deploy"])
        engine, plugin = self.tools.engine, self.tools.plugin
        return Binding(
            deploy=VERSION,
            project=self.config.project,
            cloud=self.config.cloud.value,
            commit=tree.commit,
            changes=tree.changed,
            program=work_tree.of_folder(root / self.config.program, but=self.folder),
            lock=work_tree.of_file(root / LOCK),
            deploy_toml=work_tree.of_file(root / FILE),
            project_file=work_tree.of_file(root / "Pulumi.yaml"),
            tools_settings=work_tree.of_file(self.config.tools.file),
            engine=engine.version,
            plugin=f"{plugin.version} ({plugin.source})",
            stacks=tuple(self._stack(step.stack) for step in plan.steps),
        )

    def _stack(self, stack: Stack) -> BoundStack:
        return BoundStack(
            stack.name,
            stack.account,
            stack.role_arn(EnterAs.PREVIEW),
            work_tree.of_file(stack.file),
            (self.state.digest(stack.name) if self.state else "") or ABSENT,
        )
