"""What every role and bucket may allow, as plain policy documents: pure functions, no Pulumi, no AWS."""
