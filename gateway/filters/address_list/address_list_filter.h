// Keeps an organization's affairs to the addresses that it names.
#ifndef DATAMIGRATE_GATEWAY_FILTERS_ADDRESS_LIST_ADDRESS_LIST_FILTER_H_
#define DATAMIGRATE_GATEWAY_FILTERS_ADDRESS_LIST_ADDRESS_LIST_FILTER_H_

#include "gateway/filters/filter.h"
#include "gateway/policy/policy_book.h"

namespace datamigrate::gateway {

// Answers 403 to requests on behalf of an organization whose policy names addresses, from any other
// one. Users still reach what is their own: account, sessions, other organizations.
class AddressListFilter : public Filter {
 public:
  // `policies` must outlive the filter.
  explicit AddressListFilter(const PolicyBook* policies) : policies_(policies) {}

  std::optional<Response> OnRequest(Request& request) override;

 private:
  const PolicyBook* const policies_;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_FILTERS_ADDRESS_LIST_ADDRESS_LIST_FILTER_H_
