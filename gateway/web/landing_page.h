// The page at "/": one file without scripts or outside references.
#ifndef DATAMIGRATE_GATEWAY_WEB_LANDING_PAGE_H_
#define DATAMIGRATE_GATEWAY_WEB_LANDING_PAGE_H_

#include <string_view>

namespace datamigrate::gateway {

extern const std::string_view kLandingPage;

// Its Content-Security-Policy: its own style and nothing else.
extern const std::string_view kLandingPagePolicy;

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_WEB_LANDING_PAGE_H_
