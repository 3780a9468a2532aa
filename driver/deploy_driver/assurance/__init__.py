"""Everything that proves: policies decided, accounts inspected, trails joined, access tried. No deployment needs it."""
