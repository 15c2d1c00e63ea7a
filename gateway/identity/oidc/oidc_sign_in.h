// Signing in with an identity provider, from the redirect there to the session here.
#ifndef DATAMIGRATE_GATEWAY_IDENTITY_OIDC_OIDC_SIGN_IN_H_
#define DATAMIGRATE_GATEWAY_IDENTITY_OIDC_OIDC_SIGN_IN_H_

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/crypto/sealing_key.h"
#include "gateway/identity/oidc/oidc_provider.h"
#include "gateway/identity/sign_in.h"

namespace datamigrate::gateway {

// Thread safe; every call blocks.
class OidcSignIn {
 public:
  // `organization_id`: that users of the provider are members of, with roles from its claims; "":
  // each new user gets an organization of their own. The pointers must outlive the object.
  OidcSignIn(OidcOptions options, std::string organization_id, crypto::SealingKey key,
             SignIn* sign_in, AccountStore* accounts, OrganizationStore* organizations)
      : provider_(std::move(options)),
        organization_id_(std::move(organization_id)),
        key_(std::move(key)),
        sign_in_(sign_in),
        accounts_(accounts),
        organizations_(organizations) {}

  struct Start {
    std::string url;     // of the provider, for the browser
    std::string cookie;  // sealed: what the answer is checked against
  };
  // Errors: kUnimplemented where no provider is configured; kUnavailable.
  absl::StatusOr<Start> Begin(absl::Time now);

  // Checks that the answer belongs to the attempt that this browser began, within ten minutes,
  // redeems the code and signs in whom it names. A new subject becomes the user of the same
  // address, if the provider has verified it, or a new user.
  // Errors: kUnauthenticated for an answer that does not hold; kPermissionDenied for a provider
  // that has verified no address of a new user; kUnavailable.
  absl::StatusOr<SignedIn> Finish(const std::string& state, const std::string& code,
                                  const std::string& cookie, const ClientPlace& place,
                                  absl::Time now);

 private:
  absl::StatusOr<OidcAttempt> ReadAttempt(const std::string& state, const std::string& cookie,
                                          absl::Time now) const;
  absl::StatusOr<User> FindOrCreate(const OidcIdentity& identity);
  absl::Status Join(const User& user, const OidcIdentity& identity);

  OidcProvider provider_;
  const std::string organization_id_;
  const crypto::SealingKey key_;
  SignIn* const sign_in_;
  AccountStore* const accounts_;
  OrganizationStore* const organizations_;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_IDENTITY_OIDC_OIDC_SIGN_IN_H_
