"""The AWS emulator, and the corrections that make it tell the truth about identities.

Run as `python -m deploy_sandbox.cloud`, one process per sandbox; nothing else imports the emulator.
"""
