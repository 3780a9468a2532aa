"""The program under Pulumi mocks: what every stack file registers, looked at from outside."""
