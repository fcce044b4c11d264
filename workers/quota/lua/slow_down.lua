-- The provider refused: lower the rate. Answers the new share of the quota.
local now, key = clock(), KEYS[1]
local factor, factor_again, slowest, growth = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local once, soon, pause = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local row = redis.call('HMGET', key, 'next', 'slowed')
local next, before = tonumber(row[1]) or now, now - (tonumber(row[2]) or 0)
local present = share(key, now, growth)
local rate = present
if before > once then
  local limit = present
  if before < soon then
    factor, limit = factor_again, present * (1 + factor_again) / 2
  end
  rate = math.max(math.min(slowest, present), present * factor)
  limit = math.max(limit, rate)
  redis.call('HSET', key, 'rate', tostring(rate), 'limit', tostring(limit), 'slowed', string.format('%.0f', now))
  redis.call('HSET', key, 'doubtful', string.format('%.0f', next), 'kept', tostring(rate / present), 'credit', '0')
end
redis.call('HSET', key, 'next', string.format('%.0f', math.max(next, now + pause)))
redis.call('EXPIRE', key, 86400)
return tostring(rate)
