"""What the jobs are doing: listings matched with the state, waiting, expiry."""
