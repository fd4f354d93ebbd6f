"""`python -m advisoryhub_cli` is `advisoryhub`."""

from advisoryhub_cli.main import main

main()
