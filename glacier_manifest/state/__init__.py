"""What is known of every request, kept so that nothing is ever paid for twice."""
