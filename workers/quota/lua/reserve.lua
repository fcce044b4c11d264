-- Take a slot in every policy of KEYS at once, or none. A policy has five arguments: what it counts, units, amount,
-- interval and window in microseconds. Answers {1, wait} when granted, {0, wait} when not; waits in microseconds.
local now = clock()
local take, holder = ARGV[1], ARGV[2]
local horizon, growth, pause, hold = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local slices = tonumber(ARGV[7])
local function room_at(key, row)
  local spent, leaving = 0, {}
  local slots = redis.call('HGETALL', key)
  for i = 1, #slots, 2 do
    local leaves = (tonumber(slots[i]) + 1) * row.window / slices + row.window
    if leaves <= now then
      redis.call('HDEL', key, slots[i])
    else
      spent = spent + tonumber(slots[i + 1])
      table.insert(leaving, {leaves, tonumber(slots[i + 1])})
    end
  end
  if spent + row.units <= row.allowed then return now end
  table.sort(leaving, function(a, b) return a[1] < b[1] end)
  local free = now
  for _, each in ipairs(leaving) do
    free, spent = each[1], spent - each[2]
    if spent + row.units <= row.allowed then break end
  end
  return free
end
local start, rows = now, {}
for i, key in ipairs(KEYS) do
  local at = 7 + 5 * (i - 1)
  local row = {counts = ARGV[at + 1], units = tonumber(ARGV[at + 2]), amount = tonumber(ARGV[at + 3])}
  row.interval, row.window = tonumber(ARGV[at + 4]), tonumber(ARGV[at + 5])
  if row.counts == 'at_once' then
    redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
    if not redis.call('ZSCORE', key, holder) and redis.call('ZCARD', key) >= row.amount then return {0, 1000000} end
  else
    row.next = tonumber(redis.call('HGET', key, 'next')) or (row.interval > 0 and now + pause or now)
    row.share = share(key, now, growth)
    start = math.max(start, row.next)
    if row.counts == 'tokens' then
      row.allowed = row.amount * row.share
      start = math.max(start, room_at(key .. ':spent', row))
    end
  end
  rows[i] = row
end
if start - now > horizon then return {0, start - now} end
if take == '0' then return {1, start - now} end
for i, key in ipairs(KEYS) do
  local row = rows[i]
  if row.counts == 'at_once' then
    redis.call('ZADD', key, start + hold, holder)
  elseif row.counts == 'tokens' then
    redis.call('HSETNX', key, 'next', string.format('%.0f', now))
    local slice = string.format('%.0f', math.floor(start * slices / row.window))
    redis.call('HINCRBYFLOAT', key .. ':spent', slice, row.units)
    redis.call('EXPIRE', key .. ':spent', 86400)
  elseif row.interval > 0 then
    redis.call('HSET', key, 'next', string.format('%.0f', start + row.units * row.interval / row.share))
  end
  redis.call('EXPIRE', key, 86400)
end
return {1, start - now}
