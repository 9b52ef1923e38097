#include "kafka/connection_errors.h"

#include <gmock/gmock.h>

namespace frazil {
namespace {

using ::testing::HasSubstr;

TEST(ConnectionErrors, EveryFailureOfATopicHasTheKindThatTellsWhatToDo) {
  struct Case {
    KafkaError error;
    ErrorKind kind;
    const char* code;
  };
  for (const Case& c : {Case{KafkaError::kUnknownTopicOrPartition, ErrorKind::kNotFound, "TOPIC_MISSING"},
                        Case{KafkaError::kInvalidTopicException, ErrorKind::kNotFound, "TOPIC_MISSING"},
                        Case{KafkaError::kTopicAuthorizationFailed, ErrorKind::kDenied, "TOPIC_DENIED"},
                        Case{KafkaError::kClusterAuthorizationFailed, ErrorKind::kDenied, "TOPIC_DENIED"},
                        Case{KafkaError::kGroupAuthorizationFailed, ErrorKind::kDenied, "GROUP_DENIED"},
                        Case{KafkaError::kCorruptMessage, ErrorKind::kBlocked, "SOURCE_BATCH_CORRUPT"},
                        Case{KafkaError::kLeaderNotAvailable, ErrorKind::kUnavailable, "KAFKA_READ_FAILED"},
                        Case{KafkaError(1234), ErrorKind::kUnavailable, "KAFKA_READ_FAILED"}}) {
    const Error error = TopicError("orders", c.error);
    EXPECT_EQ(error.kind, c.kind) << c.code;
    EXPECT_EQ(error.code, c.code);
    EXPECT_THAT(error.detail, HasSubstr("topic orders: "));
  }
}

TEST(ConnectionErrors, TheFixFitsTheConnection) {
  KafkaConnection connection{{"kafka:9092"}, std::nullopt, std::nullopt};
  EXPECT_THAT(UnreachableError(connection, "kafka:9092", "").fix, HasSubstr("needs tls"));
  EXPECT_THAT(AuthRefusedError(connection, "kafka:9092", "").fix, HasSubstr("give sasl"));
  connection.tls = KafkaTls{"ca.pem", "", ""};
  connection.sasl = KafkaSasl{"PLAIN", "ada", "secret"};
  EXPECT_THAT(UnreachableError(connection, "kafka:9092", "").fix, Not(HasSubstr("needs tls")));
  EXPECT_THAT(AuthRefusedError(connection, "kafka:9092", "").fix, HasSubstr("username ada"));
  EXPECT_THAT(TlsRefusedError(connection, "kafka:9092", "").fix, HasSubstr("ca.pem"));
}

}  // namespace
}  // namespace frazil
