// A model's answer as server-sent events, behind the Guardian, while it is being written.
#ifndef DATAMIGRATE_GATEWAY_ENDPOINTS_ANSWER_STREAM_H_
#define DATAMIGRATE_GATEWAY_ENDPOINTS_ANSWER_STREAM_H_

#include <memory>

#include "datamigrate/v1/models.pb.h"
#include "gateway/endpoints/answer_record.h"
#include "gateway/engine_client/engine_client.h"
#include "gateway/http/body_stream.h"
#include "gateway/policy/answer_filter.h"

namespace datamigrate::gateway {

using AnswerPieces = MessageStream<v1::StreamCompleteResponse>;

// Events whose data is a StreamCompleteResponse: "text"; "restart", upon which what came before is
// void; "answer", the last, whose own text is empty, as it was sent. Or "error" is the last, with a
// problem document. The last one is sent when the record is written; a stream that its reader
// leaves is recorded with status 499. What `record` and `filter` use must outlive the stream.
// `request` is the one that is answered.
std::unique_ptr<BodyStream> AnswerBody(std::unique_ptr<AnswerPieces> pieces, AnswerFilter filter,
                                       AnswerRecord record, const Request& request);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENDPOINTS_ANSWER_STREAM_H_
