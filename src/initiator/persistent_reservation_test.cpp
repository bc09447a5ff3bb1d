// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "initiator/persistent_reservation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "base/big_endian.h"

namespace lunway::initiator {
namespace {

using Action = PersistentReserve::Action;
using ::testing::ElementsAre;

std::vector<std::byte> answer(std::uint32_t length, std::size_t body) {
  std::vector<std::byte> data(8 + body);
  store_be32(data.data(), 77);
  store_be32(data.data() + 4, length);
  return data;
}

TEST(PersistentReserveOut, TheTypeIsOfThoseActionsThatHaveOne) {
  const PersistentReserve reserve{.action = Action::reserve, .type = ReservationType::exclusive_access};
  EXPECT_EQ(to_cdb(reserve).bytes()[0], std::byte{0x5f});
  EXPECT_EQ(to_cdb(reserve).bytes()[1], std::byte{0x01});
  EXPECT_EQ(to_cdb(reserve).bytes()[2], std::byte{0x03});
  EXPECT_EQ(load_be32(to_cdb(reserve).bytes().data() + 5), 24U);
  EXPECT_EQ(to_cdb({.action = Action::clear}).bytes()[2], std::byte{0});
}

TEST(PersistentReserveOut, TheParameterListHasBothKeys) {
  const auto list = parameter_list({.key = 1, .other_key = 0x0102030405060708, .survives_power_loss = true});
  ASSERT_EQ(list.size(), 24U);
  EXPECT_EQ(load_be64(list.data()), 1U);
  EXPECT_EQ(load_be64(list.data() + 8), 0x0102030405060708U);
  EXPECT_EQ(list[20], std::byte{1});
}

TEST(ReadKeysAnswer, IsTakenWholeOrNotAtAll) {
  auto data = answer(16, 16);
  store_be64(data.data() + 8, 5);
  store_be64(data.data() + 16, 6);
  const auto keys = parse_keys(data);
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->generation, 77U);
  EXPECT_THAT(keys->keys, ElementsAre(5, 6));
  EXPECT_FALSE(parse_keys(Bytes(data).first(23)));
  EXPECT_FALSE(parse_keys(Bytes(data).first(7)));
  EXPECT_FALSE(parse_keys(answer(0xffffffff, 16)));
  EXPECT_TRUE(parse_keys(answer(0, 16))->keys.empty());
}

TEST(ReadReservationAnswer, SaysNobodySomebodyOrNonsense) {
  EXPECT_EQ(parse_reservation(answer(0, 0)).value().has_value(), false);
  auto data = answer(16, 16);
  store_be64(data.data() + 8, 9);
  data[21] = std::byte{5};
  const auto held = parse_reservation(data);
  ASSERT_TRUE(held && *held);
  EXPECT_EQ((*held)->key, 9U);
  EXPECT_EQ((*held)->type, ReservationType::write_exclusive_registrants_only);
  data[21] = std::byte{0x12};
  EXPECT_FALSE(parse_reservation(data)) << "a scope that nobody knows";
  EXPECT_FALSE(parse_reservation(answer(15, 15)));
}

}  // namespace
}  // namespace lunway::initiator
