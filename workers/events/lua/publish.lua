-- Append events to their topics' logs and to the feed. KEYS: feed, epoch. ARGV: seconds that the feed keeps an entry,
-- entries and seconds that a log keeps, then topic, name and data of each event. The fields' names stand in wire.py.
local now = redis.call('TIME')
local oldest = (now[1] - ARGV[1]) .. '000'
for i = 4, #ARGV, 3 do if redis.call('EXISTS', 'events:closed:' .. ARGV[i]) == 0 then
  local log = 'events:log:' .. ARGV[i]
  local id = redis.call('XADD', log, 'MAXLEN', '~', ARGV[2], '*', 'e', ARGV[i+1], 'd', ARGV[i+2])
  redis.call('EXPIRE', log, ARGV[3])
  redis.call('XADD', KEYS[1], 'MINID', '~', oldest, '*', 't', ARGV[i], 'i', id, 'e', ARGV[i+1], 'd', ARGV[i+2])
end end
redis.call('EXPIRE', KEYS[1], ARGV[1])
redis.call('SET', KEYS[2], now[1] .. now[2], 'NX')
return redis.status_reply('OK')
