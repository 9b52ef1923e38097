#include "net/connection.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "base/result_matchers.h"
#include "net/certificates_testing.h"
#include "net/loopback_server_testing.h"

namespace frazil {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

void Echo(LoopbackPeer& peer) {
  std::string byte;
  while (peer.Read(byte, 1) && peer.Write(byte)) continue;
}

class ConnectionTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { certificates_ = std::make_unique<TestCertificates>(); }
  static void TearDownTestSuite() { certificates_.reset(); }

  static LoopbackServer::Tls ServerTls(const std::string& name) {
    return {certificates_->Certificate(name), certificates_->Key(name), ""};
  }
  static std::shared_ptr<const TlsContext> Trusting(const std::string& authority) {
    auto context = TlsContext::Make({certificates_->Certificate(authority), "", ""});
    EXPECT_THAT(context, IsOk());
    return *context;
  }

  Result<std::unique_ptr<Connection>> Open(const Endpoint& endpoint,
                                           std::shared_ptr<const TlsContext> tls = nullptr) {
    return Connection::Open(runtime_, endpoint, AddressPolicy(), std::move(tls), In(seconds(5)), stop_);
  }
  MonotonicTime In(Duration duration) { return runtime_.Now() + duration; }

  Status WriteAndRead(Connection& connection, const std::string& text, std::string& answer) {
    FRAZIL_TRY(connection.Write(text, In(seconds(5)), stop_));
    answer.assign(text.size(), '\0');
    return connection.Read(answer.data(), answer.size(), In(seconds(5)), stop_);
  }

  // Writes until it fails; a broken pipe would kill the test if it raised its signal.
  Status WriteUntilItFails(Connection& connection) {
    while (true) FRAZIL_TRY(connection.Write(std::string(4096, 'x'), In(seconds(5)), stop_));
  }

  static inline std::unique_ptr<TestCertificates> certificates_;
  Runtime& runtime_ = ThreadRuntime();
  StopSignal stop_{runtime_};
};

TEST_F(ConnectionTest, CarriesBytesBothWays) {
  const LoopbackServer server(&Echo);
  ASSERT_OK_AND_ASSIGN(const auto connection, Open(server.endpoint("localhost")));
  std::string answer;
  ASSERT_OK(WriteAndRead(*connection, "hello", answer));
  EXPECT_EQ(answer, "hello");
}

TEST_F(ConnectionTest, WritesMoreThanTheSocketsTake) {
  constexpr std::size_t kSize = std::size_t{8} << 20;
  const auto answer_at_end = [](LoopbackPeer& peer) {
    std::string bytes;
    if (!peer.Wait(milliseconds(50)) || !peer.Read(bytes, kSize)) return;
    peer.Write(bytes.substr(kSize - 4));
  };
  for (const bool with_tls : {false, true}) {
    const LoopbackServer server(answer_at_end, with_tls ? std::optional(ServerTls("server")) : std::nullopt);
    ASSERT_OK_AND_ASSIGN(const auto connection, Open(server.endpoint(), with_tls ? Trusting("ca") : nullptr));
    ASSERT_OK(connection->Write(std::string(kSize - 4, 'x') + "last", In(seconds(20)), stop_));
    std::string end(4, '\0');
    ASSERT_OK(connection->Read(end.data(), end.size(), In(seconds(20)), stop_));
    EXPECT_EQ(end, "last");
  }
}

TEST_F(ConnectionTest, SaysWhyNobodyIsThere) {
  Endpoint gone;
  {
    gone = LoopbackServer(&Echo).endpoint();
  }
  const auto refused = Open(gone);
  ASSERT_THAT(refused, FailsWithCode("NET_CONNECT"));
  EXPECT_THAT(refused.error().detail, HasSubstr(gone.ToString() + ": Connection refused"));
  EXPECT_THAT(Open({"no-such-host.invalid", 9092}), FailsWithCode("NET_RESOLVE"));
  EXPECT_THAT(Open({"169.254.169.254", 80}), FailsWithCode("NET_ADDRESS_REFUSED"));
}

TEST_F(ConnectionTest, NoticesThatTheOtherSideCloses) {
  for (const bool with_tls : {false, true}) {
    const LoopbackServer server([](LoopbackPeer& peer) { peer.Write("abc"); },
                                with_tls ? std::optional(ServerTls("server")) : std::nullopt);
    ASSERT_OK_AND_ASSIGN(const auto connection, Open(server.endpoint(), with_tls ? Trusting("ca") : nullptr));
    char bytes[4];
    EXPECT_THAT(connection->Read(bytes, 4, In(seconds(5)), stop_), FailsWithCode("NET_CLOSED"));
    EXPECT_THAT(WriteUntilItFails(*connection), FailsWithCode("NET_CLOSED"));
  }
}

TEST_F(ConnectionTest, ADripOfBytesDoesNotOutliveTheDeadline) {
  const LoopbackServer server([](LoopbackPeer& peer) {
    while (peer.Write("x") && peer.Wait(milliseconds(20))) continue;
  });
  ASSERT_OK_AND_ASSIGN(const auto connection, Open(server.endpoint()));
  char bytes[1000];
  const MonotonicTime began = runtime_.Now();
  EXPECT_THAT(connection->Read(bytes, sizeof bytes, In(milliseconds(200)), stop_),
              FailsWithCode("NET_TIMEOUT"));
  EXPECT_LT(runtime_.Now() - began, seconds(2));
}

TEST_F(ConnectionTest, AStopEndsAReadAtOnceAndOnlyThat) {
  const LoopbackServer server(&Echo);
  ASSERT_OK_AND_ASSIGN(const auto connection, Open(server.endpoint()));
  StopSignal reading(runtime_);
  const auto stopper = runtime_.Spawn("stopper", [&] {
    stop_.WaitFor(milliseconds(50));
    reading.Stop();
  });
  char byte;
  const MonotonicTime began = runtime_.Now();
  EXPECT_THAT(connection->Read(&byte, 1, In(seconds(30)), reading), FailsWith(ErrorKind::kStopping));
  EXPECT_LT(runtime_.Now() - began, seconds(5));
  std::string answer;
  EXPECT_OK(WriteAndRead(*connection, "still there", answer));
}

TEST_F(ConnectionTest, TlsTakesTheCertificateThatNamesTheHost) {
  const LoopbackServer server(&Echo, ServerTls("server"));
  for (const char* host : {"127.0.0.1", "localhost"}) {
    ASSERT_OK_AND_ASSIGN(const auto connection, Open(server.endpoint(host), Trusting("ca")));
    std::string answer;
    ASSERT_OK(WriteAndRead(*connection, "secret", answer));
    EXPECT_EQ(answer, "secret");
  }
}

TEST_F(ConnectionTest, TlsRefusesWhoCannotProveWhoHeIs) {
  struct Case {
    const char* certificate;
    const char* authority;
    const char* host;
    const char* reason;
  };
  for (const Case& c :
       {Case{"server", "other-ca", "localhost", "unable to get local issuer certificate"},
        Case{"elsewhere", "ca", "localhost", "hostname mismatch (it does not name localhost)"},
        Case{"elsewhere", "ca", "127.0.0.1", "IP address mismatch (it does not name 127.0.0.1)"},
        Case{"expired", "ca", "localhost", "certificate has expired"}}) {
    const LoopbackServer server(&Echo, ServerTls(c.certificate));
    const auto refused = Open(server.endpoint(c.host), Trusting(c.authority));
    ASSERT_THAT(refused, FailsWithCode("NET_TLS")) << c.reason;
    EXPECT_EQ(refused.error().kind, ErrorKind::kDenied);
    EXPECT_THAT(refused.error().detail, HasSubstr(std::string("certificate verify failed: ") + c.reason));
  }
}

TEST_F(ConnectionTest, TlsSaysWhenTheOtherSideHasNone) {
  const LoopbackServer other([](LoopbackPeer& peer) {
    peer.Write("220 mail.example.com ESMTP\r\n");
    peer.WaitForEnd();
  });
  const auto plain = Open(other.endpoint(), Trusting("ca"));
  ASSERT_THAT(plain, FailsWithCode("NET_TLS"));
  EXPECT_EQ(plain.error().detail, "the port does not speak TLS");

  const LoopbackServer closing([](LoopbackPeer&) {});
  const auto closed = Open(closing.endpoint(), Trusting("ca"));
  ASSERT_THAT(closed, FailsWithCode("NET_CLOSED"));
  EXPECT_THAT(closed.error().detail, HasSubstr("in the TLS handshake"));

  const LoopbackServer silent([](LoopbackPeer& peer) { peer.WaitForEnd(); });
  EXPECT_THAT(Connection::Open(runtime_, silent.endpoint(), AddressPolicy(), Trusting("ca"),
                               In(milliseconds(100)), stop_),
              FailsWithCode("NET_TIMEOUT"));
}

TEST_F(ConnectionTest, AClientCertificateIsShownWhereItIsAskedFor) {
  LoopbackServer::Tls asking = ServerTls("server");
  asking.client_ca_file = certificates_->Certificate("ca");
  const LoopbackServer server(&Echo, asking);
  std::string answer;

  {
    ASSERT_OK_AND_ASSIGN(const auto context, TlsContext::Make({certificates_->Certificate("ca"),
                                                               certificates_->Certificate("client"),
                                                               certificates_->Key("client")}));
    ASSERT_OK_AND_ASSIGN(const auto known, Open(server.endpoint(), context));
    EXPECT_OK(WriteAndRead(*known, "hello", answer));
  }
  ASSERT_OK_AND_ASSIGN(const auto unknown, Open(server.endpoint(), Trusting("ca")));
  // Nothing is written: what a server closes with unread bytes may arrive before its alert.
  char byte;
  const Status refused = unknown->Read(&byte, 1, In(seconds(5)), stop_);
  ASSERT_THAT(refused, FailsWithCode("NET_TLS"));
  EXPECT_THAT(refused.error().detail, HasSubstr("certificate required"));
}

TEST_F(ConnectionTest, NamesTheFileThatCannotBeUsed) {
  const std::string authority = certificates_->Certificate("ca");
  const std::string certificate = certificates_->Certificate("client");
  struct Case {
    TlsSettings settings;
    const char* said;
  };
  for (const Case& c :
       {Case{{"/nowhere/ca.pem", "", ""}, "ca_file /nowhere/ca.pem: No such file"},
        Case{{authority, "/nowhere/c.pem", ""}, "cert_file /nowhere/c.pem: No such file"},
        Case{{authority, certificate, "/nowhere/k.pem"}, "key_file /nowhere/k.pem: No such file"},
        Case{{authority, certificate, certificates_->Key("server")}, "key values mismatch"},
        Case{{certificates_->Key("server"), "", ""}, "no certificate or crl found"}}) {
    const auto refused = TlsContext::Make(c.settings);
    ASSERT_THAT(refused, FailsWithCode("NET_TLS_FILES")) << c.said;
    EXPECT_THAT(refused.error().detail, HasSubstr(c.said));
  }
}

}  // namespace
}  // namespace frazil
