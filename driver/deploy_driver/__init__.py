"""The deploy driver: reads config, makes a plan, runs it stack by stack, and says what happens."""
