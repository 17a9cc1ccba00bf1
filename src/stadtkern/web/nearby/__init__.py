# SPDX-License-Identifier: EUPL-1.2
"""What is measured around a place, and which data there is of it; where somebody is, is kept nowhere."""
