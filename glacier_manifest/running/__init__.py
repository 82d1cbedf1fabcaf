"""A run that goes on until all is stored: starting, watching and fetching, side by side."""
