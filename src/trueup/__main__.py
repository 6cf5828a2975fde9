"""`python -m trueup` is the command `trueup`."""

from trueup.cli import main

main()
