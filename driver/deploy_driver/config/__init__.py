"""Files, environment and flags become one frozen DeployConfig; nothing else in the driver reads either."""
