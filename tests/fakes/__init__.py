"""One small fake per port of the driver. Nothing is patched: a test hands the fake over."""
