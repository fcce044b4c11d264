-- The share of the quota that is used now, as text.
return tostring(share(KEYS[1], clock(), tonumber(ARGV[1])))
