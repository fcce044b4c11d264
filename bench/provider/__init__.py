"""A provider on loopback that counts: what the quota benches measure against, from its own record."""
