// A model's answer behind the Guardian, whole.
#ifndef DATAMIGRATE_GATEWAY_ENDPOINTS_FILTERED_ANSWER_H_
#define DATAMIGRATE_GATEWAY_ENDPOINTS_FILTERED_ANSWER_H_

#include <string>
#include <string_view>

#include "datamigrate/v1/models.pb.h"
#include "gateway/policy/answer_filter.h"

namespace datamigrate::gateway {

// A text that is there as a whole, filtered.
std::string Filtered(AnswerFilter& filter, std::string_view text);

// Filters the arguments of tool calls: each text in them, so that they stay JSON.
void FilterToolCalls(AnswerFilter& filter, v1::CompleteResponse& answer);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENDPOINTS_FILTERED_ANSWER_H_
