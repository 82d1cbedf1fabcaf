"""The names that descriptions tell, in every format that tools have written them in; see `table`."""
