// A request and a response as endpoints and filters see them: no socket, no transport library.
#ifndef DATAMIGRATE_GATEWAY_HTTP_MESSAGE_H_
#define DATAMIGRATE_GATEWAY_HTTP_MESSAGE_H_

#include <boost/json/fwd.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "gateway/access/permission.h"
#include "gateway/http/body_stream.h"
#include "gateway/http/stream_lease.h"

namespace datamigrate::gateway {

// True for field names that differ in case at most.
bool IsSameName(std::string_view a, std::string_view b);

// Header fields in order; names compare without case. All texts are in one buffer: a message has
// some twenty of them.
class Headers {
 public:
  // The first value of `name`, or "" when there is none. Valid until the headers change.
  std::string_view Get(std::string_view name) const;
  bool Has(std::string_view name) const;
  // Values of every field of that name.
  int Count(std::string_view name) const;

  // Replaces every field of that name. Control characters in `value` become spaces, so a value can
  // never start another field.
  void Set(std::string_view name, std::string_view value);
  // Adds a field beside those of the same name. `name` may not point into these headers.
  void Add(std::string_view name, std::string_view value);
  void Remove(std::string_view name);

  // Pairs of name and value, in order: for loops. Valid until the headers change.
  class Fields;
  Fields fields() const;

 private:
  // Of a field in `text_`: its value, and then its name.
  struct Place {
    size_t begin;
    size_t value_size;
    size_t name_size;
  };
  std::string_view ValueAt(const Place& place) const {
    return std::string_view(text_).substr(place.begin, place.value_size);
  }
  std::string_view NameAt(const Place& place) const {
    return std::string_view(text_).substr(place.begin + place.value_size, place.name_size);
  }

  std::string text_;  // what was removed stays in it
  std::vector<Place> places_;
};

// Not a std::views::transform, which clang 14 does not compile.
class Headers::Fields {
 public:
  class Iterator {
   public:
    std::pair<std::string_view, std::string_view> operator*() const {
      return {headers_->NameAt(*place_), headers_->ValueAt(*place_)};
    }
    Iterator& operator++() {
      ++place_;
      return *this;
    }
    bool operator==(const Iterator& other) const { return place_ == other.place_; }

   private:
    friend class Fields;
    Iterator(const Headers* headers, const Place* place) : headers_(headers), place_(place) {}

    const Headers* headers_;
    const Place* place_;
  };

  Iterator begin() const { return {headers_, headers_->places_.data()}; }
  Iterator end() const { return {headers_, headers_->places_.data() + size()}; }
  size_t size() const { return headers_->places_.size(); }

 private:
  friend class Headers;
  explicit Fields(const Headers* headers) : headers_(headers) {}

  const Headers* headers_;
};

inline Headers::Fields Headers::fields() const {
  return Fields(this);
}

// Who sends the request, as authentication found out.
struct Principal {
  std::string user_id;
  std::string organization_id;
  std::string session_id;
  std::string role = "";  // in the organization; "" for an API key
  PermissionSet permissions = {};
  std::string key_id = "";       // of the API key that was shown; "" for a session
  int generation = 0;            // of the session's rights
  std::string csrf_sha256 = "";  // hex; "" unless the tokens are in cookies
};

struct Route;       // gateway/http/router.h
class SpooledBody;  // gateway/http/spooled_body.h

struct Request {
  std::string method;  // as sent: "GET"
  std::string target;  // as sent: "/api/v1/migrations?page_size=10"
  Headers headers;
  std::string body;
  std::shared_ptr<SpooledBody> file;  // the body of a route that takes a file; null for others
  std::string remote_address;  // without the port; of the client, where listed proxies name it
  bool is_secure = false;      // it came through TLS

  // Filled before the filters run.
  std::string path;                               // the target up to "?", still encoded
  std::map<std::string, std::string> query;       // decoded; the first of equal names
  const Route* route = nullptr;                   // null when none matches
  std::map<std::string, std::string> parameters;  // the route's {names}, decoded
  absl::Time received_at;
  absl::Time deadline;

  // The body, where the route's description has a schema, which it satisfies; filled right before
  // the endpoint runs. Null for an empty body that the route permits.
  std::shared_ptr<const boost::json::value> json;

  // Filled by filters.
  std::string request_id;
  std::optional<Principal> principal;
  std::string refused_credential;  // why the credential that was sent is not accepted, else ""
  // What the rate limit found, for the answer's fields.
  struct RateLimit {
    uint32_t limit;
    uint32_t remaining;
    uint32_t reset_seconds;
    uint32_t window_seconds = 60;
    bool has_place = false;  // among its organization's concurrent requests
  };
  std::optional<RateLimit> rate_limit;
  // What the Guardian found, for the audit log: never a text.
  struct ScanNote {
    std::string_view verdict;  // "allow", "sanitize", "report", "block"; "": nothing was scanned
    std::vector<std::string> rules;
    std::vector<std::string> findings;  // "chat:prompt_injection:0.60:rule+rule"
  };
  ScanNote scan = {};
};

// What an audit row says beyond the request itself, where the endpoint knows better.
struct AuditNote {
  std::string organization_id;
  std::string user_id;
  std::string object;        // what was acted on: a migration's id
  bool is_recorded = false;  // set by the audit filter
};

struct Response {
  int status = 200;
  Headers headers;
  std::string body;

  // When set, it is sent instead of `body`, in chunks; or by length where `stream_length` is set,
  // and then a stream that gives more or fewer bytes ends with a cut connection. An answer to HEAD
  // has the length alone.
  std::unique_ptr<BodyStream> stream;
  std::optional<uint64_t> stream_length;
  // True for a stream of events, which may end after any piece: at `longest_stream`, or when the
  // server drains. The client comes back for the rest.
  bool may_end_early = false;
  std::chrono::seconds longest_stream{3600};
  // The connection becomes a WebSocket, and each piece of `stream` a message (see web_socket.h).
  bool is_web_socket = false;
  // Ends a stream that may end early before its time; null for none.
  std::shared_ptr<StreamLease> lease;
  // Sent whenever `stream` has been silent for `idle_after`; "" for nothing.
  std::string idle_piece;
  std::chrono::milliseconds idle_after{15000};

  AuditNote audit;
};

Response TextResponse(int status, std::string_view content_type, std::string body);

// The reason phrase of RFC 9110 section 15; "Unknown" for other codes.
std::string_view ReasonPhrase(int status);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_HTTP_MESSAGE_H_
