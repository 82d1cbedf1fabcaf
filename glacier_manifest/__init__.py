"""Terraform's habits for Amazon Glacier vault jobs: reviewed plans, started once."""

__version__ = "0.1.0"
