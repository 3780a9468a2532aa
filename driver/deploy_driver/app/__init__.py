"""What the verbs do: one module per verb, of the same name as its file in `cli`; callable without a terminal."""
