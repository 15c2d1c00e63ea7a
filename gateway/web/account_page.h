// The page at "/account", where links in mails lead: it confirms an address or sets a password.
#ifndef DATAMIGRATE_GATEWAY_WEB_ACCOUNT_PAGE_H_
#define DATAMIGRATE_GATEWAY_WEB_ACCOUNT_PAGE_H_

#include <string>
#include <string_view>

namespace datamigrate::gateway {

// What a link does waits for a press of a button: programs that open links in mails, to check them,
// must not confirm an address. The token is read from behind "#" and sent in a body.
extern const std::string_view kAccountPage;

// Its Content-Security-Policy: its own script by hash, its style, and calls to this gateway.
std::string AccountPagePolicy();

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_WEB_ACCOUNT_PAGE_H_
