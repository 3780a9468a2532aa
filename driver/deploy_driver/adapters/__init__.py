"""The only importers of pulumi, boto3 and subprocess: the ports, made real."""
