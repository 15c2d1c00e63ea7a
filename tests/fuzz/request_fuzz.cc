// Any bytes as what a client may send of a request: target, PROXY header, forwarding fields,
// ranges, what it accepts, a WebSocket's handshake, body. Nothing crashes, and what one reader lets
// through the next one takes.

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cctype>
#include <cstdint>
#include <string>
#include <string_view>

#include "datamigrate/v1/migration.pb.h"
#include "gateway/endpoints/json_body.h"
#include "gateway/endpoints/message_reader.h"
#include "gateway/endpoints/migration_endpoints.h"
#include "gateway/filters/representation/content_coding.h"
#include "gateway/http/accept.h"
#include "gateway/http/byte_range.h"
#include "gateway/http/client_address.h"
#include "gateway/http/entity_tag.h"
#include "gateway/http/head_scanner.h"
#include "gateway/http/router.h"
#include "gateway/http/target.h"
#include "gateway/http/web_socket_handshake.h"
#include "gateway/openapi/request_check.h"
#include "tests/fuzz/fuzz_check.h"

namespace datamigrate::fuzz {
namespace {

bool HasControl(std::string_view text) {
  return std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

void CheckTarget(std::string_view text) {
  const auto target = gateway::ParseTarget(text);
  if (!target.has_value()) return;
  std::string again;
  for (const std::string& segment : target->segments) {
    Demand(!HasControl(segment) && segment != "." && segment != "..",
           "a segment is a name and nothing else");
    again += "/" + gateway::PercentEncode(segment);
  }
  Demand(gateway::ParseTarget(again)->segments == target->segments,
         "segments survive being encoded");
}

void CheckProxyHeader(std::string_view bytes) {
  gateway::ProxyHeader header;
  size_t needed = 0;
  size_t known = 0;
  while (true) {
    const auto read = gateway::ReadProxyHeader(bytes.substr(0, known), header, needed);
    if (read == gateway::ProxyRead::kWhole) {
      Demand(header.length <= known, "a header ends where bytes do");
    }
    if (read != gateway::ProxyRead::kPartial) return;
    Demand(needed > known && needed <= 16 + 2048, "a header asks for more, but not without end");
    if (needed > bytes.size()) return;
    known = needed;
  }
}

void CheckForwarded(std::string_view text) {
  using Field = gateway::TrustedProxies::Field;
  for (const Field field : {Field::kXForwardedFor, Field::kForwarded}) {
    static const auto x = *gateway::TrustedProxies::Parse("10.0.0.0/8", Field::kXForwardedFor);
    static const auto f = *gateway::TrustedProxies::Parse("10.0.0.0/8", Field::kForwarded);
    gateway::Headers headers;
    headers.Add(field == Field::kForwarded ? "Forwarded" : "X-Forwarded-For", text);
    const std::string client = (field == Field::kForwarded ? f : x).ClientOf("10.0.0.1", headers);
    Demand(std::ranges::all_of(
               client, [](unsigned char c) { return std::isxdigit(c) || c == '.' || c == ':'; }),
           "a client is an address");
  }
}

// The same finding however the bytes arrive.
void CheckHead(std::string_view bytes) {
  using Finding = gateway::HeadScanner::Finding;
  gateway::HeadScanner whole;
  const Finding at_once = whole.Scan(bytes);
  gateway::HeadScanner slow;
  Finding finding = Finding::kPartial;
  for (size_t i = 1; i <= bytes.size() && finding == Finding::kPartial; ++i) {
    finding = slow.Scan(bytes.substr(0, i));
  }
  Demand(finding == at_once, "a head is the same by bytes");
  if (finding == Finding::kWhole) {
    Demand(
        slow.begin() == whole.begin() && slow.end() == whole.end() && whole.end() <= bytes.size(),
        "a head ends in one place");
  }
}

void CheckBody(std::string_view bytes) {
  static const std::vector<gateway::Route> routes = [] {
    std::vector<gateway::Route> all;
    gateway::AddMigrationRoutes({}, all);
    return all;
  }();
  static const auto create = std::ranges::find(
      routes, "createMigration", [](const auto& route) { return route.description.operation_id; });
  static const gateway::RequestCheck check(*create);
  gateway::Request request;
  request.method = "POST";
  request.headers.Set("Content-Type", "application/json");
  request.body = bytes;
  if (check.Check(request).has_value() || request.json == nullptr) return;
  v1::CreateMigrationRequest message;
  Demand(gateway::ReadMessage(request.json->as_object(), message).ok(),
         "what the schema lets through fills the message");
  Demand(!message.source().empty() && message.target() == "duckdb",
         "what the schema requires is there");
}

// Whatever is asked for lies in what there is, nothing of it twice, and little of it in parts.
void CheckRange(std::string_view text) {
  const uint64_t size = text.size() * 131;
  const gateway::RangeChoice choice = gateway::ChooseRange(text, size);
  Demand(choice.parts.empty() == (choice.kind != gateway::RangeChoice::Kind::kParts),
         "there are parts where parts are chosen");
  Demand(choice.parts.size() <= gateway::kMostRanges, "there are few parts");
  std::vector<gateway::ByteSpan> parts = choice.parts;
  std::ranges::sort(parts, {}, &gateway::ByteSpan::first);
  uint64_t end = 0;
  for (const gateway::ByteSpan& part : parts) {
    Demand(part.length > 0 && part.first >= end && part.first < size &&
               part.length <= size - part.first,
           "a part lies behind the one before it and in the whole");
    end = part.first + part.length;
  }
}

void CheckNegotiation(std::string_view text) {
  gateway::ChooseCoding(text);
  static constexpr std::array<std::string_view, 2> kOffered = {"text/html", "application/json"};
  const auto type = gateway::ChooseMediaType(text, kOffered);
  Demand(!type.has_value() || *type < kOffered.size(), "what is chosen was offered");
  Demand(!gateway::MatchesEtagStrongly(text, "\"tag\"") || gateway::MatchesEtag(text, "\"tag\""),
         "what matches strongly matches weakly");
}

void CheckHandshake(std::string_view text) {
  gateway::Request request;
  request.method = "GET";
  request.headers.Set("Connection", "upgrade");
  request.headers.Set("Upgrade", "websocket");
  request.headers.Set("Sec-WebSocket-Version", "13");
  request.headers.Set("Sec-WebSocket-Key", text.substr(0, 24));
  request.headers.Set("Sec-WebSocket-Protocol", text);
  Demand(gateway::AsksForWebSocket(request), "a handshake is one");
  const gateway::Response response = gateway::AnswerHandshake(request, "events");
  Demand(response.status == 101 || response.status == 400, "a handshake is taken or refused");
  const std::string_view chosen = response.headers.Get("Sec-WebSocket-Protocol");
  Demand(chosen.empty() || chosen == "events", "a token is never said back");
  const auto token = gateway::TokenProtocolOf(request);
  Demand(!token.has_value() || token->find_first_of(", \t") == std::string_view::npos,
         "a token is one element");
}

}  // namespace
}  // namespace datamigrate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  datamigrate::fuzz::CheckTarget(text);
  datamigrate::fuzz::CheckProxyHeader(text);
  datamigrate::fuzz::CheckForwarded(text);
  datamigrate::fuzz::CheckHead(text);
  datamigrate::fuzz::CheckBody(text);
  datamigrate::fuzz::CheckRange(text);
  datamigrate::fuzz::CheckNegotiation(text);
  datamigrate::fuzz::CheckHandshake(text);
  return 0;
}
