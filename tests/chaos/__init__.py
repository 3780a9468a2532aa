"""The sweep of faults: `make chaos`. The table of faults is `table`, what each of them does `strikes`, what has to hold `invariants`."""
