#include "wire/scram.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "wire/protocol_golden_testing.h"

namespace frazil {
namespace {

using ::testing::HasSubstr;
using namespace std::string_literals;

// RFC 7677, section 3.
constexpr auto kNonce = "rOprNGfwEbeRWgbNEkqO";
constexpr auto kServerFirst =
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
constexpr auto kServerFinal = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

ScramClient Client(std::string_view username = "user", std::string_view password = "pencil") {
  return ScramClient::Make(ScramHash::kSha256, username, password, kNonce).value();
}

TEST(ScramTest, LogsInAsInTheStandard) {
  ScramClient client = Client();
  EXPECT_EQ(client.FirstMessage(), "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
  EXPECT_THAT(client.FinalMessage(kServerFirst),
              "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
              "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
  EXPECT_OK(client.Verify(kServerFinal));
}

TEST(ScramTest, Sha512AgreesWithApacheKafka) {
  ScramClient client = ScramClient::Make(ScramHash::kSha512, "us,er=", "pa,ss\xc2\xaa", "abcDEF123").value();
  EXPECT_EQ(client.FirstMessage(), Golden().scram.at("client-first"));
  EXPECT_THAT(client.FinalMessage(Golden().scram.at("server-first")), Golden().scram.at("client-final"));
  EXPECT_OK(client.Verify(Golden().scram.at("server-final")));
}

TEST(ScramTest, ABrokerThatDoesNotKnowThePasswordIsNoticed) {
  ScramClient client = Client("user", "another password");
  ASSERT_OK(client.FinalMessage(kServerFirst));
  EXPECT_THAT(client.Verify(kServerFinal), FailsWithCode("KAFKA_BROKER_UNPROVEN"));
}

TEST(ScramTest, ARefusalIsARefusal) {
  ScramClient client = Client();
  ASSERT_OK(client.FinalMessage(kServerFirst));
  const Status status = client.Verify("e=unknown-user");
  ASSERT_THAT(status, FailsWithCode("KAFKA_AUTH_REFUSED"));
  EXPECT_THAT(status.error().detail, HasSubstr("unknown-user"));
  EXPECT_THAT(client.Verify(""), FailsWithCode("KAFKA_PROTOCOL"));
  EXPECT_THAT(client.Verify("v=6rriTRBi23Wp"), FailsWithCode("KAFKA_BROKER_UNPROVEN"));
}

TEST(ScramTest, AnswersToAnotherLoginAndWeakHashingAreUnproven) {
  const std::string salt = ",s=W22ZaJ0SNY7soEsUEjb6gQ==";
  EXPECT_THAT(Client().FinalMessage("r=other" + salt + ",i=4096"), FailsWithCode("KAFKA_BROKER_UNPROVEN"));
  EXPECT_THAT(Client().FinalMessage("r="s + kNonce + salt + ",i=4096"),
              FailsWithCode("KAFKA_BROKER_UNPROVEN"));
  EXPECT_THAT(Client().FinalMessage("r="s + kNonce + "x" + salt + ",i=4095"),
              FailsWithCode("KAFKA_BROKER_UNPROVEN"));
}

TEST(ScramTest, MalformedFirstMessagesAreRefused) {
  const std::string nonce = "r="s + kNonce + "x";
  for (const std::string& message :
       {""s, "r"s, "s=AAAA,i=4096"s, "m=must,"s + nonce + ",s=AAAA,i=4096", nonce, nonce + ",s=,i=4096",
        nonce + ",s=A*AA,i=4096", nonce + ",s=AAAA", nonce + ",s=AAAA,i=", nonce + ",s=AAAA,i=4096x",
        nonce + ",s=AAAA,i=1000001", nonce + ",s=AAAA,i=99999999999999999999"}) {
    EXPECT_THAT(Client().FinalMessage(message), FailsWithCode("KAFKA_PROTOCOL")) << message;
  }
}

TEST(PlainTest, SendsNameAndPassword) {
  EXPECT_THAT(PlainMessage("user", "pencil"), "\0user\0pencil"s);
}

TEST(CredentialsTest, WhatCannotBeInAMessageIsRefused) {
  EXPECT_THAT(PlainMessage("user", "pen\0cil"s), FailsWithCode("KAFKA_SETTINGS"));
  EXPECT_THAT(PlainMessage("", "pencil"), FailsWithCode("KAFKA_SETTINGS"));
  EXPECT_THAT(PlainMessage("user", ""), FailsWithCode("KAFKA_SETTINGS"));
  EXPECT_THAT(ScramClient::Make(ScramHash::kSha256, "user", "pencil\n", kNonce),
              FailsWithCode("KAFKA_SETTINGS"));
  EXPECT_THAT(ScramClient::Make(ScramHash::kSha256, "us\xffr", "pencil", kNonce),
              FailsWithCode("KAFKA_SETTINGS"));
}

}  // namespace
}  // namespace frazil
