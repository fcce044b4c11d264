-- The beginning of every script: Redis's clock, and the share of the quota that is used now.
--
-- The keys. `quota:NAME`, a hash: `next` (time of the next slot, microseconds). After a refusal also `slowed` (its
-- time), `rate` and `limit` (shares of the quota after and before it), `doubtful` (slots before this time were given
-- out before the refusal), `kept` (the share of those slots that stays valid), `credit` (the sum of `kept` over the
-- slots asked for, modulo 1). `quota:NAME:calls`, a list: when calls passed the gate. `quota:NAME:spent`, a hash:
-- tokens by slice of time. `quota:NAME:holders`, a sorted set: holders by the end of their lease.

-- Microseconds.
local function clock()
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end

-- The share of the quota used at `now`, 0-1: the curve of TCP CUBIC (RFC 9438, section 4.2). It rises fast up to where
-- the provider refused, slowly near it, and faster again beyond it. `growth`: share per cubic second.
local function share(key, now, growth)
  local row = redis.call('HMGET', key, 'rate', 'limit', 'slowed')
  local rate, limit, slowed = tonumber(row[1]), tonumber(row[2]), tonumber(row[3])
  if not rate then return 1 end
  local seconds = (now - slowed) / 1000000 - ((limit - rate) / growth) ^ (1 / 3)
  return math.max(rate, math.min(1, limit + growth * seconds ^ 3))
end
