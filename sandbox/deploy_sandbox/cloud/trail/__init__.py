"""CloudTrail as AWS writes it: who did what in each account, looked up and delivered.

`recording` makes the records, `history` keeps them, `lookup` finds them, `delivery` takes them to the buckets of trails.
"""
