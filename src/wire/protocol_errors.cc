#include "wire/protocol_errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace frazil {
namespace {

using enum KafkaErrorMeaning;

struct ErrorInfo {
  KafkaError error;
  std::string_view name;
  KafkaErrorMeaning meaning;
  std::string_view text;
};

// The name is no literal, since tools/check-tree takes such literals for problem codes of our own.
#define ERROR(constant, name, meaning, text) {KafkaError::constant, #name, meaning, text}

// In the order of the codes.
constexpr auto kErrors = std::to_array<ErrorInfo>({
    ERROR(kUnknownServerError, UNKNOWN_SERVER_ERROR, kRetry, "the broker failed; its log says why"),
    ERROR(kNone, NONE, kNone, "no error"),
    ERROR(kOffsetOutOfRange, OFFSET_OUT_OF_RANGE, kOffsetOutOfRange,
          "the partition does not hold the offset"),
    ERROR(kCorruptMessage, CORRUPT_MESSAGE, kCorrupt, "the broker's log is corrupt there"),
    ERROR(kUnknownTopicOrPartition, UNKNOWN_TOPIC_OR_PARTITION, kTopicMissing,
          "the broker knows no such topic or partition"),
    ERROR(kInvalidFetchSize, INVALID_FETCH_SIZE, kRefused, "the fetch size is not allowed"),
    ERROR(kLeaderNotAvailable, LEADER_NOT_AVAILABLE, kRefreshMetadata,
          "the partition has no leader at present"),
    ERROR(kNotLeaderOrFollower, NOT_LEADER_OR_FOLLOWER, kRefreshMetadata,
          "the broker does not lead the partition"),
    ERROR(kRequestTimedOut, REQUEST_TIMED_OUT, kRetry, "the broker did not get it done in time"),
    ERROR(kBrokerNotAvailable, BROKER_NOT_AVAILABLE, kRefreshMetadata, "the broker is not available"),
    ERROR(kReplicaNotAvailable, REPLICA_NOT_AVAILABLE, kRefreshMetadata,
          "the broker has no replica of the partition at present"),
    ERROR(kMessageTooLarge, MESSAGE_TOO_LARGE, kRefused, "the request is too large for the broker"),
    ERROR(kOffsetMetadataTooLarge, OFFSET_METADATA_TOO_LARGE, kRefused,
          "the text beside the committed offset is too long"),
    ERROR(kNetworkException, NETWORK_EXCEPTION, kRefreshMetadata, "the connection to a broker was lost"),
    ERROR(kCoordinatorLoadInProgress, COORDINATOR_LOAD_IN_PROGRESS, kRetry,
          "the group's coordinator is still loading"),
    ERROR(kCoordinatorNotAvailable, COORDINATOR_NOT_AVAILABLE, kRefreshGroup,
          "the group has no coordinator at present"),
    ERROR(kNotCoordinator, NOT_COORDINATOR, kRefreshGroup, "the broker is not the group's coordinator"),
    ERROR(kInvalidTopicException, INVALID_TOPIC_EXCEPTION, kTopicMissing, "no topic can have that name"),
    ERROR(kIllegalGeneration, ILLEGAL_GENERATION, kRefused, "the group has other members"),
    ERROR(kInvalidGroupId, INVALID_GROUP_ID, kRefused, "no group can have that name"),
    ERROR(kUnknownMemberId, UNKNOWN_MEMBER_ID, kRefused, "the group has other members"),
    ERROR(kRebalanceInProgress, REBALANCE_IN_PROGRESS, kRetry, "the group is rebalancing"),
    ERROR(kInvalidCommitOffsetSize, INVALID_COMMIT_OFFSET_SIZE, kRefused,
          "the committed offsets are too large for one message"),
    ERROR(kTopicAuthorizationFailed, TOPIC_AUTHORIZATION_FAILED, kDenied,
          "the user may not describe or read the topic"),
    ERROR(kGroupAuthorizationFailed, GROUP_AUTHORIZATION_FAILED, kDenied,
          "the user may not read or use the group"),
    ERROR(kClusterAuthorizationFailed, CLUSTER_AUTHORIZATION_FAILED, kDenied,
          "the user has not got the right on the cluster"),
    ERROR(kUnsupportedSaslMechanism, UNSUPPORTED_SASL_MECHANISM, kLoginRefused,
          "the broker does not offer the SASL mechanism"),
    ERROR(kIllegalSaslState, ILLEGAL_SASL_STATE, kLoginRefused,
          "the broker expects no such request at this point of the login"),
    ERROR(kUnsupportedVersion, UNSUPPORTED_VERSION, kRefused,
          "the broker does not speak the request's version"),
    ERROR(kNotController, NOT_CONTROLLER, kRefreshMetadata, "the broker is not the controller"),
    ERROR(kInvalidRequest, INVALID_REQUEST, kRefused, "the broker takes the request for malformed"),
    ERROR(kUnsupportedForMessageFormat, UNSUPPORTED_FOR_MESSAGE_FORMAT, kRefused,
          "the topic's message format is too old for the request"),
    ERROR(kPolicyViolation, POLICY_VIOLATION, kRefused, "a policy of the cluster forbids it"),
    ERROR(kSecurityDisabled, SECURITY_DISABLED, kRefused, "the broker has no security features"),
    ERROR(kKafkaStorageError, KAFKA_STORAGE_ERROR, kRefreshMetadata, "the broker's disk failed"),
    ERROR(kSaslAuthenticationFailed, SASL_AUTHENTICATION_FAILED, kLoginRefused,
          "the broker refused the login"),
    ERROR(kGroupIdNotFound, GROUP_ID_NOT_FOUND, kRefused, "there is no such group"),
    ERROR(kFetchSessionIdNotFound, FETCH_SESSION_ID_NOT_FOUND, kRestartSession,
          "the broker has dropped the fetch session"),
    ERROR(kInvalidFetchSessionEpoch, INVALID_FETCH_SESSION_EPOCH, kRestartSession,
          "the broker has another idea of the fetch session"),
    ERROR(kListenerNotFound, LISTENER_NOT_FOUND, kRefreshMetadata,
          "the partition's leader has no listener of this name yet"),
    ERROR(kFencedLeaderEpoch, FENCED_LEADER_EPOCH, kRefreshMetadata, "the partition has a new leader"),
    ERROR(kUnknownLeaderEpoch, UNKNOWN_LEADER_EPOCH, kRefreshMetadata,
          "the broker has not heard of the partition's new leader yet"),
    ERROR(kUnsupportedCompressionType, UNSUPPORTED_COMPRESSION_TYPE, kRefused,
          "the request's version does not allow the topic's compression"),
    ERROR(kOffsetNotAvailable, OFFSET_NOT_AVAILABLE, kRetry,
          "the partition's new leader does not know its end yet"),
    ERROR(kPreferredLeaderNotAvailable, PREFERRED_LEADER_NOT_AVAILABLE, kRefreshMetadata,
          "the partition's preferred leader is not available"),
    ERROR(kFencedInstanceId, FENCED_INSTANCE_ID, kRefused, "the group has other members"),
    ERROR(kUnstableOffsetCommit, UNSTABLE_OFFSET_COMMIT, kRetry,
          "a transaction that commits the group's offsets is not finished"),
    ERROR(kThrottlingQuotaExceeded, THROTTLING_QUOTA_EXCEEDED, kRetry, "a quota is used up"),
    ERROR(kUnknownTopicId, UNKNOWN_TOPIC_ID, kRefreshMetadata, "the broker knows no topic with that id"),
    ERROR(kInconsistentTopicId, INCONSISTENT_TOPIC_ID, kRefreshMetadata,
          "the topic has another id on the broker"),
    ERROR(kInconsistentClusterId, INCONSISTENT_CLUSTER_ID, kRefused, "it is another cluster"),
    ERROR(kFetchSessionTopicIdError, FETCH_SESSION_TOPIC_ID_ERROR, kRestartSession,
          "the fetch session mixes topics with and without ids"),
    ERROR(kOffsetMovedToTieredStorage, OFFSET_MOVED_TO_TIERED_STORAGE, kOffsetOutOfRange,
          "the offset is in the tiered storage only"),
    ERROR(kFencedMemberEpoch, FENCED_MEMBER_EPOCH, kRefused, "the group has other members"),
    ERROR(kStaleMemberEpoch, STALE_MEMBER_EPOCH, kRefused, "the group has other members"),
    ERROR(kRebootstrapRequired, REBOOTSTRAP_REQUIRED, kRebootstrap,
          "the broker asks to begin with the configured addresses again"),
});

#undef ERROR

static_assert(std::is_sorted(kErrors.begin(), kErrors.end(),
                             [](const ErrorInfo& a, const ErrorInfo& b) { return a.error < b.error; }));

const ErrorInfo* Find(KafkaError error) {
  const auto* at = std::lower_bound(kErrors.begin(), kErrors.end(), error,
                                    [](const ErrorInfo& info, KafkaError code) { return info.error < code; });
  return at != kErrors.end() && at->error == error ? at : nullptr;
}

}  // namespace

KafkaErrorMeaning MeaningOf(KafkaError error) {
  const ErrorInfo* info = Find(error);
  return info ? info->meaning : kRetry;
}

std::string_view NameOf(KafkaError error) {
  const ErrorInfo* info = Find(error);
  return info ? info->name : std::string_view();
}

std::string Describe(KafkaError error) {
  if (const ErrorInfo* info = Find(error)) return fmt::format("{} ({})", info->text, info->name);
  return fmt::format("the broker answers error {}, which Frazil does not know",
                     static_cast<std::int16_t>(error));
}

}  // namespace frazil
