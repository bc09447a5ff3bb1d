// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "isns/request.h"

#include <gtest/gtest.h>

#include "isns/limits.h"
#include "isns/pdu_header.h"
#include "isns/testing/hex.h"
#include "isns/testing/messages.h"

namespace lunway::isns {
namespace {

using testing::hex_of;
using testing::ipv4;
using testing::listing;

constexpr std::chrono::seconds kPeriod(600);

Portal portal(unsigned last, std::uint16_t tag, std::uint16_t port = 3260) {
  return {.address = ipv4(192, 0, 2, last), .port = port, .portal_group_tag = tag};
}

Inventory two_targets() {
  return {.entity = "e",
          .portals = {portal(1, 1), portal(2, 7)},
          .nodes = {{.name = "iqn.a", .alias = "A", .portal_groups = {1}},
                    {.name = "iqn.b", .alias = "", .portal_groups = {1, 7}}}};
}

std::vector<std::string> listings(const std::vector<Request>& requests) {
  std::vector<std::string> lines;
  for (const Request& request : requests) lines.push_back(listing(request.attributes.bytes()));
  return lines;
}

/// What Open-iSNS sends back: the request, an index for each object, and the name of each portal group.
std::size_t answer_size(const Request& request) {
  constexpr std::size_t kIndex = 12;
  std::size_t size = kHeaderBytes + request.attributes.size();
  std::size_t name = 0;
  AttributeReader reader(request.attributes.bytes());
  while (const auto attribute = reader.next()) {
    if (attribute->tag == Tag::iscsi_name) name = 8 + attribute->value.size();
    if (attribute->tag == Tag::iscsi_node_type || attribute->tag == Tag::portal_port) size += kIndex;
    if (attribute->tag == Tag::pg_portal_port) size += name;
  }
  return size;
}

TEST(Rfc4171_5_6_5_1_DevAttrReg, IsWrittenAsTheFiguresShow) {
  const Inventory inventory{
      .entity = "e", .portals = {portal(1, 2)}, .nodes = {{.name = "iqn.a", .alias = "", .portal_groups = {2}}}};
  const auto requests = registration_requests(inventory, Existing::replaced, "iqn.a", kPeriod);
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(hex_of(requests.front().encode(0x0102)),
            "00010001 00b89c00 01020000 "                             // version 1, DevAttrReg, replace, one PDU
            "00000020 00000008 69716e2e 61000000 "                    // Source: iSCSI Name
            "00000001 00000004 65000000 "                             // Message Key: Entity Identifier
            "00000000 00000000 "                                      // Delimiter
            "00000001 00000004 65000000 "                             // Entity Identifier
            "00000002 00000004 00000002 "                             // Entity Protocol: iSCSI
            "00000006 00000004 00000258 "                             // Registration Period
            "00000010 00000010 00000000 00000000 0000ffff c0000201 "  // Portal IP Address
            "00000011 00000004 00000cbc "                             // Portal TCP/UDP Port: TCP 3260
            "00000020 00000008 69716e2e 61000000 "                    // iSCSI Name
            "00000021 00000004 00000001 "                             // iSCSI Node Type: target
            "00000033 00000004 00000002 "                             // PG Tag
            "00000031 00000010 00000000 00000000 0000ffff c0000201 "  // PG Portal IP Address
            "00000032 00000004 00000cbc");                            // PG Portal TCP/UDP Port
}

TEST(Rfc4171_6_5_4_PortalGroupTag, IsNullWhereTheTargetIsNotReached) {
  const auto requests = registration_requests(two_targets(), Existing::kept, "iqn.a", kPeriod);
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_FALSE(requests.front().replace);
  EXPECT_EQ(listing(requests.front().attributes.bytes()),
            "32=iqn.a; 1=e; 0; 1=e; 2=2; 6=600; 16=.1; 17=3260; 16=.2; 17=3260; "
            "32=iqn.a; 33=1; 34=A; 51=1; 49=.1; 50=3260; 51; 49=.2; 50=3260; "
            "32=iqn.b; 33=1; 51=1; 49=.1; 50=3260; 51=7; 49=.2; 50=3260");
}

TEST(Rfc4171_5_6_5_1_DevAttrReg, GoesOnInFurtherMessagesWhenOneIsFull) {
  Inventory inventory{.entity = std::string(kMaxTextBytes, 'e'), .portals = {}, .nodes = {}};
  for (unsigned i = 0; i < kMaxPortals; ++i) {
    inventory.portals.push_back(portal(i, static_cast<std::uint16_t>(i % 2 + 1)));
  }
  for (int i = 0; i < 10; ++i) {
    std::string name(kMaxNameBytes, static_cast<char>('a' + i));
    inventory.nodes.push_back({.name = name, .alias = std::string(kMaxTextBytes, 'x'), .portal_groups = {1, 2}});
  }
  ASSERT_EQ(fault_of(inventory), "");
  const std::string& source = inventory.nodes.front().name;
  const auto requests = registration_requests(inventory, Existing::replaced, source, kPeriod);
  ASSERT_GT(requests.size(), 2U);
  std::size_t named = 0;
  for (const Request& request : requests) {
    EXPECT_EQ(request.replace, &request == &requests.front()) << "later ones add to what the first has made";
    EXPECT_LE(request.encode(1).size(), kMaxSentMessage);
    EXPECT_LE(answer_size(request), kMaxAnswer);
    const std::string text = listing(request.attributes.bytes());
    for (std::size_t at = 0; (at = text.find("; 33=1", at)) != std::string::npos; ++at) ++named;
  }
  EXPECT_EQ(named, inventory.nodes.size());
  EXPECT_NE(listing(requests.front().attributes.bytes()).find("; 32=" + source + "; 33=1"), std::string::npos)
      << "the source is in the first message";
}

TEST(Rfc4171_5_6_5_4_DevDereg, NamesWhatIsGoneInTheNameOfWhatStays) {
  Inventory after = two_targets();
  after.nodes.erase(after.nodes.begin());
  after.portals.pop_back();
  const auto requests = removal_requests(two_targets(), after);
  EXPECT_EQ(listings(requests), std::vector<std::string>({"32=iqn.b; 0; 32=iqn.a; 16=.2; 17=3260"}));
  EXPECT_EQ(requests.front().function, Function::dev_dereg);
}

TEST(Rfc4171_5_6_5_4_DevDereg, IsNotSentForWhatOnlyChanged) {
  Inventory after = two_targets();
  after.nodes.front().alias = "other";
  after.portals.front().portal_group_tag = 7;
  EXPECT_TRUE(removal_requests(two_targets(), after).empty());
}

TEST(Rfc4171_5_6_5_4_DevDereg, OfTheEntityIsSourceDelimiterEntity) {
  const Request request = deregistration_request(two_targets());
  EXPECT_EQ(hex_of(request.encode(2)),
            "00010004 00248c00 00020000 "
            "00000020 00000008 69716e2e 61000000 "
            "00000000 00000000 "
            "00000001 00000004 65000000");
}

TEST(Rfc4171_5_6_5_2_DevAttrQry, AsksForTheEntityByZeroLengthAttributes) {
  const Request request = refresh_query(two_targets());
  EXPECT_EQ(hex_of(request.encode(3)),
            "00010002 00348c00 00030000 "
            "00000020 00000008 69716e2e 61000000 "
            "00000001 00000004 65000000 "
            "00000000 00000000 "
            "00000001 00000000 "
            "00000006 00000000");
}

TEST(Rfc4171_6_2_1_EntityIdentifier, OfOursDoesNotLookLikeAServers) {
  Inventory inventory = two_targets();
  EXPECT_EQ(fault_of(inventory), "");
  inventory.entity = "isns:0001";
  EXPECT_NE(fault_of(inventory), "");
}

TEST(Inventory, HasLimits) {
  Inventory inventory = two_targets();
  inventory.portals.resize(kMaxPortals + 1);
  EXPECT_NE(fault_of(inventory), "");
  inventory = two_targets();
  inventory.nodes.front().name = std::string(kMaxNameBytes + 1, 'a');
  EXPECT_NE(fault_of(inventory), "");
  inventory = two_targets();
  inventory.nodes.front().alias = std::string(kMaxTextBytes + 1, 'a');
  EXPECT_NE(fault_of(inventory), "");
  inventory = two_targets();
  inventory.nodes.clear();
  EXPECT_NE(fault_of(inventory), "");
}

}  // namespace
}  // namespace lunway::isns
