# SPDX-License-Identifier: EUPL-1.2
"""The catalogue as DCAT-AP.de 3.0: described as resources, written in four formats of RDF."""
