"""Where a number comes from: its formula, and every row behind it, down to the source's own."""
