"""The Pulumi engine, driven in process."""

from deploy_driver.adapters.engine.automation import AutomationEngine

__all__ = ["AutomationEngine"]
