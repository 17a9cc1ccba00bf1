# SPDX-License-Identifier: EUPL-1.2
"""One Datastream in buckets of time (`$aggregate`), and thinned out for charts (`$downsample`)."""
