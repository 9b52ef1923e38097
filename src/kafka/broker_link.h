// One connection to one broker: TCP, TLS, the API versions, the login; then requests, fetches several at a
// time.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

#include "kafka/kafka_source.h"
#include "net/connection.h"
#include "net/endpoint.h"
#include "net/tls_context.h"
#include "runtime/stop_signal.h"
#include "wire/fetched_payload.h"
#include "wire/protocol_cluster.h"
#include "wire/protocol_fetch.h"
#include "wire/protocol_frame.h"
#include "wire/protocol_sasl.h"

namespace frazil {

// What all links of a connection may share; null when it is plaintext.
std::unique_ptr<TlsContexts> MakeCertificates(Runtime& runtime, const KafkaConnection& connection);

// For one task at a time. After a failure that is none of Version the link is of no use any more: open
// another.
//
// Failures: kUnavailable (KAFKA_UNREACHABLE; KAFKA_PROTOCOL, when what answers does not speak Kafka's
// protocol), kDenied (KAFKA_AUTH_REFUSED, KAFKA_BROKER_UNPROVEN, KAFKA_TLS_REFUSED, NET_ADDRESS_REFUSED),
// kInvalid (KAFKA_TOO_OLD, KAFKA_TOO_NEW, KAFKA_SETTINGS), kStopping.
class BrokerLink {
 public:
  // Connects, asks for the API versions and logs in, all until the deadline. `certificates`: those of the
  // connection, as MakeCertificates gives them; null: its files are read for this link alone.
  static Result<std::unique_ptr<BrokerLink>> Open(Runtime& runtime, const KafkaConnection& connection,
                                                  const Endpoint& broker, MonotonicTime deadline,
                                                  StopSignal& stop, TlsContexts* certificates = nullptr);
  ~BrokerLink();
  BrokerLink(const BrokerLink&) = delete;
  BrokerLink& operator=(const BrokerLink&) = delete;

  // The highest version of the request that both sides speak.
  Result<std::int16_t> Version(KafkaApi api) const;
  const Endpoint& broker() const { return broker_; }

  // One request and its response, in the highest version. Logs in anew before it where the login is about to
  // end (KIP-368).
  template <typename Request, typename Response>
  Status Ask(const Request& request, Response& response, MonotonicTime deadline, StopSignal& stop) {
    FRAZIL_ASSIGN(const std::int16_t version, Version(Request::kApi));
    FRAZIL_TRY(KeepLogin(deadline, stop));
    return AskNow(request, version, response, deadline, stop);
  }

  // As Ask in two halves, for responses that are large: several requests may be under way, and responses come
  // in the order of the requests. Between the halves nothing is asked. What is sent while a response waits to
  // be read must be small: a broker that cannot get rid of the one does not read the other. REQUIRES: nothing
  // is under way when login_due().
  Status SendFetch(const FetchRequest& request, std::int16_t version, MonotonicTime deadline,
                   StopSignal& stop);
  // Of the first request under way. `make_buffer` gives the memory once the response's size is known (it may
  // wait for the byte budget; the deadline does not count meanwhile), and `response` points into what is
  // given back.
  using MakeBuffer = std::function<Result<std::shared_ptr<FetchBuffer>>(std::size_t bytes)>;
  Result<std::shared_ptr<FetchBuffer>> ReceiveFetch(FetchResponse& response, MonotonicTime deadline,
                                                    StopSignal& stop, const MakeBuffer& make_buffer);
  // The next request comes after a login.
  bool login_due() const { return log_in_again_at_ != kForever && runtime_.Now() >= log_in_again_at_; }

 private:
  BrokerLink(Runtime& runtime, const KafkaConnection& connection, Endpoint broker);

  template <typename Request, typename Response>
  Status AskNow(const Request& request, std::int16_t version, Response& response, MonotonicTime deadline,
                StopSignal& stop) {
    PutRequest(request, version);
    FRAZIL_ASSIGN(const std::string frame, Exchange(deadline, stop));
    return Judge(ParseResponse(frame, version, response));
  }
  template <typename Request>
  void PutRequest(const Request& request, std::int16_t version) {
    correlation_id_ = (correlation_id_ + 1) & std::numeric_limits<std::int32_t>::max();
    request_.clear();
    AppendRequest(request_, request, version, correlation_id_, kClientId);
  }

  // Writes request_ and reads the frame that answers it.
  Result<std::string> Exchange(MonotonicTime deadline, StopSignal& stop);
  Result<std::string> SendAndReceive(MonotonicTime deadline, StopSignal& stop);
  // Asks on another connection, of which nothing may fail but with KAFKA_AUTH_REFUSED: that the listener asks
  // for a login, which this connection has not.
  Status AskForLogin(MonotonicTime deadline, StopSignal& stop) const;
  Status Send(MonotonicTime deadline, StopSignal& stop);
  Result<std::size_t> ReadLength(std::size_t most, MonotonicTime deadline, StopSignal& stop);
  // The response to the request of that correlation id.
  Status ReadFrame(char* to, std::size_t length, std::int32_t asked, MonotonicTime deadline,
                   StopSignal& stop);
  Status Connect(TlsContexts* certificates, MonotonicTime deadline, StopSignal& stop);
  Status AskVersions(MonotonicTime deadline, StopSignal& stop);
  Status KeepLogin(MonotonicTime deadline, StopSignal& stop);
  Status LogIn(MonotonicTime deadline, StopSignal& stop);
  Status ShakeHands(MonotonicTime deadline, StopSignal& stop);
  Status SendPassword(MonotonicTime deadline, StopSignal& stop, SaslAuthenticateResponse& last);
  Status Authenticate(std::string message, MonotonicTime deadline, StopSignal& stop,
                      SaslAuthenticateResponse& response);

  // The failures of net and of wire as those that this header promises.
  Status Explain(Status status) const;
  Status Judge(Status parsed) const;

  static constexpr std::string_view kClientId = "frazil";

  Runtime& runtime_;
  const KafkaConnection connection_;
  const Endpoint broker_;
  std::unique_ptr<Connection> socket_;
  ApiVersionsResponse versions_;
  std::string request_;
  std::int32_t correlation_id_ = 0;
  struct SentFetch {
    std::int32_t correlation_id;
    std::int16_t version;
  };
  std::deque<SentFetch> sent_;  // fetches under way
  MonotonicTime log_in_again_at_ = kForever;
  // Which kind of listener closes the connection at this point; "" where that says nothing.
  std::string_view who_closes_;
};

}  // namespace frazil
