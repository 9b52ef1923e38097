// What brokers answer in error_code fields, and what it means for one who reads.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace frazil {

// The protocol's error codes that a reader may meet. Another value is possible: brokers know more, and get
// more.
enum class KafkaError : std::int16_t {
  kUnknownServerError = -1,
  kNone = 0,
  kOffsetOutOfRange = 1,
  kCorruptMessage = 2,
  kUnknownTopicOrPartition = 3,
  kInvalidFetchSize = 4,
  kLeaderNotAvailable = 5,
  kNotLeaderOrFollower = 6,
  kRequestTimedOut = 7,
  kBrokerNotAvailable = 8,
  kReplicaNotAvailable = 9,
  kMessageTooLarge = 10,
  kOffsetMetadataTooLarge = 12,
  kNetworkException = 13,
  kCoordinatorLoadInProgress = 14,
  kCoordinatorNotAvailable = 15,
  kNotCoordinator = 16,
  kInvalidTopicException = 17,
  kIllegalGeneration = 22,
  kInvalidGroupId = 24,
  kUnknownMemberId = 25,
  kRebalanceInProgress = 27,
  kInvalidCommitOffsetSize = 28,
  kTopicAuthorizationFailed = 29,
  kGroupAuthorizationFailed = 30,
  kClusterAuthorizationFailed = 31,
  kUnsupportedSaslMechanism = 33,
  kIllegalSaslState = 34,
  kUnsupportedVersion = 35,
  kNotController = 41,
  kInvalidRequest = 42,
  kUnsupportedForMessageFormat = 43,
  kPolicyViolation = 44,
  kSecurityDisabled = 54,
  kKafkaStorageError = 56,
  kSaslAuthenticationFailed = 58,
  kGroupIdNotFound = 69,
  kFetchSessionIdNotFound = 70,
  kInvalidFetchSessionEpoch = 71,
  kListenerNotFound = 72,
  kFencedLeaderEpoch = 74,
  kUnknownLeaderEpoch = 75,
  kUnsupportedCompressionType = 76,
  kOffsetNotAvailable = 78,
  kPreferredLeaderNotAvailable = 80,
  kFencedInstanceId = 82,
  kUnstableOffsetCommit = 88,
  kThrottlingQuotaExceeded = 89,
  kUnknownTopicId = 100,
  kInconsistentTopicId = 103,
  kInconsistentClusterId = 104,
  kFetchSessionTopicIdError = 106,
  kOffsetMovedToTieredStorage = 109,
  kFencedMemberEpoch = 110,
  kStaleMemberEpoch = 113,
  kRebootstrapRequired = 129,
};

enum class KafkaErrorMeaning {
  kNone,              // no error
  kRetry,             // ask the same broker again after a while
  kRefreshMetadata,   // ask for Metadata, then whom it names; it may take a while until brokers agree
  kRefreshGroup,      // ask FindCoordinator, then the broker that it names
  kRebootstrap,       // forget all brokers and begin with the addresses that are configured
  kRestartSession,    // the fetch session is of no use any more: begin a new one, with all partitions
  kTopicMissing,      // that broker knows no such topic or partition: Metadata decides whether nobody does
  kOffsetOutOfRange,  // the offset is below the log's start or above its end
  kDenied,            // the user has not got the right
  kLoginRefused,      // SASL: mechanism, user or password
  kCorrupt,           // the broker cannot read its own log there
  kRefused,           // asking again does not help: version, format, or what was asked
};

// A code that is not above is kRetry.
KafkaErrorMeaning MeaningOf(KafkaError error);
// "NOT_LEADER_OR_FOLLOWER", as Apache Kafka has it; "" when it is not above.
std::string_view NameOf(KafkaError error);
// For messages: "the broker does not lead the partition (NOT_LEADER_OR_FOLLOWER)".
std::string Describe(KafkaError error);

}  // namespace frazil
