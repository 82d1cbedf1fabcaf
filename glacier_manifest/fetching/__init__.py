"""A finished job's bytes, from Glacier to where they are wanted: verified, and taken up where it broke."""
