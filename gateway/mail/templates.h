// What the gateway's mails say. Nothing in them was typed by a stranger, except an organization's
// name in an invitation, which is cut and quoted: mail must not carry other people's messages.
#ifndef DATAMIGRATE_GATEWAY_MAIL_TEMPLATES_H_
#define DATAMIGRATE_GATEWAY_MAIL_TEMPLATES_H_

#include <string>
#include <string_view>

#include "gateway/mail/mail.h"

namespace datamigrate::gateway {

Mail VerifyMail(const std::string& to, std::string_view link);
Mail AlreadyRegisteredMail(const std::string& to, std::string_view link);
Mail ResetMail(const std::string& to, std::string_view link);
Mail PasswordChangedMail(const std::string& to);
Mail InvitationMail(const std::string& to, std::string_view organization, std::string_view link);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_MAIL_TEMPLATES_H_
