"""An offline stand-in for `pulumi-resource-aws` 7.51.1: the provider protocol in front, boto3 behind.

For machines that can have no real plugin. It knows the resource types that `infra/` uses and what services on Lambda usually
have beside them, refuses everything else by name, and sends no request off this machine: it is never used against real AWS.

    __main__    the process: serves, prints its port, ends with the engine
    server      gRPC methods, over
    provider    check, diff, create, read, update, delete, the same for every type, over
    resource    the table of a type, of which each of
                s3_… · iam · lambda_… · apigatewayv2 · logs · cloudtrail · events · sqs · sns ·
                dynamodb · ssm · secretsmanager has some, listed in registry
    simple      a simple type in a few lines
    check autonaming diff policy archive tags wire     what an input may be, what differs, and how values travel
    settings settings_diff session account  the provider's configuration, its credentials, its AWS clients
    patience errors                         waiting for AWS, and what to say when it refuses
    launcher                                puts the plugin where the engine finds it
"""

VERSION = "7.51.1"
"""The version of pulumi-resource-aws that this stands in for: the one whose SDK the program imports."""
