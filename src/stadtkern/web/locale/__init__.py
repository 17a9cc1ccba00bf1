# SPDX-License-Identifier: EUPL-1.2
"""The pages' words in other languages than German, and the tool that gathers and compiles them."""
