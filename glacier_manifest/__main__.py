"""`python -m glacier_manifest`."""

from glacier_manifest.cli.main import main

main()
