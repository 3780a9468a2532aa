"""The Pulumi engine, driven in process."""

from driver.adapters.engine.automation import AutomationEngine

__all__ = ["AutomationEngine"]
