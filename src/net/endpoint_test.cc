#include "net/endpoint.h"

#include <gtest/gtest.h>

#include "base/result_matchers.h"
#include "net/address_policy.h"

namespace frazil {
namespace {

TEST(Endpoint, IsReadAndWrittenAlike) {
  for (const char* text :
       {"kafka:9092", "127.0.0.1:1", "[::1]:9092", "[2001:db8::7]:65535", "a-b.c_d.example.:80"}) {
    ASSERT_OK_AND_ASSIGN(const Endpoint endpoint, ParseEndpoint(text));
    EXPECT_EQ(endpoint.ToString(), text);
  }
  ASSERT_OK_AND_ASSIGN(const Endpoint loopback, ParseEndpoint("[::1]:9092"));
  EXPECT_EQ(loopback, (Endpoint{"::1", 9092}));
}

TEST(Endpoint, RefusesWhatIsNoAddress) {
  for (const char* text :
       {"", "kafka", "kafka:", ":9092", "kafka:0", "kafka:65536", "kafka:90a", "kafka:-1", "::1:9092", "[]:1",
        "[::1]", "[::1]9092", "http://kafka:9092", "ada@kafka:9092", "ka fka:9092"}) {
    EXPECT_THAT(ParseEndpoint(text), FailsWithCode("NET_ADDRESS")) << text;
  }
}

Status Check(const char* text) {
  const auto address = IpAddress::Parse(text);
  FRAZIL_CHECK(address.has_value(), text);
  return AddressPolicy().Check({"broker", 9092}, *address);
}

TEST(AddressPolicy, AllowsTheInternetPrivateNetworksAndLoopback) {
  for (const char* text : {"127.0.0.1", "10.0.0.1", "172.16.3.4", "192.168.1.1", "8.8.8.8", "169.253.255.255",
                           "169.255.0.0", "100.64.0.1", "::1", "2001:db8::1", "fd00::1", "::ffff:10.0.0.1",
                           "64:ff9b::8.8.8.8", "fec0::1", "fe7f:ffff::1"}) {
    EXPECT_THAT(Check(text), IsOk()) << text;
  }
}

TEST(AddressPolicy, RefusesWhereNoBrokerIs) {
  for (const char* text : {"0.0.0.0",
                           "0.1.2.3",
                           "::",
                           "224.0.0.1",
                           "239.255.255.255",
                           "ff02::1",
                           "255.255.255.255",
                           "169.254.169.254",
                           "169.254.170.2",
                           "fe80::1",
                           "febf:ffff::1",
                           "::ffff:169.254.169.254",
                           "::169.254.169.254",
                           "64:ff9b::169.254.169.254",
                           "::ffff:0.0.0.0",
                           "fd00:ec2::254",
                           "fd20:ce::254",
                           "168.63.129.16",
                           "100.100.100.200",
                           "192.0.0.192"}) {
    EXPECT_THAT(Check(text), FailsWithCode("NET_ADDRESS_REFUSED")) << text;
  }
}

TEST(AddressPolicy, NamesWhatWasAskedForAndWhatCameOfIt) {
  const Status refused = Check("::ffff:169.254.169.254");
  EXPECT_THAT(refused.error().detail, ::testing::HasSubstr("broker:9092 is 169.254.169.254"));
}

}  // namespace
}  // namespace frazil
