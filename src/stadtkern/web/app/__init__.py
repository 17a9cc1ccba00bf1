# SPDX-License-Identifier: EUPL-1.2
"""The pages as an app on a phone: installed, opened without a network, telling by itself."""
