# SPDX-License-Identifier: EUPL-1.2
"""Pages on which everybody finds datasets, and what machines read of them: feed, sitemap, JSON-LD."""
