-- The state of a policy, for operators: share of the quota, microseconds to the next slot, number of holders. KEYS: the
-- policy, and its holders. A key of another type, left by changed settings, is not read.
local now = clock()
local next, rate, taken = now, 1, 0
if redis.call('TYPE', KEYS[1]).ok == 'hash' then
  next, rate = tonumber(redis.call('HGET', KEYS[1], 'next')) or now, share(KEYS[1], now, tonumber(ARGV[1]))
end
if redis.call('TYPE', KEYS[2]).ok == 'zset' then taken = redis.call('ZCOUNT', KEYS[2], now, '+inf') end
return {tostring(rate), string.format('%.0f', math.max(0, next - now)), taken}
