# SPDX-License-Identifier: EUPL-1.2
"""Lets `python -m stadtkern` stand for the command `stadtkern`."""

from stadtkern import cli

if __name__ == "__main__":
    cli.main()
