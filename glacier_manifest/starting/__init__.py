"""Apply: pace, intend, send, record. The only room that spends money."""
