"""The doors that only assurance opens: what stands in the accounts, asked of AWS by whoever a proof or a look is made as."""
