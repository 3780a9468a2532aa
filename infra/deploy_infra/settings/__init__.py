"""The settings of every stack: what they may be (`problems`), and what they are (`load`, `of_files`)."""

from deploy_infra.settings.check import problems
from deploy_infra.settings.load import load, of_files
from deploy_infra.settings.model import Run, Service, StackSettings, Target, TargetSettings, Tools, ToolsSettings

__all__ = [
    "Run",
    "Service",
    "StackSettings",
    "Target",
    "TargetSettings",
    "Tools",
    "ToolsSettings",
    "load",
    "of_files",
    "problems",
]
