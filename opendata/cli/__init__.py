"""The command line: noun, then verb. Data on stdout, talk on stderr, exit 1 on failure, 2 on wrong usage."""
