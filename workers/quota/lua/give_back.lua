-- Replace the tokens that a call reserved by those that it used.
local reserved, used, called, late = tonumber(ARGV[1]), tonumber(ARGV[2]), clock() - ARGV[3], tonumber(ARGV[4])
local function add(moment, units)
  redis.call('HINCRBYFLOAT', KEYS[1] .. ':spent', string.format('%.0f', math.floor(moment * ARGV[6] / ARGV[5])), units)
end
add(called - late, -reserved)
add(called, used)
return redis.status_reply('OK')
