"""Search over the companies: OpenSearch if its URL is set, else an index in memory."""

from __future__ import annotations

import re

from django.core.exceptions import ImproperlyConfigured

from resume_site.settings.environment import env

OPENSEARCH_URL = env.str("OPENSEARCH_URL", default="")
if OPENSEARCH_URL and not re.match(r"https?://[^/]", OPENSEARCH_URL):
    raise ImproperlyConfigured("OPENSEARCH_URL: http(s)://user:password@host:port")
OPENSEARCH_VERIFY_TLS = env.bool("OPENSEARCH_VERIFY_TLS", default=True)
OPENSEARCH_INDEX_PREFIX = env.str("OPENSEARCH_INDEX_PREFIX", default="ai-resume")
COMPANY_SEARCH = (
    "companies.search.opensearch.OpenSearchSearch" if OPENSEARCH_URL else "companies.search.embedded.EmbeddedSearch"
)
