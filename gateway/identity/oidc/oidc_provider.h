// An OpenID Connect provider, as its own documents describe it (OpenID Connect Discovery 1.0), and
// sign-ins with it by authorization code and PKCE (RFC 7636).
#ifndef DATAMIGRATE_GATEWAY_IDENTITY_OIDC_OIDC_PROVIDER_H_
#define DATAMIGRATE_GATEWAY_IDENTITY_OIDC_OIDC_PROVIDER_H_

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/net/fetch.h"

namespace datamigrate::gateway {

struct OidcOptions {
  std::string issuer;  // "https://accounts.example.com"; "": no provider
  std::string client_id;
  std::string client_secret;  // "": a public client
  std::string redirect_url;   // …/api/v1/auth/oidc/callback
  std::string role_claim = "roles";
};

// What the browser must bring back, and what it must not know until then.
struct OidcAttempt {
  std::string state;
  std::string nonce;
  std::string verifier;  // of PKCE
};

// Who the provider says it is.
struct OidcIdentity {
  std::string issuer;
  std::string subject;
  std::string email;  // "" unless the provider has verified it
  std::string name;
  std::vector<std::string> roles;  // of the claim that is configured
};

// Thread safe; calls that ask the provider block.
class OidcProvider {
 public:
  using Fetcher = std::function<absl::StatusOr<std::string>(const net::FetchRequest&)>;

  explicit OidcProvider(
      OidcOptions options,
      Fetcher fetch = [](const net::FetchRequest& request) { return net::Fetch(request); });

  const OidcOptions& options() const { return options_; }

  // Where to send the browser. Errors: kUnavailable while the provider's documents cannot be had.
  absl::StatusOr<std::string> AuthorizationUrl(const OidcAttempt& attempt, absl::Time now);

  // Trades the code for an ID token and checks it (OpenID Connect Core 1.0 section 3.1.3.7): the
  // signature by a published key, issuer, audience, authorized party, expiry, nonce.
  // Errors: kUnavailable; kUnauthenticated for a token that does not hold.
  absl::StatusOr<OidcIdentity> Redeem(const std::string& code, const OidcAttempt& attempt,
                                      absl::Time now);

  // Checks an ID token of the provider. Public for its tests.
  absl::StatusOr<OidcIdentity> CheckIdToken(const std::string& token, const std::string& nonce,
                                            absl::Time now);

 private:
  struct Endpoints {
    std::string authorization;
    std::string token;
    std::string keys;
  };

  absl::StatusOr<Endpoints> Discover(absl::Time now);
  // The key named `id`, fetched again when it is unknown, at most once a minute.
  absl::StatusOr<nlohmann::json> FindKey(const std::string& id, absl::Time now);
  absl::StatusOr<nlohmann::json> FetchObject(const net::FetchRequest& request) const;

  const OidcOptions options_;
  const Fetcher fetch_;
  absl::Mutex mutex_;
  Endpoints endpoints_ ABSL_GUARDED_BY(mutex_);
  absl::Time discovered_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  nlohmann::json keys_ ABSL_GUARDED_BY(mutex_);
  absl::Time keys_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_IDENTITY_OIDC_OIDC_PROVIDER_H_
