-- What every script begins with: Redis's clock, and the share of the quota in force.
--
-- The keys. `quota:NAME`, a hash: `next` (when the next slot is, microseconds). Once the provider refused: `slowed`
-- (when), `rate` and `limit` (the shares of the quota after and before it), `doubtful` (the slots given out before the
-- refusal reach to this moment), `kept` (the share of those slots that stands), `credit` (what that share has added up
-- to). `quota:NAME:calls`, a list: when calls passed the gate. `quota:NAME:spent`, a hash: tokens by slice of time.
-- `quota:NAME:holders`, a sorted set: who counts among those at once, by the end of the lease.

-- Microseconds.
local function clock()
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end

-- The share of the quota in force at `now`, 0-1: TCP CUBIC's curve (RFC 9438, section 4.2). It rises fast to where it
-- was refused, slowly past it, and faster again once that was well received. `growth`: share per cubic second.
local function share(key, now, growth)
  local row = redis.call('HMGET', key, 'rate', 'limit', 'slowed')
  local rate, limit, slowed = tonumber(row[1]), tonumber(row[2]), tonumber(row[3])
  if not rate then return 1 end
  local seconds = (now - slowed) / 1000000 - ((limit - rate) / growth) ^ (1 / 3)
  return math.max(rate, math.min(1, limit + growth * seconds ^ 3))
end
