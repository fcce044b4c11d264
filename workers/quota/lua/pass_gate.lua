-- Let one call through the gate of every policy of KEYS. Each policy has two limits, each of two arguments: calls and
-- microseconds. Answers 0 to call now, else microseconds to wait; -1 when a refusal has made the slot invalid.
local now, wait = clock(), 0
for i, key in ipairs(KEYS) do
  local row = redis.call('HMGET', key, 'doubtful', 'kept', 'credit')
  if now < (tonumber(row[1]) or 0) then
    local credit = tonumber(row[3]) + tonumber(row[2])
    redis.call('HSET', key, 'credit', tostring(credit % 1))
    if credit < 1 then return -1 end
  end
  for at = 4 * i - 3, 4 * i - 1, 2 do
    local first = tonumber(redis.call('LINDEX', key .. ':calls', -tonumber(ARGV[at])))
    if first then wait = math.max(wait, first + tonumber(ARGV[at + 1]) - now) end
  end
end
if wait > 0 then return wait end
for i, key in ipairs(KEYS) do
  redis.call('RPUSH', key .. ':calls', string.format('%.0f', now))
  redis.call('LTRIM', key .. ':calls', -tonumber(ARGV[4 * i - 3]), -1)
  redis.call('EXPIRE', key .. ':calls', 86400)
end
return 0
