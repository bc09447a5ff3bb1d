// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "target/session_registry.h"

#include <gtest/gtest.h>

#include <optional>
#include <string_view>
#include <vector>

namespace lunway::target {
namespace {

/// Claims places and notes what becomes of the claims.
class Claimant {
 public:
  Claimant(SessionRegistry& registry, NexusKey key) : registry_(registry), key_(std::move(key)) {
    registry_.claim(
        key_, 3,
        [this](std::optional<wire::Tsih> tsih) {
          is_answered = true;
          handle = tsih;
        },
        [this] { ++evictions; });
  }

  void release() { registry_.release(key_, *handle); }

  bool is_answered = false;
  std::optional<wire::Tsih> handle;
  int evictions = 0;

 private:
  SessionRegistry& registry_;
  const NexusKey key_;
};

NexusKey nexus(std::string initiator, std::uint16_t group = 1) {
  return {.initiator_name = std::move(initiator),
          .isid = wire::Isid::from_random(1, 1),
          .target_name = "iqn.2026-11.io.example:disk",
          .portal_group_tag = group,
          .portal = ""};
}

TEST(Rfc7143_6_3_5_SessionRegistry, AFreePlaceIsGrantedAtOnce) {
  SessionRegistry registry(0);
  const Claimant first(registry, nexus("iqn.2026-11.io.example:a"));
  EXPECT_TRUE(first.handle.has_value());
  EXPECT_EQ(first.evictions, 0);
}

//= ledger R7143-6.3.5-03 R7143-6.3.1-03 R7143-4.4.3-02
TEST(Rfc7143_6_3_5_SessionRegistry, AHeldPlaceIsGrantedWhenItsHolderHasLetGo) {
  SessionRegistry registry(0);
  Claimant old(registry, nexus("iqn.2026-11.io.example:a"));
  const Claimant fresh(registry, nexus("iqn.2026-11.io.example:a"));
  EXPECT_EQ(old.evictions, 1);
  EXPECT_FALSE(fresh.is_answered) << "the old session's tasks may still touch data";

  old.release();

  ASSERT_TRUE(fresh.handle.has_value());
  EXPECT_NE(fresh.handle, old.handle) << "the new session is another one";
}

TEST(Rfc7143_6_3_5_SessionRegistry, OfSeveralWaitingOnlyTheLastGetsThePlace) {
  SessionRegistry registry(0);
  Claimant old(registry, nexus("iqn.2026-11.io.example:a"));
  const Claimant second(registry, nexus("iqn.2026-11.io.example:a"));
  const Claimant third(registry, nexus("iqn.2026-11.io.example:a"));
  EXPECT_EQ(old.evictions, 1);
  EXPECT_TRUE(second.is_answered);
  EXPECT_FALSE(second.handle.has_value());

  old.release();

  EXPECT_TRUE(third.handle.has_value());
  EXPECT_EQ(registry.size(), 1U);
}

//= ledger R7143-4.4.3-02
TEST(Rfc7143_4_4_3_SessionRegistry, OtherPortalGroupsAndInitiatorsHaveTheirOwnPlaces) {
  SessionRegistry registry(0);
  const Claimant one(registry, nexus("iqn.2026-11.io.example:a"));
  const Claimant other_group(registry, nexus("iqn.2026-11.io.example:a", 2));
  const Claimant other_initiator(registry, nexus("iqn.2026-11.io.example:b"));
  EXPECT_EQ(one.evictions, 0);
  EXPECT_NE(one.handle, other_group.handle);
  EXPECT_NE(one.handle, other_initiator.handle);
}

// -------------------------------------------------------------------------------------------------- discovery sessions

/// Of one initiator and ISID, at this portal of portal group `group`.
NexusKey discovery(std::string_view address, std::optional<std::string_view> target = std::nullopt,
                   std::uint16_t group = 1) {
  session::Portal portal;
  portal.address = *text::parse_target_address(address);
  const auto name = target ? std::optional(text::IscsiName::parse(*target).value()) : std::nullopt;
  return nexus_key(text::IscsiName::parse("iqn.2026-11.io.example:a").value(), wire::Isid::from_random(1, 1), name,
                   group, portal);
}

constexpr std::string_view kDisk = "iqn.2026-11.io.example:disk";

//= ledger R7143-7.4.2.1-01 R7143-7.4.2.1-05
TEST(Rfc7143_7_4_2_1_SessionRegistry, AnUnnamedDiscoverySessionTakesThePlaceOfTheOneAtItsPortal) {
  SessionRegistry registry(0);
  Claimant old(registry, discovery("192.0.2.1:3260"));
  const Claimant fresh(registry, discovery("192.0.2.1:3260"));
  EXPECT_EQ(old.evictions, 1);
  EXPECT_FALSE(fresh.is_answered) << "the old one is still there";
  old.release();
  EXPECT_TRUE(fresh.handle.has_value());
  EXPECT_EQ(registry.size(), 1U);
}

//= ledger R7143-7.4.2.1-02 R7143-7.4.2.1-03 R7143-7.4.2.1-04
TEST(Rfc7143_7_4_2_1_SessionRegistry, UnnamedDiscoverySessionsAtOtherPortalsAndNamedOnesAreLeftAlone) {
  SessionRegistry registry(0);
  Claimant one(registry, discovery("192.0.2.1:3260"));
  const Claimant other_port(registry, discovery("192.0.2.1:3261"));
  const Claimant other_address(registry, discovery("[2001:db8::1]:3260"));
  const Claimant named(registry, discovery("192.0.2.1:3260", kDisk));
  EXPECT_EQ(registry.size(), 4U) << "all at the same time";
  one.release();
  for (const Claimant* each : {&other_port, &other_address, &named}) {
    EXPECT_TRUE(each->handle.has_value());
    EXPECT_EQ(each->evictions, 0);
    EXPECT_NE(each->handle, one.handle);
  }
}

//= ledger R7143-7.4.2.2-01
TEST(Rfc7143_7_4_2_2_SessionRegistry, ANamedDiscoverySessionHasThePlaceOfItsTargetAndPortalGroup) {
  SessionRegistry registry(0);
  const Claimant old(registry, discovery("192.0.2.1:3260", kDisk));
  const Claimant other_group(registry, discovery("192.0.2.9:3260", kDisk, 2));
  const Claimant other_target(registry, discovery("192.0.2.1:3260", "iqn.2026-11.io.example:tape"));
  EXPECT_EQ(old.evictions, 0);
  const Claimant fresh(registry, discovery("198.51.100.1:3260", kDisk));
  EXPECT_EQ(old.evictions, 1) << "another portal of the same group";
  EXPECT_FALSE(fresh.is_answered);
}

TEST(Rfc7143_11_12_6_SessionRegistry, AHandleIsNeverZero) {
  SessionRegistry registry(0xfffe);
  const Claimant last(registry, nexus("iqn.2026-11.io.example:a"));
  const Claimant wrapped(registry, nexus("iqn.2026-11.io.example:b"));
  EXPECT_EQ(last.handle, wire::Tsih(0xffff));
  EXPECT_EQ(wrapped.handle, wire::Tsih(1));
}

TEST(Rfc7143_11_12_6_SessionRegistry, WhenAllHandlesAreInUseAClaimIsRefused) {
  SessionRegistry registry(0);
  std::vector<std::unique_ptr<Claimant>> all;
  for (int i = 0; i < 0xffff; ++i) all.push_back(std::make_unique<Claimant>(registry, nexus(std::to_string(i))));
  EXPECT_TRUE(all.back()->handle.has_value());

  const Claimant refused(registry, nexus("one too many"));
  EXPECT_TRUE(refused.is_answered);
  EXPECT_FALSE(refused.handle.has_value());

  all.front()->release();
  const Claimant admitted(registry, nexus("one too many"));
  EXPECT_TRUE(admitted.handle.has_value());
}

}  // namespace
}  // namespace lunway::target
