// One link of the chain that every request passes.
#ifndef DATAMIGRATE_GATEWAY_FILTERS_FILTER_H_
#define DATAMIGRATE_GATEWAY_FILTERS_FILTER_H_

#include <functional>
#include <optional>

#include "gateway/http/message.h"

namespace datamigrate::gateway {

// Thread safe. Only BeforeEndpoint may block, and OnRequest where Blocks said so.
class Filter {
 public:
  virtual ~Filter() = default;

  // True when OnRequest of this request would wait for something: then it runs on a worker.
  virtual bool Blocks(const Request&) const { return false; }

  // Before the endpoint, in the chain's order. A response ends the request: later filters and the
  // endpoint do not see it.
  virtual std::optional<Response> OnRequest(Request&) { return std::nullopt; }

  // Right before the endpoint, on the endpoint's thread, in the chain's order, when the body has
  // been checked and parsed. A response takes the endpoint's place.
  virtual std::optional<Response> BeforeEndpoint(Request&) { return std::nullopt; }

  // After the endpoint or what took its place, in the chain's order: true when the answer must wait
  // for something, which Hold then does. Not asked when an OnRequest has answered.
  virtual bool Holds(const Request&, const Response&) const { return false; }

  // Keeps the answer, without blocking, until `go_on` is called: once, from any thread, possibly
  // before this returns. The response may be changed until then.
  virtual void Hold(const Request&, Response&, std::function<void()> go_on) { go_on(); }

  // For every answer, whoever made it, in reverse order, by the filters that saw the request.
  virtual void OnResponse(const Request&, Response&) {}
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_FILTERS_FILTER_H_
