"""The words that every room shares: request, key, generation, marker, address, tier, status."""
