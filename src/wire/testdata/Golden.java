// Writes golden.txt: frames (without their length) of the requests and responses that we speak, made by
// Apache Kafka's own classes, in every version that we speak, and Apache Kafka's error codes.
//
//   java -cp '.deps/kafka/*' src/wire/testdata/Golden.java > src/wire/testdata/golden.txt
//
// Lines: `request NAME VERSION HEX`, `response NAME VERSION HEX`, `least NAME VERSION HEX` (a response with
// many of the smallest items that can be), `error CODE NAME`, `scram SIDE MESSAGE`. The values in the
// messages are those that protocol_messages_test.cc and scram_test.cc have.

import static java.util.Collections.nCopies;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.*;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.security.scram.internals.ScramFormatter;
import org.apache.kafka.common.security.scram.internals.ScramMechanism;
import org.apache.kafka.common.security.scram.internals.ScramMessages;

public class Golden {
    static final Uuid ORDERS = new Uuid(0x0102030405060708L, 0x090a0b0c0d0e0f10L);
    static final Uuid CLICKS = new Uuid(0x1112131415161718L, 0x191a1b1c1d1e1f20L);
    static final int CORRELATION_ID = 0x01020304;

    static String hex(ApiMessage header, int headerVersion, ApiMessage body, int version) {
        ByteBuffer first = MessageUtil.toByteBufferAccessor(header, (short) headerVersion).buffer();
        ByteBuffer second = MessageUtil.toByteBufferAccessor(body, (short) version).buffer();
        byte[] bytes = new byte[first.remaining() + second.remaining()];
        int size = first.remaining();
        first.get(bytes, 0, size);
        second.get(bytes, size, bytes.length - size);
        return HexFormat.of().formatHex(bytes);
    }

    static void request(String name, ApiKeys api, int version, ApiMessage body) {
        RequestHeaderData header = new RequestHeaderData()
                                       .setRequestApiKey(api.id)
                                       .setRequestApiVersion((short) version)
                                       .setCorrelationId(CORRELATION_ID)
                                       .setClientId("frazil");
        System.out.println("request " + name + " " + version + " "
            + hex(header, api.requestHeaderVersion((short) version), body, version));
    }

    static void response(String name, ApiKeys api, int version, ApiMessage body) {
        response("response", name, api, version, body);
    }

    static void response(String kind, String name, ApiKeys api, int version, ApiMessage body) {
        ResponseHeaderData header = new ResponseHeaderData().setCorrelationId(CORRELATION_ID);
        System.out.println(kind + " " + name + " " + version + " "
            + hex(header, api.responseHeaderVersion((short) version), body, version));
    }

    static void least(ApiKeys api, int version, ApiMessage body) {
        response("least", api.name, api, version, body);
    }

    static void all(ApiKeys api, int lowest, int highest, Function<Integer, ApiMessage> asked,
        Function<Integer, ApiMessage> answered) {
        for (int version = lowest; version <= highest; ++version) {
            request(api.name, api, version, asked.apply(version));
            response(api.name, api, version, answered.apply(version));
        }
    }

    static ApiVersionsResponseData.ApiVersionCollection apiVersions() {
        ApiVersionsResponseData.ApiVersionCollection versions =
            new ApiVersionsResponseData.ApiVersionCollection();
        versions.add(new ApiVersionsResponseData.ApiVersion()
                .setApiKey((short) 1)
                .setMinVersion((short) 4)
                .setMaxVersion((short) 18));
        versions.add(new ApiVersionsResponseData.ApiVersion()
                .setApiKey((short) 18)
                .setMinVersion((short) 0)
                .setMaxVersion((short) 4));
        return versions;
    }

    static ApiMessage apiVersionsResponse() {
        ApiVersionsResponseData.SupportedFeatureKeyCollection features =
            new ApiVersionsResponseData.SupportedFeatureKeyCollection();
        features.add(new ApiVersionsResponseData.SupportedFeatureKey()
                .setName("metadata.version")
                .setMinVersion((short) 7)
                .setMaxVersion((short) 29));
        return new ApiVersionsResponseData()
            .setApiKeys(apiVersions())
            .setThrottleTimeMs(7)
            .setSupportedFeatures(features)
            .setFinalizedFeaturesEpoch(99)
            .setZkMigrationReady(true);
    }

    static ApiMessage metadataRequest() {
        return new MetadataRequestData().setAllowAutoTopicCreation(false).setTopics(
            List.of(new MetadataRequestData.MetadataRequestTopic().setName("orders"),
                new MetadataRequestData.MetadataRequestTopic().setName("clicks")));
    }

    static ApiMessage metadataResponse() {
        MetadataResponseData.MetadataResponseBrokerCollection brokers =
            new MetadataResponseData.MetadataResponseBrokerCollection();
        brokers.add(new MetadataResponseData.MetadataResponseBroker()
                .setNodeId(1)
                .setHost("one.example")
                .setPort(9092)
                .setRack("a"));
        brokers.add(new MetadataResponseData.MetadataResponseBroker()
                .setNodeId(2)
                .setHost("two.example")
                .setPort(9093));
        MetadataResponseData.MetadataResponseTopicCollection topics =
            new MetadataResponseData.MetadataResponseTopicCollection();
        topics.add(new MetadataResponseData.MetadataResponseTopic()
                .setName("orders")
                .setTopicId(ORDERS)
                .setPartitions(List.of(new MetadataResponseData.MetadataResponsePartition()
                                           .setPartitionIndex(1)
                                           .setLeaderId(2)
                                           .setLeaderEpoch(5)
                                           .setReplicaNodes(List.of(2, 1))
                                           .setIsrNodes(List.of(2))
                                           .setOfflineReplicas(List.of(1)),
                    new MetadataResponseData.MetadataResponsePartition()
                        .setPartitionIndex(0)
                        .setLeaderId(-1)
                        .setErrorCode(Errors.LEADER_NOT_AVAILABLE.code())
                        .setLeaderEpoch(6)
                        .setReplicaNodes(List.of(1))
                        .setIsrNodes(List.of()))));
        topics.add(new MetadataResponseData.MetadataResponseTopic()
                .setName("__consumer_offsets")
                .setIsInternal(true)
                .setTopicId(CLICKS)
                .setTopicAuthorizedOperations(3));
        topics.add(new MetadataResponseData.MetadataResponseTopic().setName("missing").setErrorCode(
            Errors.UNKNOWN_TOPIC_OR_PARTITION.code()));
        return new MetadataResponseData()
            .setThrottleTimeMs(11)
            .setBrokers(brokers)
            .setClusterId("Xk3")
            .setControllerId(1)
            .setTopics(topics)
            .setErrorCode(Errors.REBOOTSTRAP_REQUIRED.code());
    }

    static ApiMessage describeConfigsRequest() {
        return new DescribeConfigsRequestData().setResources(
            List.of(new DescribeConfigsRequestData.DescribeConfigsResource()
                    .setResourceType((byte) 2)
                    .setResourceName("orders")
                    .setConfigurationKeys(List.of("retention.ms", "cleanup.policy"))));
    }

    static ApiMessage describeConfigsResponse() {
        return new DescribeConfigsResponseData().setThrottleTimeMs(3).setResults(
            List.of(new DescribeConfigsResponseData.DescribeConfigsResult()
                        .setResourceType((byte) 2)
                        .setResourceName("orders")
                        .setConfigs(List.of(
                            new DescribeConfigsResponseData.DescribeConfigsResourceResult()
                                .setName("retention.ms")
                                .setValue("604800000")
                                .setConfigSource((byte) 5)
                                .setConfigType((byte) 5)
                                .setDocumentation("how long")
                                .setSynonyms(List.of(new DescribeConfigsResponseData.DescribeConfigsSynonym()
                                        .setName("log.retention.ms")
                                        .setValue("1")
                                        .setSource((byte) 5))),
                            new DescribeConfigsResponseData.DescribeConfigsResourceResult()
                                .setName("secret")
                                .setValue(null)
                                .setIsSensitive(true)
                                .setReadOnly(true)
                                .setDocumentation(null))),
                new DescribeConfigsResponseData.DescribeConfigsResult()
                    .setResourceType((byte) 2)
                    .setResourceName("clicks")
                    .setErrorCode(Errors.TOPIC_AUTHORIZATION_FAILED.code())
                    .setErrorMessage("no")
                    .setConfigs(List.of())));
    }

    static ApiMessage listOffsetsRequest() {
        return new ListOffsetsRequestData()
            .setReplicaId(-1)
            .setIsolationLevel((byte) 1)
            .setTimeoutMs(1234)
            .setTopics(List.of(
                new ListOffsetsRequestData.ListOffsetsTopic().setName("orders").setPartitions(List.of(
                    new ListOffsetsRequestData.ListOffsetsPartition()
                        .setPartitionIndex(0)
                        .setCurrentLeaderEpoch(5)
                        .setTimestamp(-2),
                    new ListOffsetsRequestData.ListOffsetsPartition().setPartitionIndex(1).setTimestamp(-1))),
                new ListOffsetsRequestData.ListOffsetsTopic().setName("clicks").setPartitions(List.of(
                    new ListOffsetsRequestData.ListOffsetsPartition().setPartitionIndex(300).setTimestamp(
                        1700000000000L)))));
    }

    static ApiMessage listOffsetsResponse() {
        return new ListOffsetsResponseData().setThrottleTimeMs(1).setTopics(List.of(
            new ListOffsetsResponseData.ListOffsetsTopicResponse().setName("orders").setPartitions(List.of(
                new ListOffsetsResponseData.ListOffsetsPartitionResponse()
                    .setPartitionIndex(0)
                    .setOffset(42)
                    .setTimestamp(1700000000001L)
                    .setLeaderEpoch(4),
                new ListOffsetsResponseData.ListOffsetsPartitionResponse().setPartitionIndex(1).setErrorCode(
                    Errors.FENCED_LEADER_EPOCH.code())))));
    }

    static ApiMessage epochRequest() {
        OffsetForLeaderEpochRequestData.OffsetForLeaderTopicCollection topics =
            new OffsetForLeaderEpochRequestData.OffsetForLeaderTopicCollection();
        topics.add(
            new OffsetForLeaderEpochRequestData.OffsetForLeaderTopic().setTopic("orders").setPartitions(
                List.of(new OffsetForLeaderEpochRequestData.OffsetForLeaderPartition()
                        .setPartition(3)
                        .setCurrentLeaderEpoch(9)
                        .setLeaderEpoch(8))));
        return new OffsetForLeaderEpochRequestData().setReplicaId(-1).setTopics(topics);
    }

    static ApiMessage epochResponse() {
        OffsetForLeaderEpochResponseData.OffsetForLeaderTopicResultCollection topics =
            new OffsetForLeaderEpochResponseData.OffsetForLeaderTopicResultCollection();
        topics.add(new OffsetForLeaderEpochResponseData.OffsetForLeaderTopicResult()
                .setTopic("orders")
                .setPartitions(List.of(new OffsetForLeaderEpochResponseData.EpochEndOffset()
                                           .setPartition(3)
                                           .setLeaderEpoch(7)
                                           .setEndOffset(777),
                    new OffsetForLeaderEpochResponseData.EpochEndOffset().setPartition(4).setErrorCode(
                        Errors.UNKNOWN_LEADER_EPOCH.code()))));
        return new OffsetForLeaderEpochResponseData().setThrottleTimeMs(2).setTopics(topics);
    }

    static ApiMessage findCoordinatorRequest(int version) {
        FindCoordinatorRequestData request = new FindCoordinatorRequestData().setKeyType((byte) 0);
        return version < 4 ? request.setKey("frazil.orders")
                           : request.setCoordinatorKeys(List.of("frazil.orders"));
    }

    static ApiMessage findCoordinatorResponse(int version) {
        FindCoordinatorResponseData response = new FindCoordinatorResponseData().setThrottleTimeMs(5);
        if (version < 4) {
            return response.setErrorMessage("fine").setNodeId(2).setHost("two.example").setPort(9093);
        }
        return response.setCoordinators(List.of(new FindCoordinatorResponseData.Coordinator()
                .setKey("frazil.orders")
                .setErrorMessage("fine")
                .setNodeId(2)
                .setHost("two.example")
                .setPort(9093)));
    }

    static ApiMessage offsetCommitRequest() {
        return new OffsetCommitRequestData()
            .setGroupId("frazil.orders")
            .setTopics(List.of(
                new OffsetCommitRequestData.OffsetCommitRequestTopic().setName("orders").setPartitions(
                    List.of(new OffsetCommitRequestData.OffsetCommitRequestPartition()
                                .setPartitionIndex(0)
                                .setCommittedOffset(2000)
                                .setCommittedLeaderEpoch(5)
                                .setCommittedMetadata(""),
                        new OffsetCommitRequestData.OffsetCommitRequestPartition()
                            .setPartitionIndex(1)
                            .setCommittedOffset(1L << 40)
                            .setCommittedMetadata("")))));
    }

    static ApiMessage offsetCommitResponse() {
        return new OffsetCommitResponseData().setThrottleTimeMs(6).setTopics(
            List.of(new OffsetCommitResponseData.OffsetCommitResponseTopic().setName("orders").setPartitions(
                List.of(new OffsetCommitResponseData.OffsetCommitResponsePartition().setPartitionIndex(0),
                    new OffsetCommitResponseData.OffsetCommitResponsePartition()
                        .setPartitionIndex(1)
                        .setErrorCode(Errors.UNKNOWN_MEMBER_ID.code())))));
    }

    static ApiMessage offsetFetchRequest(int version) {
        OffsetFetchRequestData request = new OffsetFetchRequestData().setRequireStable(true);
        if (version < 8) {
            return request.setGroupId("frazil.orders")
                .setTopics(List.of(new OffsetFetchRequestData.OffsetFetchRequestTopic()
                        .setName("orders")
                        .setPartitionIndexes(List.of(0, 7))));
        }
        return request.setGroups(List.of(new OffsetFetchRequestData.OffsetFetchRequestGroup()
                .setGroupId("frazil.orders")
                .setTopics(List.of(new OffsetFetchRequestData.OffsetFetchRequestTopics()
                        .setName("orders")
                        .setPartitionIndexes(List.of(0, 7))))));
    }

    static ApiMessage offsetFetchResponse(int version) {
        OffsetFetchResponseData response = new OffsetFetchResponseData().setThrottleTimeMs(8);
        short error = Errors.COORDINATOR_LOAD_IN_PROGRESS.code();
        short unstable = Errors.UNSTABLE_OFFSET_COMMIT.code();
        if (version < 8) {
            return response.setErrorCode(error).setTopics(List.of(
                new OffsetFetchResponseData.OffsetFetchResponseTopic().setName("orders").setPartitions(
                    List.of(new OffsetFetchResponseData.OffsetFetchResponsePartition()
                                .setPartitionIndex(0)
                                .setCommittedOffset(2000)
                                .setCommittedLeaderEpoch(5)
                                .setMetadata("m"),
                        new OffsetFetchResponseData.OffsetFetchResponsePartition()
                            .setPartitionIndex(7)
                            .setCommittedOffset(-1)
                            .setMetadata(null)
                            .setErrorCode(unstable)))));
        }
        return response.setGroups(List.of(new OffsetFetchResponseData.OffsetFetchResponseGroup()
                .setGroupId("frazil.orders")
                .setErrorCode(error)
                .setTopics(List.of(
                    new OffsetFetchResponseData.OffsetFetchResponseTopics().setName("orders").setPartitions(
                        List.of(new OffsetFetchResponseData.OffsetFetchResponsePartitions()
                                    .setPartitionIndex(0)
                                    .setCommittedOffset(2000)
                                    .setCommittedLeaderEpoch(5)
                                    .setMetadata("m"),
                            new OffsetFetchResponseData.OffsetFetchResponsePartitions()
                                .setPartitionIndex(7)
                                .setCommittedOffset(-1)
                                .setMetadata(null)
                                .setErrorCode(unstable)))))));
    }

    static ApiMessage fetchRequest() {
        return new FetchRequestData()
            .setMaxWaitMs(500)
            .setMinBytes(1)
            .setMaxBytes(50000000)
            .setIsolationLevel((byte) 1)
            .setSessionId(77)
            .setSessionEpoch(3)
            .setRackId("a")
            .setTopics(
                List.of(new FetchRequestData.FetchTopic().setTopic("orders").setTopicId(ORDERS).setPartitions(
                            List.of(new FetchRequestData.FetchPartition()
                                        .setPartition(0)
                                        .setCurrentLeaderEpoch(5)
                                        .setFetchOffset(1000)
                                        .setLastFetchedEpoch(4)
                                        .setPartitionMaxBytes(1048576),
                                new FetchRequestData.FetchPartition()
                                    .setPartition(1)
                                    .setFetchOffset(1L << 33)
                                    .setPartitionMaxBytes(65536))),
                    new FetchRequestData.FetchTopic().setTopic("clicks").setTopicId(CLICKS).setPartitions(
                        List.of(new FetchRequestData.FetchPartition()
                                .setPartition(300)
                                .setCurrentLeaderEpoch(0)
                                .setFetchOffset(0)
                                .setPartitionMaxBytes(1)))))
            .setForgottenTopicsData(List.of(
                new FetchRequestData.ForgottenTopic().setTopic("clicks").setTopicId(CLICKS).setPartitions(
                    List.of(2, 3))));
    }

    static ApiMessage fetchResponse(int version) {
        FetchResponseData response =
            new FetchResponseData().setThrottleTimeMs(9).setSessionId(77).setResponses(List.of(
                new FetchResponseData.FetchableTopicResponse()
                    .setTopic("orders")
                    .setTopicId(ORDERS)
                    .setPartitions(List.of(
                        new FetchResponseData.PartitionData()
                            .setPartitionIndex(0)
                            .setHighWatermark(2000)
                            .setLastStableOffset(1990)
                            .setLogStartOffset(10)
                            .setAbortedTransactions(List.of(
                                new FetchResponseData.AbortedTransaction().setProducerId(4000).setFirstOffset(
                                    1001),
                                new FetchResponseData.AbortedTransaction().setProducerId(4001).setFirstOffset(
                                    1003)))
                            .setRecords(MemoryRecords.readableRecords(
                                ByteBuffer.wrap("some record batches".getBytes()))),
                        new FetchResponseData.PartitionData()
                            .setPartitionIndex(1)
                            .setErrorCode(Errors.NOT_LEADER_OR_FOLLOWER.code())
                            .setHighWatermark(-1)
                            .setCurrentLeader(
                                new FetchResponseData.LeaderIdAndEpoch().setLeaderId(2).setLeaderEpoch(6))
                            .setRecords(MemoryRecords.EMPTY))),
                new FetchResponseData.FetchableTopicResponse()
                    .setTopic("clicks")
                    .setTopicId(CLICKS)
                    .setPartitions(List.of(new FetchResponseData.PartitionData()
                            .setPartitionIndex(300)
                            .setHighWatermark(50)
                            .setDivergingEpoch(
                                new FetchResponseData.EpochEndOffset().setEpoch(3).setEndOffset(45))
                            .setSnapshotId(new FetchResponseData.SnapshotId().setEpoch(1).setEndOffset(2))
                            .setAbortedTransactions(List.of(
                                new FetchResponseData.AbortedTransaction().setProducerId(5000).setFirstOffset(
                                    7)))
                            .setPreferredReadReplica(2)
                            .setRecords(null)))));
        if (version >= 16) {
            FetchResponseData.NodeEndpointCollection nodes = new FetchResponseData.NodeEndpointCollection();
            nodes.add(new FetchResponseData.NodeEndpoint()
                    .setNodeId(2)
                    .setHost("two.example")
                    .setPort(9093)
                    .setRack("b"));
            response.setNodeEndpoints(nodes);
        }
        return response;
    }

    // Each list, at the end of a message, with items of which nothing is set.
    static void leastResponses() {
        final int many = 40;
        ApiVersionsResponseData.ApiVersionCollection versions =
            new ApiVersionsResponseData.ApiVersionCollection();
        MetadataResponseData.MetadataResponseBrokerCollection brokers =
            new MetadataResponseData.MetadataResponseBrokerCollection();
        MetadataResponseData.MetadataResponseTopicCollection topics =
            new MetadataResponseData.MetadataResponseTopicCollection();
        OffsetForLeaderEpochResponseData.OffsetForLeaderTopicResultCollection epochs =
            new OffsetForLeaderEpochResponseData.OffsetForLeaderTopicResultCollection();
        for (int i = 0; i < many; ++i) {
            versions.add(new ApiVersionsResponseData.ApiVersion());
            brokers.add(new MetadataResponseData.MetadataResponseBroker());
            topics.add(new MetadataResponseData.MetadataResponseTopic());
            epochs.add(new OffsetForLeaderEpochResponseData.OffsetForLeaderTopicResult());
        }
        least(ApiKeys.API_VERSIONS, 3, new ApiVersionsResponseData().setApiKeys(versions));
        least(ApiKeys.METADATA, 10, new MetadataResponseData().setBrokers(brokers));
        least(ApiKeys.METADATA, 10, new MetadataResponseData().setTopics(topics));
        MetadataResponseData.MetadataResponseTopicCollection topic =
            new MetadataResponseData.MetadataResponseTopicCollection();
        topic.add(new MetadataResponseData.MetadataResponseTopic().setPartitions(
            nCopies(many, new MetadataResponseData.MetadataResponsePartition())));
        least(ApiKeys.METADATA, 10, new MetadataResponseData().setTopics(topic));
        DescribeConfigsResponseData.DescribeConfigsResult result =
            new DescribeConfigsResponseData.DescribeConfigsResult();
        DescribeConfigsResponseData.DescribeConfigsResourceResult config =
            new DescribeConfigsResponseData.DescribeConfigsResourceResult();
        least(
            ApiKeys.DESCRIBE_CONFIGS, 4, new DescribeConfigsResponseData().setResults(nCopies(many, result)));
        least(ApiKeys.DESCRIBE_CONFIGS, 4,
            new DescribeConfigsResponseData().setResults(
                List.of(result.duplicate().setConfigs(nCopies(many, config)))));
        least(ApiKeys.DESCRIBE_CONFIGS, 4,
            new DescribeConfigsResponseData().setResults(
                List.of(result.duplicate().setConfigs(List.of(config.duplicate().setSynonyms(
                    nCopies(many, new DescribeConfigsResponseData.DescribeConfigsSynonym())))))));
        ListOffsetsResponseData.ListOffsetsTopicResponse listed =
            new ListOffsetsResponseData.ListOffsetsTopicResponse();
        least(ApiKeys.LIST_OFFSETS, 6, new ListOffsetsResponseData().setTopics(nCopies(many, listed)));
        least(ApiKeys.LIST_OFFSETS, 6,
            new ListOffsetsResponseData().setTopics(List.of(listed.duplicate().setPartitions(
                nCopies(many, new ListOffsetsResponseData.ListOffsetsPartitionResponse())))));
        least(ApiKeys.OFFSET_FOR_LEADER_EPOCH, 4, new OffsetForLeaderEpochResponseData().setTopics(epochs));
        OffsetForLeaderEpochResponseData.OffsetForLeaderTopicResultCollection epoch =
            new OffsetForLeaderEpochResponseData.OffsetForLeaderTopicResultCollection();
        epoch.add(new OffsetForLeaderEpochResponseData.OffsetForLeaderTopicResult().setPartitions(
            nCopies(many, new OffsetForLeaderEpochResponseData.EpochEndOffset())));
        least(ApiKeys.OFFSET_FOR_LEADER_EPOCH, 4, new OffsetForLeaderEpochResponseData().setTopics(epoch));
        least(ApiKeys.FIND_COORDINATOR, 4,
            new FindCoordinatorResponseData().setCoordinators(
                List.of(new FindCoordinatorResponseData.Coordinator())));
        OffsetCommitResponseData.OffsetCommitResponseTopic committed =
            new OffsetCommitResponseData.OffsetCommitResponseTopic();
        least(ApiKeys.OFFSET_COMMIT, 8, new OffsetCommitResponseData().setTopics(nCopies(many, committed)));
        least(ApiKeys.OFFSET_COMMIT, 8,
            new OffsetCommitResponseData().setTopics(List.of(committed.duplicate().setPartitions(
                nCopies(many, new OffsetCommitResponseData.OffsetCommitResponsePartition())))));
        OffsetFetchResponseData.OffsetFetchResponseGroup group =
            new OffsetFetchResponseData.OffsetFetchResponseGroup();
        OffsetFetchResponseData.OffsetFetchResponseTopics fetched =
            new OffsetFetchResponseData.OffsetFetchResponseTopics();
        least(ApiKeys.OFFSET_FETCH, 8, new OffsetFetchResponseData().setGroups(List.of(group)));
        least(ApiKeys.OFFSET_FETCH, 8,
            new OffsetFetchResponseData().setGroups(
                List.of(group.duplicate().setTopics(nCopies(many, fetched)))));
        least(ApiKeys.OFFSET_FETCH, 8,
            new OffsetFetchResponseData().setGroups(
                List.of(group.duplicate().setTopics(List.of(fetched.duplicate().setPartitions(
                    nCopies(many, new OffsetFetchResponseData.OffsetFetchResponsePartitions())))))));
        FetchResponseData.FetchableTopicResponse read = new FetchResponseData.FetchableTopicResponse();
        FetchResponseData.PartitionData partition = new FetchResponseData.PartitionData();
        least(ApiKeys.FETCH, 12, new FetchResponseData().setResponses(nCopies(many, read)));
        least(ApiKeys.FETCH, 12,
            new FetchResponseData().setResponses(
                List.of(read.duplicate().setPartitions(nCopies(many, partition)))));
        least(ApiKeys.FETCH, 12,
            new FetchResponseData().setResponses(
                List.of(read.duplicate().setPartitions(List.of(partition.duplicate().setAbortedTransactions(
                    nCopies(many, new FetchResponseData.AbortedTransaction())))))));
        FetchResponseData.NodeEndpointCollection nodes = new FetchResponseData.NodeEndpointCollection();
        for (int i = 0; i < many; ++i) nodes.add(new FetchResponseData.NodeEndpoint());
        least(ApiKeys.FETCH, 16, new FetchResponseData().setNodeEndpoints(nodes));
        least(ApiKeys.SASL_HANDSHAKE, 1, new SaslHandshakeResponseData().setMechanisms(nCopies(many, "")));
        least(ApiKeys.SASL_AUTHENTICATE, 2, new SaslAuthenticateResponseData());
    }

    // A login with SCRAM-SHA-512: the last message of each side.
    static void scram() throws Exception {
        ScramFormatter formatter = new ScramFormatter(ScramMechanism.SCRAM_SHA_512);
        ScramMessages.ClientFirstMessage clientFirst =
            new ScramMessages.ClientFirstMessage(ScramFormatter.saslName("us,er="), "abcDEF123", Map.of());
        ScramMessages.ServerFirstMessage serverFirst =
            new ScramMessages.ServerFirstMessage("abcDEF123", "server", "some salt".getBytes(), 5000);
        ScramMessages.ClientFinalMessage clientFinal =
            new ScramMessages.ClientFinalMessage("n,,".getBytes(), serverFirst.nonce());
        // U+00AA is the letter a to SASLprep.
        byte[] salted = formatter.hi(
            ScramFormatter.normalize("pa,ss\u00aa"), serverFirst.salt(), serverFirst.iterations());
        clientFinal.proof(formatter.clientProof(salted, clientFirst, serverFirst, clientFinal));
        byte[] signature =
            formatter.serverSignature(formatter.serverKey(salted), clientFirst, serverFirst, clientFinal);
        System.out.println("scram server-first " + new String(serverFirst.toBytes()));
        System.out.println("scram client-first " + new String(clientFirst.toBytes()));
        System.out.println("scram client-final " + new String(clientFinal.toBytes()));
        System.out.println("scram server-final "
            + new String(new ScramMessages.ServerFinalMessage(null, signature).toBytes()));
    }

    public static void main(String[] arguments) throws Exception {
        all(ApiKeys.API_VERSIONS, 3, 3,
            v
            -> new ApiVersionsRequestData().setClientSoftwareName("frazil").setClientSoftwareVersion("0.1.0"),
            v -> apiVersionsResponse());
        response("ApiVersionsUnsupported", ApiKeys.API_VERSIONS, 0,
            new ApiVersionsResponseData()
                .setApiKeys(apiVersions())
                .setErrorCode(Errors.UNSUPPORTED_VERSION.code()));
        all(ApiKeys.METADATA, 10, 13, v -> metadataRequest(), v -> metadataResponse());
        for (int version = 10; version <= 13; ++version) {
            request("MetadataOfAll", ApiKeys.METADATA, version,
                new MetadataRequestData().setAllowAutoTopicCreation(false).setTopics(null));
        }
        all(ApiKeys.DESCRIBE_CONFIGS, 4, 4, v -> describeConfigsRequest(), v -> describeConfigsResponse());
        all(ApiKeys.LIST_OFFSETS, 6, 10, v -> listOffsetsRequest(), v -> listOffsetsResponse());
        all(ApiKeys.OFFSET_FOR_LEADER_EPOCH, 4, 4, v -> epochRequest(), v -> epochResponse());
        all(ApiKeys.FIND_COORDINATOR, 3, 4, Golden::findCoordinatorRequest, Golden::findCoordinatorResponse);
        all(ApiKeys.OFFSET_COMMIT, 8, 9, v -> offsetCommitRequest(), v -> offsetCommitResponse());
        all(ApiKeys.OFFSET_FETCH, 7, 9, Golden::offsetFetchRequest, Golden::offsetFetchResponse);
        all(ApiKeys.FETCH, 12, 16, v -> fetchRequest(), Golden::fetchResponse);
        all(ApiKeys.SASL_HANDSHAKE, 1, 1,
            v
            -> new SaslHandshakeRequestData().setMechanism("SCRAM-SHA-256"),
            v
            -> new SaslHandshakeResponseData()
                .setErrorCode(Errors.UNSUPPORTED_SASL_MECHANISM.code())
                .setMechanisms(List.of("PLAIN", "SCRAM-SHA-512")));
        all(ApiKeys.SASL_AUTHENTICATE, 2, 2,
            v
            -> new SaslAuthenticateRequestData().setAuthBytes("n,,n=u,r=x".getBytes()),
            v
            -> new SaslAuthenticateResponseData()
                .setErrorCode(Errors.SASL_AUTHENTICATION_FAILED.code())
                .setErrorMessage("wrong")
                .setAuthBytes("e=x".getBytes())
                .setSessionLifetimeMs(3600000));
        leastResponses();
        scram();
        for (Errors error : Errors.values()) System.out.println("error " + error.code() + " " + error.name());
    }
}
