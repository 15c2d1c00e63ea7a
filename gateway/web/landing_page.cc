#include "gateway/web/landing_page.h"

namespace datamigrate::gateway {

const std::string_view kLandingPagePolicy =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

const std::string_view kLandingPage = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>DataMigrate</title>
<style>
  :root { color-scheme: light dark; }
  body { font: 1rem/1.6 system-ui, sans-serif; max-width: 42rem; margin: 4rem auto; padding: 0 1rem; }
  h1 { font-size: 1.6rem; margin-bottom: 0; }
  code, pre { font-family: ui-monospace, monospace; font-size: 0.9rem; }
  pre { overflow-x: auto; padding: 1rem; border: 1px solid #8886; border-radius: 0.5rem; }
</style>
</head>
<body>
<h1>DataMigrate</h1>
<p>Moves a Microsoft SQL Server database to a modern warehouse as a tested dbt project, moves its
data, and proves that nothing changed on the way. This is its gateway.</p>
<ul>
  <li><a href="/api">/api</a>: every route of the API</li>
  <li><a href="/health">/health</a> and <a href="/ready">/ready</a>: is it running, can it work</li>
  <li><a href="/metrics">/metrics</a>: figures for Prometheus</li>
</ul>
<p>Start a migration and follow it:</p>
<pre>curl -s http://HOST/api/v1/auth/register -H 'Content-Type: application/json' \
     -d '{"email":"ann@example.com","password":"a long password"}'
curl -s http://HOST/api/v1/migrations -H "Authorization: Bearer $ACCESS_TOKEN" \
     -H 'Content-Type: application/json' -d '{"source":"/data/scripts","target":"duckdb"}'
curl -N http://HOST/api/v1/migrations/$ID/events -H "Authorization: Bearer $ACCESS_TOKEN"
curl -o project.zip http://HOST/api/v1/migrations/$ID/project -H "Authorization: Bearer $ACCESS_TOKEN"</pre>
</body>
</html>
)html";

}  // namespace datamigrate::gateway
