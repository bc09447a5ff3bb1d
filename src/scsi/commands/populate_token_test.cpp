// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// POPULATE TOKEN and RECEIVE ROD TOKEN INFORMATION: what a token says, and what ends it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "scsi/copy/copy_limits.h"
#include "scsi/copy/token_lists.h"
#include "scsi/testing/token_bench.h"

namespace lunway::scsi {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

class PopulateToken : public ::testing::Test, public TokenBench {
 protected:
  /// Whether the token still stands for something; it is used where that harms nobody.
  SenseCode standing(const std::vector<std::byte>& token) {
    return write(TokenListBuilder(token).range(200, 1)).code();
  }
  bool is_valid(const std::vector<std::byte>& token) {
    return standing(token) == SenseCode::no_additional_sense_information;
  }
};

// ---------------------------------------------------------------------------------------------------- what a token
// says

TEST_F(PopulateToken, TokenSaysWhatItStandsFor) {
  const auto made = token(5, 3);
  EXPECT_EQ(load_be32(&made[0]), 0x00800001U) << "point in time copy, change vulnerable";
  EXPECT_EQ(load_be16(&made[6]), 0x01f8);
  EXPECT_EQ(load_u8(&made[16]), 0xe4) << "who made it";
  EXPECT_EQ(load_u8(&made[21]), 3) << "NAA";
  EXPECT_EQ(load_u8(&made[23]), 8);
  EXPECT_EQ(load_be64(&made[24]), kHere);
  EXPECT_EQ(load_be16(&made[46]), 512) << "DISK BLOCK LENGTH";
  EXPECT_EQ(load_be64(&made[48]), 0U);
  EXPECT_EQ(load_be64(&made[56]), 3 * 512U) << "bytes";
  EXPECT_EQ(load_be32(&made[96]), 512U) << "as READ CAPACITY(16) says";
  EXPECT_EQ(load_u8(&made[101]), 3);
  EXPECT_EQ(load_u8(&made[102]), 0xc0);
  EXPECT_EQ(load_u8(&made[128]), 0x53) << "the target";
  EXPECT_EQ(load_u8(&made[129]), 0xa8);
  EXPECT_EQ(text_of(Bytes(made).subspan(132, 27)), "iqn.2026-11.io.lunway:bench");
}

TEST_F(PopulateToken, NoTwoTokensAreAlike) {
  const auto one = token(0, 1);
  const auto other = token(0, 1);
  EXPECT_NE((std::vector(one.begin() + 8, one.begin() + 16)), (std::vector(other.begin() + 8, other.begin() + 16)));
  EXPECT_NE((std::vector(one.begin() + 256, one.end())), (std::vector(other.begin() + 256, other.end())));
}

TEST_F(PopulateToken, InformationTellsOfThePopulation) {
  ASSERT_TRUE(populate(TokenListBuilder().range(8, 4).range(0, 2)).is_good());
  EXPECT_THAT(here.steps, ElementsAre("parameters 48", "read 0+512")) << "the lowest block, to have all of them";
  const Reply information = ask(here, 1);
  EXPECT_EQ(information.be32(0), information.data_in.size() - 4);
  EXPECT_EQ(information.u8(4), 0x10) << "of POPULATE TOKEN";
  EXPECT_EQ(information.u8(5), 0x01) << "without errors";
  EXPECT_EQ(information.be32(8), 0xfffffffeU);
  EXPECT_EQ(information.u8(12), 0x00);
  EXPECT_EQ(information.u8(13), 0) << "no sense data";
  EXPECT_EQ(information.u8(15), 0xf1) << "in blocks";
  EXPECT_EQ(information.be64(16), 6U);
  EXPECT_EQ(information.be16(24), 0) << "there are no segments";
  EXPECT_EQ(information.be32(32), 514U);
  EXPECT_EQ(information.data_in.size(), kTokenAt + 512);
}

TEST_F(PopulateToken, TokenIsToldUntilAllOfItWas) {
  ASSERT_TRUE(populate(TokenListBuilder().range(0, 1)).is_good());
  EXPECT_EQ(ask(here, 1, 0x07, 36).data_in.size(), 36U);
  EXPECT_EQ(ask(here, 1, 0x05).data_in.size(), 32U) << "RECEIVE COPY STATUS(LID4)";
  EXPECT_EQ(ask(here, 1).data_in.size(), kTokenAt + 512);
  EXPECT_EQ(ask(here, 1).field(), "cdb 2");
  ASSERT_TRUE(populate(TokenListBuilder().range(0, 1)).is_good());
  EXPECT_TRUE(ask(here, 1, 0x07, 0).data_in.empty());
  EXPECT_EQ(ask(here, 1).field(), "cdb 2") << "an allocation length of zero gives it up";
}

TEST_F(PopulateToken, InformationIsOfItsInitiatorAlone) {
  ASSERT_TRUE(populate(TokenListBuilder().range(0, 1)).is_good());
  EXPECT_EQ(here.run_as(here.second, {0x84, 0x07, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 4, 0}).field(), "cdb 2");
  EXPECT_EQ(ask(here, 9).field(), "cdb 2");
}

TEST_F(PopulateToken, NothingToDoIsGood) {
  EXPECT_TRUE(here.run({0x83, 0x10, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}).is_good());
  ASSERT_TRUE(populate(TokenListBuilder().range(7, 0)).is_good());
  EXPECT_THAT(here.steps, ElementsAre("parameters 32"));
  EXPECT_EQ(ask(here, 1).be64(16), 0U);
}

TEST_F(PopulateToken, TypeMayBeNamed) {
  const auto with_type = [](std::uint32_t type) {
    TokenListBuilder list;
    list.set(2, 0x02);
    store_be32(&list.list[8], type);
    return list.range(0, 1);
  };
  EXPECT_TRUE(populate(with_type(0x00800001)).is_good());
  EXPECT_TRUE(populate(with_type(0x0080ffff)).is_good());
  EXPECT_EQ(load_be32(&token_in(ask(here, 1))[0]), 0x00800001U) << "the type that was chosen";
  for (const std::uint32_t type : {0x00000000U, 0x00010000U, 0x00800000U, 0x00800002U, 0xffff0001U}) {
    EXPECT_EQ(populate(with_type(type)).field(), "parameter 8") << type;
  }
}

// ------------------------------------------------------------------------------------------------- what is wrong with
// lists

struct WrongPopulateList {
  const char* name;
  TokenListBuilder list;
  SenseCode code;
  const char* field;
};

TokenListBuilder good_list() { return TokenListBuilder().range(0, 1); }

TokenListBuilder with_ranges(std::uint32_t count) {
  TokenListBuilder list;
  for (std::uint32_t i = 0; i < count; ++i) list.range(i, 1);
  return list;
}

class WrongPopulate : public PopulateToken, public ::testing::WithParamInterface<WrongPopulateList> {};

TEST_P(WrongPopulate, MakesNoToken) {
  const Reply reply = populate(GetParam().list);
  EXPECT_EQ(reply.key(), SenseKey::illegal_request);
  EXPECT_EQ(reply.code(), GetParam().code);
  EXPECT_EQ(reply.field(), GetParam().field);
  EXPECT_EQ(ask(here, 1).field(), "cdb 2");
}

constexpr auto kInvalid = SenseCode::invalid_field_in_parameter_list;

INSTANTIATE_TEST_SUITE_P(
    All, WrongPopulate,
    ::testing::Values(
        WrongPopulateList{"DataLength", good_list().set(1, 29), kInvalid, "parameter 0"},
        WrongPopulateList{
            "Timeout",
            good_list().set(6, (kMostTokenTimeoutSeconds + 1) >> 8).set(7, (kMostTokenTimeoutSeconds + 1) & 0xff),
            kInvalid, "parameter 4"},
        WrongPopulateList{"NoRange", good_list().set(15, 15), kInvalid, "parameter 14"},
        WrongPopulateList{"TooManyRanges", with_ranges(kMostTokenRanges + 1), SenseCode::too_many_segment_descriptors,
                          "parameter 14"},
        WrongPopulateList{"BeyondTheEnd", TokenListBuilder().range(0, 1).range(Bench::kBlocks - 1, 2),
                          SenseCode::logical_block_address_out_of_range, "parameter 32"},
        WrongPopulateList{"FarBeyondTheEnd", TokenListBuilder().range(UINT64_MAX, 1),
                          SenseCode::logical_block_address_out_of_range, "parameter 16"},
        WrongPopulateList{"SameBlockTwice", TokenListBuilder().range(9, 2).range(0, 1).range(10, 5), kInvalid,
                          "parameter 16"}),
    [](const auto& param) { return std::string(param.param.name); });

TEST_F(PopulateToken, ListLengthIsChecked) {
  const auto error = [&](unsigned length, std::size_t sent) {
    return here
        .run({0x83, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, length >> 8, length & 0xffU, 0, 0},
             std::vector<std::byte>(sent))
        .code();
  };
  EXPECT_EQ(error(15, 15), SenseCode::parameter_list_length_error);
  EXPECT_EQ(error(32, 31), SenseCode::parameter_list_length_error) << "fewer come than the CDB says";
  EXPECT_EQ(error(kMostCopyListBytes + 1, kMostCopyListBytes + 1), SenseCode::parameter_list_length_error);
}

TEST_F(PopulateToken, ARangeThatIsCutOffDoesNotCount) {
  auto list = TokenListBuilder().range(0, 1).range(50, 1).list;
  list.resize(40);
  ASSERT_TRUE(send(here, here.first, 0x10, 1, list).is_good());
  EXPECT_EQ(ask(here, 1).be64(16), 1U);
}

TEST_F(PopulateToken, MostIsBounded) {
  constexpr MediumGeometry kLarge{.block_size = 4096, .capacity_blocks = UINT32_MAX};
  const auto blocks = static_cast<std::uint32_t>(kMostTokenBytes / 4096);
  EXPECT_TRUE(parse_populate_token_list(TokenListBuilder().range(0, blocks).list, kLarge).has_value());
  const auto refused = parse_populate_token_list(TokenListBuilder().range(0, 1).range(1, blocks).list, kLarge);
  EXPECT_EQ(refused.error().code, kInvalid);
  EXPECT_EQ(refused.error().field->byte, 40);
}

// ------------------------------------------------------------------------------------------------------- what ends a
// token

TEST_F(PopulateToken, EveryKindOfChangeEndsIt) {
  std::vector<std::byte> unmap(24);
  store_be16(&unmap[0], 22);
  store_be16(&unmap[2], 16);
  store_be64(&unmap[8], 4);
  store_be32(&unmap[16], 1);
  const struct {
    const char* what;
    std::function<Reply()> change;
  } changes[] = {
      {"WRITE(10)", [&] { return here.run({0x2a, 0, 0, 0, 0, 4, 0, 0, 1, 0}, here.blocks_of(9)); }},
      {"WRITE(10) around it", [&] { return here.run({0x2a, 0, 0, 0, 0, 0, 0, 0, 9, 0}, here.blocks_of(9, 9)); }},
      {"somebody else's",
       [&] { return here.run_as(here.second, {0x2a, 0, 0, 0, 0, 5, 0, 0, 1, 0}, here.blocks_of(9)); }},
      {"UNMAP", [&] { return here.run({0x42, 0, 0, 0, 0, 0, 0, 0, 24, 0}, unmap); }},
      {"WRITE SAME(16) of zeros", [&] { return here.run({0x93, 1, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0}); }},
      {"WRITE SAME(10)", [&] { return here.run({0x41, 0, 0, 0, 0, 4, 0, 0, 1, 0}, here.blocks_of(9)); }},
      {"ORWRITE(16)", [&] { return here.run({0x8b, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0}, here.blocks_of(9)); }},
      {"WRITE AND VERIFY(10)", [&] { return here.run({0x2e, 0, 0, 0, 0, 4, 0, 0, 1, 0}, here.blocks_of(9)); }},
      {"COMPARE AND WRITE",
       [&] {
         auto both = blocks(here, 4, 1);
         both.resize(1024);
         return here.run({0x89, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0}, both);
       }},
      {"a copy onto it",
       [&] { return send(here, here.first, 0x11, 7, TokenListBuilder(zero_token()).range(5, 1).list); }},
  };
  for (const auto& [what, change] : changes) {
    const auto made = token(3, 3);
    EXPECT_TRUE(is_valid(made)) << what;
    EXPECT_TRUE(change().is_good()) << what;
    EXPECT_EQ(standing(made), SenseCode::invalid_token_operation_token_cancelled) << what;
  }
}

TEST_F(PopulateToken, NeitherReadsNorChangesElsewhereEndIt) {
  const auto made = token(3, 3);
  EXPECT_TRUE(here.run({0x28, 0, 0, 0, 0, 0, 0, 0, 9, 0}).is_good());
  EXPECT_TRUE(here.run({0x35, 0, 0, 0, 0, 0, 0, 0, 0, 0}).is_good());
  EXPECT_TRUE(here.run({0x2a, 0, 0, 0, 0, 0, 0, 0, 3, 0}, here.blocks_of(9, 3)).is_good());
  EXPECT_TRUE(here.run({0x2a, 0, 0, 0, 0, 6, 0, 0, 3, 0}, here.blocks_of(9, 3)).is_good());
  EXPECT_TRUE(there.run({0x2a, 0, 0, 0, 0, 3, 0, 0, 3, 0}, here.blocks_of(9, 3)).is_good()) << "another unit";
  here.unit.reset();
  EXPECT_TRUE(is_valid(made)) << "a reset changes no data";
}

TEST_F(PopulateToken, SanitizeEndsAll) {
  const auto made = token(3, 3);
  ASSERT_TRUE(here.run({0x48, 0x82, 0, 0, 0, 0, 0, 0, 0, 0}).is_good()) << "BLOCK ERASE";
  here.sanitize();
  EXPECT_EQ(standing(made), SenseCode::invalid_token_operation_token_cancelled);
}

TEST_F(PopulateToken, ShrinkingEndsThoseBehindTheEnd) {
  const auto inside = token(0, 100);
  const auto across = token(99, 2);
  here.unit.resize(100);
  here.unit.resize(Bench::kBlocks);
  here.first.clear(UnitAttention::capacity_changed);
  EXPECT_TRUE(is_valid(inside));
  EXPECT_EQ(standing(across), SenseCode::invalid_token_operation_token_cancelled) << "what was there is gone";
}

TEST_F(PopulateToken, ExpiresWhenItIsNotUsed) {
  const auto made = token(0, 1);
  here.now = there.now += std::chrono::seconds(kDefaultTokenTimeoutSeconds - 1);
  EXPECT_TRUE(is_valid(made));
  here.now = there.now += std::chrono::seconds(kDefaultTokenTimeoutSeconds - 1);
  EXPECT_TRUE(is_valid(made)) << "the time runs from its last use";
  here.now = there.now += std::chrono::seconds(kDefaultTokenTimeoutSeconds);
  EXPECT_EQ(standing(made), SenseCode::invalid_token_operation_token_expired);
}

TEST_F(PopulateToken, TimeMayBeNamed) {
  ASSERT_TRUE(populate(good_list().set(7, 7)).is_good());
  const auto made = token_in(ask(here, 1));
  there.now += std::chrono::seconds(6);
  EXPECT_TRUE(is_valid(made));
  there.now += std::chrono::seconds(7);
  EXPECT_EQ(standing(made), SenseCode::invalid_token_operation_token_expired);
}

TEST_F(PopulateToken, NoneLivesForever) {
  ASSERT_TRUE(
      populate(good_list().set(6, kMostTokenTimeoutSeconds >> 8).set(7, kMostTokenTimeoutSeconds & 0xff)).is_good());
  const auto made = token_in(ask(here, 1));
  for (std::uint32_t age_s = 500; age_s < kTokenLifetimeSeconds; age_s += 500) {
    there.now = Instant(std::chrono::seconds(age_s));
    EXPECT_TRUE(is_valid(made)) << age_s;
  }
  there.now = Instant(std::chrono::seconds(kTokenLifetimeSeconds));
  EXPECT_EQ(standing(made), SenseCode::invalid_token_operation_token_expired);
}

TEST_F(PopulateToken, ShareOfAnInitiatorIsBounded) {
  const auto first = token(0, 1);
  std::vector<std::vector<std::byte>> others;
  for (std::size_t i = 1; i < kMostTokensOfNexus; ++i) others.push_back(token(1, 1));
  EXPECT_TRUE(is_valid(first));
  ASSERT_TRUE(send(here, here.second, 0x10, 1, good_list().list).is_good()) << "the share of somebody else";
  EXPECT_TRUE(is_valid(first));
  token(2, 1);
  EXPECT_EQ(standing(first), SenseCode::invalid_token_operation_token_cancelled) << "its oldest makes room";
  EXPECT_TRUE(is_valid(others.front()));
}

TEST_F(PopulateToken, ThereAreNotMoreThanSoMany) {
  std::vector<std::unique_ptr<Nexus>> crowd;
  for (std::size_t made = 0; made < kMostTokens; ++made) {
    if (made % kMostTokensOfNexus == 0) {
      crowd.push_back(std::make_unique<Nexus>(Bench::identity('c'), 0));
      here.unit.attach(*crowd.back());
      crowd.back()->clear(UnitAttention::power_on);
    }
    const auto length = static_cast<unsigned>(good_list().list.size());
    EXPECT_TRUE(
        here.run_as(*crowd.back(), {0x83, 0x10, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, length}, good_list().list).is_good());
  }
  const Reply refused = populate(good_list());
  EXPECT_EQ(refused.key(), SenseKey::illegal_request);
  EXPECT_EQ(refused.code(), SenseCode::insufficient_resources_to_create_rod);
  EXPECT_EQ(ask(here, 1).u8(5), 0x02) << "with errors";
  for (const auto& nexus : crowd) here.unit.detach(*nexus);
  crowd.clear();
  EXPECT_TRUE(populate(good_list()).is_good()) << "those of sessions that have gone make room";
}

TEST_F(PopulateToken, WaitsForWritesThatAreOnTheirWay) {
  // A WRITE of the second initiator is waiting for its data when POPULATE TOKEN comes.
  const std::vector<std::byte> write_cdb = {std::byte{0x2a}, {}, {}, {}, {}, {}, {}, {}, std::byte{1}, {}};
  Task writing;
  const Step solicited =
      here.unit.begin(writing, here.second,
                      {.cdb = write_cdb, .expected_data_out = 512, .luns = {}, .waker = &here, .copy_host = &here});
  ASSERT_TRUE(std::holds_alternative<WriteBlocks>(solicited));

  const auto list = good_list().list;
  std::vector<std::byte> cdb(16);
  store_u8(&cdb[0], 0x83);
  store_u8(&cdb[1], 0x10);
  store_u8(&cdb[9], 1);
  store_u8(&cdb[13], static_cast<std::uint8_t>(list.size()));
  Task populating;
  Reply reply;
  Step step =
      here.unit.begin(populating, here.first,
                      {.cdb = cdb, .expected_data_out = list.size(), .luns = {}, .waker = &here, .copy_host = &here});
  step = here.unit.resume(populating, here.perform(step, list, reply));
  ASSERT_TRUE(std::holds_alternative<Wait>(step)) << "the write may still change the blocks";

  here.perform(solicited, here.blocks_of(0x77), reply);
  ASSERT_TRUE(std::holds_alternative<Finish>(here.unit.resume(writing, Outcome::done())));
  EXPECT_THAT(here.woken, ElementsAre(&populating));
  step = here.unit.resume(populating, Outcome::done());
  step = here.unit.resume(populating, here.perform(step, list, reply));
  ASSERT_EQ(std::get<Finish>(step).status, Status::good);
  here.woken.clear();

  const auto made = token_in(ask(here, 1));
  ASSERT_TRUE(write(TokenListBuilder(made).range(0, 1)).is_good());
  EXPECT_THAT(blocks(there, 0, 1), Each(std::byte{0x77}));
}

// ----------------------------------------------------------------------------------------------------------- who may
// make one

TEST_F(PopulateToken, IsAReadToReservations) {
  std::vector<std::byte> key(24);
  key[15] = std::byte{1};
  std::vector<std::byte> own(24);
  own[7] = std::byte{1};
  ASSERT_TRUE(here.run_as(here.second, {0x5f, 0, 0, 0, 0, 0, 0, 0, 24, 0}, key).is_good());
  ASSERT_TRUE(here.run_as(here.second, {0x5f, 1, 1, 0, 0, 0, 0, 0, 24, 0}, own).is_good()) << "write exclusive";
  EXPECT_TRUE(populate(good_list()).is_good());
  EXPECT_TRUE(ask(here, 1).is_good());
  ASSERT_TRUE(here.run_as(here.second, {0x5f, 2, 1, 0, 0, 0, 0, 0, 24, 0}, own).is_good());
  ASSERT_TRUE(here.run_as(here.second, {0x5f, 1, 3, 0, 0, 0, 0, 0, 24, 0}, own).is_good()) << "exclusive access";
  EXPECT_EQ(populate(good_list()).status, Status::reservation_conflict);
}

TEST_F(PopulateToken, NeedsAMediumThatCanBeRead) {
  ASSERT_TRUE(here.run({0x1b, 0, 0, 0, 0, 0}).is_good()) << "STOP";
  EXPECT_EQ(populate(good_list()).key(), SenseKey::not_ready);
  ASSERT_TRUE(here.run({0x1b, 0, 0, 0, 1, 0}).is_good());
  EXPECT_TRUE(populate(good_list()).is_good());
}

TEST_F(PopulateToken, AReadErrorMakesNone) {
  here.while_performing = [&](const Step& step) {
    if (std::holds_alternative<Access>(step)) here.fail_next = Outcome::Failure::read_failed;
  };
  EXPECT_EQ(populate(good_list()).code(), SenseCode::unrecovered_read_error);
  here.while_performing = {};
  const Reply information = ask(here, 1);
  EXPECT_EQ(information.u8(5), 0x02) << "with errors";
  EXPECT_EQ(information.u8(12), 0x02) << "CHECK CONDITION";
  EXPECT_EQ(information.u8(14), 18) << "the sense data";
  EXPECT_EQ(information.u8(13), 20) << "padded";
  EXPECT_EQ(information.u8(32 + 2), 0x03);
  EXPECT_EQ(information.be32(32 + 20), 0U) << "no token";
}

TEST_F(PopulateToken, AUnitWithoutANameMakesNone) {
  LogicalUnitOptions options = Bench::default_options();
  options.naa = 0;
  Bench nameless(options);
  EXPECT_EQ(send(nameless, nameless.first, 0x10, 1, good_list().list).field(), "cdb 1.4");
}

}  // namespace
}  // namespace lunway::scsi
