"""The settings of every stack: what they may be (`problems`), and what they are (`load`, `of_files`)."""

from infra.settings.check import problems
from infra.settings.load import load, of_files
from infra.settings.model import Run, Service, StackSettings, Target, TargetSettings, Tools, ToolsSettings

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
