# SPDX-License-Identifier: EUPL-1.2
"""Lets `python -m stadtkern` stand for the command `stadtkern`; starts the supervisor's processes lean."""

import sys

if __name__ == "__main__":
    if sys.argv[1:2] == ["child"]:
        from stadtkern.serve import child

        child.main(sys.argv[2:])
    else:
        from stadtkern import cli

        cli.main()
