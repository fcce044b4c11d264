-- Renew a holder's place among those at once, if it still has one.
return redis.call('ZADD', KEYS[1], 'XX', clock() + ARGV[2], ARGV[1])
