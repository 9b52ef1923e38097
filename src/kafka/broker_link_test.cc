#include "kafka/broker_link.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/result_matchers.h"
#include "kafka/test_broker_testing.h"
#include "net/certificates_testing.h"

namespace frazil {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::HasSubstr;
using Bytes = std::optional<std::string>;

constexpr auto kLittleTime = milliseconds(300);

// What a friendly broker answers; tests replace one answer or another.
Bytes Friendly(const ReceivedRequest& request) {
  if (request.is(KafkaApi::kApiVersions)) return ResponseFrame(request, ApiVersionsBody());
  if (request.is(KafkaApi::kMetadata)) {
    return ResponseFrame(request, EmptyMetadataBody("pizza", request.version));
  }
  if (request.is(KafkaApi::kSaslHandshake)) return ResponseFrame(request, SaslHandshakeBody(0, {"PLAIN"}));
  if (request.is(KafkaApi::kSaslAuthenticate))
    return ResponseFrame(request, SaslAuthenticateBody(0, "", "", 0));
  return std::nullopt;
}

// Friendly until it is asked for Metadata.
TestBroker::Answer ToMetadata(const TestBroker::Answer& answer) {
  return [answer](const ReceivedRequest& request) {
    return request.is(KafkaApi::kMetadata) ? answer(request) : Friendly(request);
  };
}

std::string MetadataFrame(const ReceivedRequest& request) {
  return ResponseFrame(request, EmptyMetadataBody("pizza", request.version));
}

class BrokerLinkTest : public ::testing::Test {
 protected:
  MonotonicTime In(Duration duration) { return runtime_.Now() + duration; }

  Result<std::unique_ptr<BrokerLink>> Open(const TestBroker& broker, const KafkaConnection& connection,
                                           Duration limit = seconds(10)) {
    return BrokerLink::Open(runtime_, connection, broker.endpoint(), In(limit), stop_);
  }
  Result<std::unique_ptr<BrokerLink>> Open(const TestBroker& broker) {
    return Open(broker, broker.connection());
  }

  Status AskMetadata(BrokerLink& link, Duration limit = seconds(10)) {
    return link.Ask(MetadataRequest{}, metadata_, In(limit), stop_);
  }
  // Opens a link, asks for Metadata.
  Status Talk(const TestBroker& broker, Duration limit = seconds(10)) {
    FRAZIL_ASSIGN(const auto link, Open(broker, broker.connection(), limit));
    return AskMetadata(*link, limit);
  }

  Runtime& runtime_ = ThreadRuntime();
  StopSignal stop_{runtime_};
  MetadataResponse metadata_;
};

TEST_F(BrokerLinkTest, AsksInTheHighestVersionThatBothSpeak) {
  std::atomic<int> version = -1;
  const TestBroker broker([&](const ReceivedRequest& request) -> Bytes {
    if (request.is(KafkaApi::kApiVersions)) {
      return ResponseFrame(request, ApiVersionsBody({{KafkaApi::kMetadata, "", {0, 12}, true},
                                                     {KafkaApi::kFetch, "", {0, 11}, true}}));
    }
    version = request.version;
    return Friendly(request);
  });
  ASSERT_OK_AND_ASSIGN(const auto link, Open(broker));
  ASSERT_OK(AskMetadata(*link));
  ASSERT_OK(AskMetadata(*link));
  EXPECT_EQ(version, 12);
  EXPECT_EQ(metadata_.cluster_id, "pizza");
  EXPECT_THAT(link->Version(KafkaApi::kFetch), FailsWithCode("KAFKA_TOO_OLD"));
  EXPECT_THAT(link->Version(KafkaApi::kDescribeConfigs), FailsWithCode("KAFKA_TOO_OLD"));
}

TEST_F(BrokerLinkTest, ABrokerThatDoesNotKnowTheFirstRequestIsTooOld) {
  const TestBroker broker([&](const ReceivedRequest& request) {
    return ResponseFrame(request,
                         std::string("\0\x23\0\0\0\1\0\3\0\0\0\x5", 12));  // Metadata, versions 0 to 5
  });
  ASSERT_OK_AND_ASSIGN(const auto link, Open(broker));
  const Status old = AskMetadata(*link);
  ASSERT_THAT(old, FailsWithCode("KAFKA_TOO_OLD"));
  EXPECT_THAT(old.error().detail,
              AllOf(HasSubstr(broker.endpoint().ToString()), HasSubstr("versions 0 to 5")));
}

TEST_F(BrokerLinkTest, NonsenseIsSaidToBeNonsense) {
  struct Case {
    const char* what;
    TestBroker::Answer answer;
  };
  for (const Case& c : {
           Case{"a negative length", [](const auto&) { return std::string("\xff\xff\xff\xff\0\0\0\0", 8); }},
           Case{"a huge length", [](const auto&) { return std::string("\x7f\xff\xff\xff\0\0\0\0", 8); }},
           Case{"a length below a header's", [](const auto&) { return std::string("\0\0\0\3\0\0\0\0", 8); }},
           Case{"an answer to another request",
                [](ReceivedRequest request) {
                  ++request.correlation_id;
                  return MetadataFrame(request);
                }},
           Case{"a message cut short", [](const auto& request) { return ResponseFrame(request, "\1\2\3"); }},
           Case{"a message with more behind it",
                [](const auto& request) {
                  return ResponseFrame(request, EmptyMetadataBody("pizza", request.version) + "x");
                }},
           Case{"garbage",
                [](const auto& request) { return ResponseFrame(request, std::string(1000, '\x81')); }},
       }) {
    const TestBroker broker(ToMetadata(c.answer));
    const Status said = Talk(broker);
    ASSERT_THAT(said, FailsWithCode("KAFKA_PROTOCOL")) << c.what;
    EXPECT_EQ(said.error().kind, ErrorKind::kUnavailable) << c.what;
    EXPECT_THAT(said.error().detail, HasSubstr(broker.endpoint().ToString())) << c.what;
  }
}

TEST_F(BrokerLinkTest, KnowsWhatIsNoKafkaAtAll) {
  const auto always = [](std::string bytes) { return [bytes](const ReceivedRequest&) { return bytes; }; };
  const Status http = Talk(TestBroker(always("HTTP/1.1 400 Bad Request\r\n\r\n")));
  ASSERT_THAT(http, FailsWithCode("KAFKA_PROTOCOL"));
  EXPECT_THAT(http.error().detail, HasSubstr("speaks HTTP"));

  const Status tls = Talk(TestBroker(always(std::string("\x15\x03\x03\0\2\2\x50", 7))));
  ASSERT_THAT(tls, FailsWithCode("KAFKA_TLS_REFUSED"));
  EXPECT_THAT(tls.error().fix, HasSubstr("give tls"));

  EXPECT_THAT(Talk(TestBroker(always("SSH-2.0-OpenSSH_9.2\r\n"))), FailsWithCode("KAFKA_PROTOCOL"));
}

TEST_F(BrokerLinkTest, AClosedConnectionIsUnreachableAndTheLikelyReasonIsNamed) {
  const auto close = [](const ReceivedRequest&) -> Bytes { return std::nullopt; };
  const Status at_once = Talk(TestBroker(close));
  ASSERT_THAT(at_once, FailsWithCode("KAFKA_UNREACHABLE"));
  EXPECT_THAT(at_once.error().detail, HasSubstr("a listener with TLS"));

  const Status after_versions = Talk(TestBroker([](const ReceivedRequest& request) -> Bytes {
    return request.is(KafkaApi::kApiVersions) ? Friendly(request) : std::nullopt;
  }));
  ASSERT_THAT(after_versions, FailsWithCode("KAFKA_UNREACHABLE"));
  EXPECT_THAT(after_versions.error().detail, HasSubstr("a listener that asks for a login"));

  const TestBroker cut(LoopbackServer::Script([](LoopbackPeer& peer) {
    auto request = ReceiveRequest(peer, 0);
    peer.Write(*Friendly(*request));
    request = ReceiveRequest(peer, 1);
    peer.Write(MetadataFrame(*request).substr(0, 15));
  }));
  EXPECT_THAT(Talk(cut), FailsWithCode("KAFKA_UNREACHABLE"));
}

TEST_F(BrokerLinkTest, NeitherSilenceNorADripOutlivesTheDeadline) {
  const TestBroker silent(LoopbackServer::Script([](LoopbackPeer& peer) { peer.WaitForEnd(); }));
  const TestBroker dripping(LoopbackServer::Script([](LoopbackPeer& peer) {
    const auto request = ReceiveRequest(peer, 0);
    const std::string answer = *Friendly(*request);
    for (const char byte : answer) {
      if (!peer.Write(std::string(1, byte)) || !peer.Wait(milliseconds(50))) return;
    }
  }));
  const MonotonicTime began = runtime_.Now();
  EXPECT_THAT(Talk(silent, kLittleTime), FailsWithCode("KAFKA_UNREACHABLE"));
  EXPECT_THAT(Talk(dripping, kLittleTime), FailsWithCode("KAFKA_UNREACHABLE"));
  EXPECT_LT(runtime_.Now() - began, seconds(5));
}

TEST_F(BrokerLinkTest, AStopEndsAQuestionAtOnce) {
  const TestBroker broker(LoopbackServer::Script([](LoopbackPeer& peer) {
    const auto request = ReceiveRequest(peer, 0);
    peer.Write(*Friendly(*request));
    peer.WaitForEnd();
  }));
  ASSERT_OK_AND_ASSIGN(const auto link, Open(broker));
  StopSignal asking(runtime_);
  const auto stopper = runtime_.Spawn("stopper", [&] {
    stop_.WaitFor(milliseconds(50));
    asking.Stop();
  });
  const MonotonicTime began = runtime_.Now();
  EXPECT_THAT(link->Ask(MetadataRequest{}, metadata_, In(seconds(60)), asking),
              FailsWith(ErrorKind::kStopping));
  EXPECT_LT(runtime_.Now() - began, seconds(5));
}

// Fetch

std::string EmptyFetchBody() {
  return std::string(4 + 2 + 4, '\0') + "\1" + std::string(1, '\0');
}

TEST_F(BrokerLinkTest, AFetchWaitsForMemoryWithoutLosingItsTime) {
  const TestBroker broker([](const ReceivedRequest& request) {
    return request.is(KafkaApi::kFetch) ? ResponseFrame(request, EmptyFetchBody()) : *Friendly(request);
  });
  ASSERT_OK_AND_ASSIGN(const auto link, Open(broker));
  FetchResponse response;
  std::size_t asked_for = 0;
  const auto slowly = [&](std::size_t bytes) -> Result<std::shared_ptr<FetchBuffer>> {
    asked_for = bytes;
    stop_.WaitFor(kLittleTime);
    return std::make_shared<FetchBuffer>(bytes);
  };
  ASSERT_TRUE(link->SendFetch({}, 16, In(kLittleTime / 2), stop_));
  ASSERT_OK_AND_ASSIGN(const auto buffer, link->ReceiveFetch(response, In(kLittleTime / 2), stop_, slowly));
  EXPECT_EQ(asked_for, 4 + 1 + EmptyFetchBody().size());
  EXPECT_EQ(buffer->bytes().size(), asked_for);
  EXPECT_EQ(response.error, KafkaError::kNone);
}

TEST_F(BrokerLinkTest, AFetchForWhichThereIsNoMemoryFails) {
  const TestBroker broker([](const ReceivedRequest& request) {
    return request.is(KafkaApi::kFetch) ? std::string("\x7f\xff\xff\xff", 4) : *Friendly(request);
  });
  ASSERT_OK_AND_ASSIGN(const auto link, Open(broker));
  FetchResponse response;
  const auto never = [&](std::size_t) -> Result<std::shared_ptr<FetchBuffer>> {
    return Fail(StoppingError());
  };
  ASSERT_TRUE(link->SendFetch({}, 16, In(seconds(10)), stop_));
  EXPECT_THAT(link->ReceiveFetch(response, In(seconds(10)), stop_, never), FailsWith(ErrorKind::kStopping));
}

// The login

KafkaConnection WithSasl(KafkaConnection connection, std::string mechanism) {
  connection.sasl = KafkaSasl{std::move(mechanism), "ada", "secret"};
  return connection;
}

TEST_F(BrokerLinkTest, LogsInBeforeItAsks) {
  std::string sent;
  const TestBroker broker([&](const ReceivedRequest& request) {
    if (request.is(KafkaApi::kSaslAuthenticate)) sent = request.body;
    return Friendly(request);
  });
  ASSERT_OK_AND_ASSIGN(const auto link, Open(broker, WithSasl(broker.connection(), "PLAIN")));
  ASSERT_OK(AskMetadata(*link));
  EXPECT_EQ(sent, std::string("\x0c\0ada\0secret\0", 13));
}

TEST_F(BrokerLinkTest, LogsInAgainBeforeTheLoginEnds) {
  std::atomic<int> logins = 0;
  const TestBroker broker([&](const ReceivedRequest& request) -> Bytes {
    if (!request.is(KafkaApi::kSaslAuthenticate)) return Friendly(request);
    ++logins;
    return ResponseFrame(request, SaslAuthenticateBody(0, "", "", 1500));
  });
  ASSERT_OK_AND_ASSIGN(const auto link, Open(broker, WithSasl(broker.connection(), "PLAIN")));
  ASSERT_OK(AskMetadata(*link));
  EXPECT_EQ(logins, 1);
  stop_.WaitFor(milliseconds(1400));  // 90% are 1350 ms
  ASSERT_OK(AskMetadata(*link));
  EXPECT_EQ(logins, 2);
  ASSERT_OK(AskMetadata(*link));
  EXPECT_EQ(logins, 2);
}

TEST_F(BrokerLinkTest, ARefusedLoginNamesTheReasonAndNoPassword) {
  struct Case {
    const char* mechanism;
    KafkaApi api;
    std::string body;
    const char* said;
    const char* fix;
  };
  for (const Case& c : {
           Case{"SCRAM-SHA-256", KafkaApi::kSaslHandshake, SaslHandshakeBody(33, {"PLAIN", "GSSAPI"}),
                "does not offer SCRAM-SHA-256 for the login; it offers PLAIN, GSSAPI", "sasl.mechanism"},
           Case{"PLAIN", KafkaApi::kSaslHandshake, SaslHandshakeBody(34, {}), "takes no login",
                "remove sasl"},
           Case{"PLAIN", KafkaApi::kSaslAuthenticate, SaslAuthenticateBody(58, "no such user", "", 0),
                "no such user", "username ada"},
       }) {
    const TestBroker broker([&](const ReceivedRequest& request) {
      return request.is(c.api) ? ResponseFrame(request, c.body) : Friendly(request);
    });
    const auto refused = Open(broker, WithSasl(broker.connection(), c.mechanism));
    ASSERT_THAT(refused, FailsWithCode("KAFKA_AUTH_REFUSED")) << c.said;
    EXPECT_EQ(refused.error().kind, ErrorKind::kDenied);
    EXPECT_THAT(refused.error().detail, HasSubstr(c.said));
    EXPECT_THAT(refused.error().fix, HasSubstr(c.fix));
    EXPECT_EQ(refused.error().ToString().find("secret"), std::string::npos);
  }
}

TEST_F(BrokerLinkTest, AMissingLoginIsTold) {
  const TestBroker broker([](const ReceivedRequest& request) -> Bytes {
    return request.is(KafkaApi::kMetadata) ? std::nullopt : Friendly(request);
  });
  const Status missing = Talk(broker);
  ASSERT_THAT(missing, FailsWithCode("KAFKA_AUTH_REFUSED"));
  EXPECT_THAT(missing.error().detail, HasSubstr("asks for one with PLAIN"));
  EXPECT_THAT(missing.error().fix, HasSubstr("give sasl"));
}

TEST_F(BrokerLinkTest, ABrokerThatAsksForAWeakHashGetsNoProof) {
  const TestBroker broker([](const ReceivedRequest& request) -> Bytes {
    if (!request.is(KafkaApi::kSaslAuthenticate)) return Friendly(request);
    const std::string nonce = request.body.substr(request.body.find("r=") + 2, 32);
    return ResponseFrame(request, SaslAuthenticateBody(0, "", "r=" + nonce + "more,s=c2FsdA==,i=1", 0));
  });
  EXPECT_THAT(Open(broker, WithSasl(broker.connection(), "SCRAM-SHA-512")),
              FailsWithCode("KAFKA_BROKER_UNPROVEN"));
}

// TLS

TEST_F(BrokerLinkTest, TlsFailuresAreToldInKafkasWords) {
  const TestCertificates certificates;
  const LoopbackServer::Tls server{certificates.Certificate("server"), certificates.Key("server"), ""};
  const auto trusting = [&](const TestBroker& broker, std::string ca_file) {
    KafkaConnection connection = broker.connection();
    connection.tls = KafkaTls{std::move(ca_file), "", ""};
    return connection;
  };
  const TestBroker broker(&Friendly, server);
  ASSERT_OK_AND_ASSIGN(const auto link, Open(broker, trusting(broker, certificates.Certificate("ca"))));
  ASSERT_OK(AskMetadata(*link));

  const TestBroker second(&Friendly, server);
  const auto untrusted = Open(second, trusting(second, certificates.Certificate("other-ca")));
  ASSERT_THAT(untrusted, FailsWithCode("KAFKA_TLS_REFUSED"));
  EXPECT_THAT(untrusted.error().detail, HasSubstr("unable to get local issuer certificate"));
  EXPECT_THAT(Open(second, trusting(second, "/nowhere/ca.pem")), FailsWithCode("KAFKA_SETTINGS"));

  const TestBroker plaintext([](const ReceivedRequest&) -> Bytes { return std::nullopt; });
  const auto closed = Open(plaintext, trusting(plaintext, certificates.Certificate("ca")), kLittleTime);
  EXPECT_THAT(closed, FailsWithCode("KAFKA_UNREACHABLE"));
}

TEST_F(BrokerLinkTest, NoBrokerIsLookedForWhereCloudsGiveCredentials) {
  const auto refused = BrokerLink::Open(runtime_, {}, {"169.254.169.254", 80}, In(seconds(10)), stop_);
  EXPECT_THAT(refused, FailsWithCode("NET_ADDRESS_REFUSED"));
}

}  // namespace
}  // namespace frazil
