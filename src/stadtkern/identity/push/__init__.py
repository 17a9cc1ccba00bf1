# SPDX-License-Identifier: EUPL-1.2
"""Telling browsers by themselves, without an account: Web Push with keys of our own."""
