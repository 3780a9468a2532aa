"""The program that one stack runs: its settings choose the layer, the layer is built, its outputs are exported."""

from pathlib import Path

import pulumi

from deploy_infra.access import JenkinsAccess, TargetAccess
from deploy_infra.providers import provider
from deploy_infra.service import ItemsService
from deploy_infra.settings import ToolsSettings, load

HERE = Path(__file__).resolve().parent

settings = load(HERE.parent)
opts = pulumi.ResourceOptions(provider=provider(settings))

layer: JenkinsAccess | TargetAccess | ItemsService
if isinstance(settings, ToolsSettings):
    layer = JenkinsAccess(settings, opts)
elif settings.is_access:
    layer = TargetAccess(settings, opts)
else:
    layer = ItemsService(settings, HERE / "handler", opts)

for name, value in layer.outputs.items():
    pulumi.export(name, value)
