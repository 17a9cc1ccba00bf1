# SPDX-License-Identifier: EUPL-1.2
"""`python -m stadtkern.web.locale` compiles the catalogues; `--missing` lists what is untranslated."""

import sys

from stadtkern.web.locale import words

if __name__ == "__main__":
    if "--missing" in sys.argv:
        for path in words.complete():
            for key in words.missing(words.read(path)):
                print(key)
    else:
        for path in words.compile_all():
            print(path)
