"""What changed behind our back: the cloud, the state and the code of a stack, held side by side."""
