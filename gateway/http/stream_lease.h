// Whether who reads a stream may go on reading it.
#ifndef DATAMIGRATE_GATEWAY_HTTP_STREAM_LEASE_H_
#define DATAMIGRATE_GATEWAY_HTTP_STREAM_LEASE_H_

namespace datamigrate::gateway {

// Ends, with the answer that holds it, when the stream does.
class StreamLease {
 public:
  virtual ~StreamLease() = default;

  // False once the credential that the stream was opened with is not accepted any more. Called on
  // one I/O thread, every ServerOptions::lease_interval; does not block, so it may tell what was
  // found out after the call before.
  virtual bool MayGoOn() = 0;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_HTTP_STREAM_LEASE_H_
