"""What a run needs only for itself and memory should not hold: rows and mappings in a temporary file."""
