"""The settings of every stack: what they may be (`problems`), and what the running stack's are (`load`)."""

from infra.settings.check import problems
from infra.settings.load import load
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
    "problems",
]
