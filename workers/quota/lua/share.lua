-- The share of the quota in force now, as text.
return tostring(share(KEYS[1], clock(), tonumber(ARGV[1])))
