// A migration's events as server-sent events (HTML Living Standard, section 9.2), or as messages of
// a WebSocket.
#ifndef DATAMIGRATE_GATEWAY_ENDPOINTS_EVENT_STREAM_H_
#define DATAMIGRATE_GATEWAY_ENDPOINTS_EVENT_STREAM_H_

#include <memory>
#include <string>

#include "gateway/engine_client/engine_client.h"
#include "gateway/http/body_stream.h"
#include "gateway/http/message.h"

namespace datamigrate::gateway {

// The beginning of an answer that streams events; its stream and lease are still to be set.
Response EventStreamResponse();

// "id: <sequence>\nevent: <kind>\ndata: <the event as JSON>\n\n"
std::string FormatEvent(const v1::MigrationEvent& event);

// One piece per event. After the last event of an ended migration comes "event: end", upon which a
// client closes. When the engine goes away the body ends without it: the client comes back with
// Last-Event-ID and misses nothing.
std::unique_ptr<BodyStream> EventBody(std::unique_ptr<MessageStream<v1::MigrationEvent>> events);

// One piece per event: the event as JSON. The end of an ended migration's events is the stream's
// end; when the engine goes away it is an error, and the client comes back with the last sequence.
std::unique_ptr<BodyStream> EventMessages(
    std::unique_ptr<MessageStream<v1::MigrationEvent>> events);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENDPOINTS_EVENT_STREAM_H_
