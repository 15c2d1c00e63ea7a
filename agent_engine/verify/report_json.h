// The report of a migration for programs: what the page shows, all of it, as one JSON object.
#pragma once

#include <string>

#include "agent_engine/verify/report_html.h"

namespace datamigrate::verify {

// {"title","source","target","finished_at","score","is_approved","objects":[{"kind","found","converted","refused"}],
// "checks":[{"name","passed","total","weight","findings"}],"dbt":[{"command","exit_code","seconds","succeeded","failed",
// "skipped","failures"}],"tables":[{"table","source_rows","target_rows","is_equal"}],"findings":[{"code","severity",
// "object","place","message","hint"}],"lineage":[{"name","layer","is_refused","depends_on"}]}. Bytes that are no UTF-8 are
// replaced.
std::string RenderReportJson(const ReportContent& content);

}  // namespace datamigrate::verify
