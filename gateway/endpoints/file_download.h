// What the engine sends as a file, as an answer that a client can ask for in parts.
#ifndef DATAMIGRATE_GATEWAY_ENDPOINTS_FILE_DOWNLOAD_H_
#define DATAMIGRATE_GATEWAY_ENDPOINTS_FILE_DOWNLOAD_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/engine_client/engine_client.h"
#include "gateway/http/message.h"

namespace datamigrate::gateway {

// Opens the engine's stream of the part.
using OpenFilePart = std::function<std::unique_ptr<MessageStream<v1::FileChunk>>(
    const CallContext& context, const v1::FilePart& part)>;

// Answers with the file, or with what RangedResponse finds that the request asks for; a problem
// where the engine has no file. Blocks until the engine has begun to send.
Response DownloadFile(const Request& request, const OpenFilePart& open, std::string media_type);

// "kind-id.ending", with what of `id` can neither end a header field's quotes nor leave a folder.
std::string FileNameOf(std::string_view kind, std::string id, std::string_view ending);

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_ENDPOINTS_FILE_DOWNLOAD_H_
