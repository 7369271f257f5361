"""The companion site: pages for people and probes for operators."""
