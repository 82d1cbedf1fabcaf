"""A plan in the making, on a scratch file: requests sorted, merged, compared with the state, and counted."""
