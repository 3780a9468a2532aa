"""What becomes of operations whose outcome nobody knows: looked up in the account, and settled in the state; pure."""
