-- Renew the lease of a holder, if it still counts.
return redis.call('ZADD', KEYS[1], 'XX', clock() + ARGV[2], ARGV[1])
