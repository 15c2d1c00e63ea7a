// One link of the chain that every request passes.
#ifndef DATAMIGRATE_GATEWAY_FILTERS_FILTER_H_
#define DATAMIGRATE_GATEWAY_FILTERS_FILTER_H_

#include <optional>

#include "gateway/http/message.h"

namespace datamigrate::gateway {

// Thread safe. Only BeforeEndpoint and AfterEndpoint may block, and OnRequest where Blocks said so.
class Filter {
 public:
  virtual ~Filter() = default;

  // True when OnRequest of this request would wait for something: then it runs on a worker.
  virtual bool Blocks(const Request&) const { return false; }

  // Before the endpoint, in the chain's order. A response ends the request: later filters and the
  // endpoint do not see it.
  virtual std::optional<Response> OnRequest(Request&) { return std::nullopt; }

  // Right before the endpoint, on the endpoint's thread, in the chain's order, when the body has
  // been checked and parsed. A response takes the endpoint's place; AfterEndpoint sees it.
  virtual std::optional<Response> BeforeEndpoint(const Request&) { return std::nullopt; }

  // Right after the endpoint, on the endpoint's thread, in the chain's order. Not called when an
  // OnRequest has answered.
  virtual void AfterEndpoint(const Request&, Response&) {}

  // For every answer, whoever made it, in reverse order, by the filters that saw the request.
  virtual void OnResponse(const Request&, Response&) {}
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_FILTERS_FILTER_H_
