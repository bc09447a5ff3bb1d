// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Sense data byte by byte, as SPC-4, 4.5, draws it.

#include "scsi/sense.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace lunway::scsi {
namespace {

std::vector<unsigned> written(const Sense& sense, SenseFormat format) {
  std::array<std::byte, kMaxSenseBytes> bytes;
  bytes.fill(std::byte{0xcc});
  const std::size_t length = write_sense(sense, format, bytes);
  std::vector<unsigned> result;
  for (std::size_t at = 0; at < length; ++at) result.push_back(std::to_integer<unsigned>(bytes[at]));
  return result;
}

using List = std::vector<unsigned>;

constexpr Sense kInvalidField = {.key = SenseKey::illegal_request,
                                 .code = SenseCode::invalid_field_in_cdb,
                                 .field = FieldPointer{.in_cdb = true, .byte = 0x0102, .bit = 5}};

TEST(FixedSense, CarriesKeyAndCode) {
  const Sense sense{.key = SenseKey::unit_attention, .code = SenseCode::power_on_occurred};
  EXPECT_EQ(written(sense, SenseFormat::fixed), (List{0x70, 0, 6, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x29, 0, 0, 0, 0, 0}));
}

TEST(FixedSense, PointsAtFieldsOfTheCdb) {
  const List bytes = written(kInvalidField, SenseFormat::fixed);
  EXPECT_EQ((List{bytes.begin() + 12, bytes.end()}), (List{0x24, 0, 0, 0x80 | 0x40 | 0x08 | 5, 1, 2}));
}

TEST(FixedSense, PointsAtBytesOfTheParameterList) {
  const Sense sense{.key = SenseKey::illegal_request,
                    .code = SenseCode::invalid_field_in_parameter_list,
                    .field = FieldPointer{.in_cdb = false, .byte = 9}};
  const List bytes = written(sense, SenseFormat::fixed);
  EXPECT_EQ((List{bytes.begin() + 12, bytes.end()}), (List{0x26, 0, 0, 0x80, 0, 9}));
}

TEST(FixedSense, InformationIsValidWhenItFits) {
  Sense sense{
      .key = SenseKey::miscompare, .code = SenseCode::miscompare_during_verify_operation, .information = 0x1234};
  List bytes = written(sense, SenseFormat::fixed);
  EXPECT_EQ((List{bytes.begin(), bytes.begin() + 7}), (List{0xf0, 0, 0x0e, 0, 0, 0x12, 0x34}));
  sense.information = 0x1'0000'0000;
  bytes = written(sense, SenseFormat::fixed);
  EXPECT_EQ((List{bytes.begin(), bytes.begin() + 7}), (List{0x70, 0, 0x0e, 0, 0, 0, 0}));
}

TEST(FixedSense, TellsProgress) {
  const Sense sense{
      .key = SenseKey::not_ready, .code = SenseCode::logical_unit_not_ready_sanitize_in_progress, .progress = 0x8000};
  const List bytes = written(sense, SenseFormat::fixed);
  EXPECT_EQ((List{bytes.begin() + 15, bytes.end()}), (List{0x80, 0x80, 0}));
}

TEST(DescriptorSense, CarriesKeyAndCode) {
  const Sense sense{.key = SenseKey::not_ready, .code = SenseCode::medium_not_present};
  EXPECT_EQ(written(sense, SenseFormat::descriptor), (List{0x72, 2, 0x3a, 0, 0, 0, 0, 0}));
}

TEST(DescriptorSense, CarriesInformationAndField) {
  Sense sense = kInvalidField;
  sense.information = 0x0102030405060708;
  EXPECT_EQ(written(sense, SenseFormat::descriptor), (List{0x72, 5, 0x24, 0, 0, 0, 0, 20, 0x00, 0x0a, 0x80, 0, 1, 2,
                                                           3,    4, 5,    6, 7, 8, 2, 6,  0,    0,    0xcd, 1, 2, 0}));
}

constexpr Sense kCopyAborted = {.key = SenseKey::copy_aborted,
                                .code = SenseCode::third_party_device_failure,
                                .information = 7,
                                .segment = 0x0102,
                                .forwarded = ForwardedAnswer{.from_destination = true,
                                                             .status = Status::check_condition,
                                                             .key = SenseKey::medium_error,
                                                             .code = SenseCode::write_error}};

TEST(FixedSense, ForwardsTheAnswerOfACopyTarget) {
  EXPECT_EQ(written(kCopyAborted, SenseFormat::fixed),
            (List{0xf0, 0,    0x0a, 0,    0, 0, 7, 29, 0,  18, 1, 2, 0x0d, 1,    0, 0, 0, 0,  //
                  0x02, 0x70, 0,    0x03, 0, 0, 0, 0,  10, 0,  0, 0, 0,    0x0c, 0, 0, 0, 0, 0}));
}

TEST(DescriptorSense, ForwardsTheAnswerOfACopyTarget) {
  const List bytes = written(kCopyAborted, SenseFormat::descriptor);
  ASSERT_EQ(bytes.size(), 8 + 12 + 12 + 22U);
  EXPECT_EQ(bytes[7], 46U);
  EXPECT_EQ((List{bytes.begin() + 20, bytes.begin() + 32}), (List{0x01, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2}));
  EXPECT_EQ((List{bytes.begin() + 32, bytes.begin() + 39}), (List{0x0c, 20, 2, 0x02, 0x70, 0, 0x03}));
}

}  // namespace
}  // namespace lunway::scsi
