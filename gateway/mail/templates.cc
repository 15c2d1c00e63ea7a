#include "gateway/mail/templates.h"

#include <fmt/format.h>

namespace datamigrate::gateway {
namespace {

constexpr size_t kLongestName = 60;

// Letters, digits, blanks and a few signs: no address, no link, no line of its own.
std::string Harmless(std::string_view name) {
  std::string plain;
  for (const char c : name.substr(0, kLongestName)) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == ' ' || c == '-' || c == '&';
    plain += is_plain ? c : '_';
  }
  return plain;
}

}  // namespace

Mail VerifyMail(const std::string& to, std::string_view link) {
  return {to, "Confirm your address for DataMigrate",
          fmt::format("Somebody registered this address with DataMigrate. If it was you, open this "
                      "link within a day:\n\n{}\n\nIf not, do nothing: nobody can sign in before "
                      "the address is confirmed.\n",
                      link)};
}

Mail AlreadyRegisteredMail(const std::string& to, std::string_view link) {
  return {to, "You have a DataMigrate account already",
          fmt::format("Somebody tried to register this address with DataMigrate, where it has an "
                      "account. If it was you, sign in, or set a new password within an "
                      "hour:\n\n{}\n\nIf not, do nothing: nothing has changed.\n",
                      link)};
}

Mail ResetMail(const std::string& to, std::string_view link) {
  return {to, "Set a new DataMigrate password",
          fmt::format("To set a new password, open this link within an hour:\n\n{}\n\nIf you did "
                      "not ask for it, do nothing: the password stays as it is.\n",
                      link)};
}

Mail PasswordChangedMail(const std::string& to) {
  return {to, "Your DataMigrate password was changed",
          "The password of your DataMigrate account was changed, and other sessions were signed "
          "out.\n\nIf it was not you, set a new password at once and tell your administrator.\n"};
}

Mail InvitationMail(const std::string& to, std::string_view organization, std::string_view link) {
  return {to, "You are invited to DataMigrate",
          fmt::format("You are invited to the organization \"{}\" in DataMigrate. To join, open "
                      "this link within a week:\n\n{}\n",
                      Harmless(organization), link)};
}

}  // namespace datamigrate::gateway
