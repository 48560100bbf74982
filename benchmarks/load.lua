-- wrk's requests: the body in the file args[1], with a random customer of args[2] and five of args[3] lookup keys put
-- in; args[4] is a Bearer token, or "-". Prints one line of JSON at the end.
local template, customers, features

function init(args)
  local file = assert(io.open(args[1]))
  template = file:read("*a")
  file:close()
  customers, features = tonumber(args[2]), tonumber(args[3])
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
  if args[4] ~= "-" then wrk.headers["Authorization"] = "Bearer " .. args[4] end
  math.randomseed(os.time())
end

local function keys()
  local first, found = math.random(0, features - 1), {}
  for i = 0, 4 do found[i + 1] = '"feature-' .. (first + 41 * i) % features + 1 .. '"' end
  return "[" .. table.concat(found, ",") .. "]"
end

function request()
  local id = string.format('"cus_%026d"', math.random(customers))
  return wrk.format(nil, nil, nil, (template:gsub('"{id}"', id):gsub('"{keys}"', keys)))
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format('{"requests": %d, "failed": %d, "seconds": %f, "p50_ms": %f, "p99_ms": %f}\n',
    summary.requests, failed, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
