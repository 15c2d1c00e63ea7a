-- A mixed load for wrk: reads, conditional reads, new migrations, wrong tokens, paths that lead nowhere. Each connection waits
-- between requests so long that all of them together make the rate that is asked for.
-- Arguments: token, milliseconds between requests of a connection, a migration's id, the source of new ones.
local token, pause, id, source

function init(arguments)
  token, pause, id, source = arguments[1], tonumber(arguments[2]), arguments[3], arguments[4]
  math.randomseed(os.time())
end

function delay()
  return pause > 0 and -math.log(1 - math.random()) * pause or 0
end

local function get(path, more)
  local headers = { ["Authorization"] = "Bearer " .. token }
  for name, value in pairs(more or {}) do headers[name] = value end
  return wrk.format("GET", path, headers)
end

function request()
  local draw = math.random(100)
  if draw <= 35 then return get("/api/v1/migrations?page_size=20", { ["Accept-Encoding"] = "gzip, zstd" }) end
  if draw <= 60 then return get("/api/v1/migrations/" .. id) end
  if draw <= 70 then return get("/api/v1/auth/me") end
  if draw <= 75 then return get("/api/v1/openapi.json", { ["If-None-Match"] = "*" }) end
  if draw <= 78 then return get("/api/v1/openapi.json", { ["Accept-Encoding"] = "zstd" }) end
  if draw <= 81 then return get("/api/v1/migrations", { ["Authorization"] = "Bearer a.b.c" }) end
  if draw <= 84 then return get("/api/v1/nowhere/" .. math.random(1000000)) end
  if draw <= 86 then return get("/api/v1/migrations/" .. id .. "/report", { ["Range"] = "bytes=0-99" }) end
  local body = string.format('{"name":"soak %d","source":"%s","target":"duckdb"}', math.random(1000000), source)
  return wrk.format("POST", "/api/v1/migrations",
                    { ["Authorization"] = "Bearer " .. token, ["Content-Type"] = "application/json" }, body)
end

function done(summary, latency, requests)
  io.stdout:write(string.format('{"requests":%d,"seconds":%.3f,"p99_ms":%.3f,"refused":%d,"late":%d,"broken":%d}\n', summary.requests,
    summary.duration / 1e6, latency:percentile(99) / 1000, summary.errors.status,
    summary.errors.timeout, summary.errors.connect + summary.errors.read + summary.errors.write))
end
