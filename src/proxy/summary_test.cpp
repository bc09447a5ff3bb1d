// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "proxy/summary.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <optional>

#include "wire/data_in.h"
#include "wire/scsi_command.h"
#include "wire/testing/arbitrary.h"

namespace lunway::proxy {
namespace {

std::optional<std::uint64_t> value_of(const Summary& summary, std::string_view name) {
  const auto found = std::ranges::find(summary.fields, name, &Summary::Field::name);
  if (found == summary.fields.end()) return std::nullopt;
  return found->value;
}

TEST(Rfc7143_11_3_Summary, OfACommand) {
  const wire::Header header = wire::ScsiCommand::build({.immediate = true,
                                                        .read = true,
                                                        .lun = wire::Lun::from_flat(5),
                                                        .itt = wire::Itt(0x11),
                                                        .expected_data_transfer_length = 512,
                                                        .cmd_sn = wire::CmdSN(7),
                                                        .cdb = {std::byte{0x28}}});
  const Summary summary = summarize(header);
  EXPECT_EQ(summary.name, "SCSI Command");
  EXPECT_EQ(summary.flags, "IFR");
  EXPECT_EQ(value_of(summary, "itt"), 0x11U);
  EXPECT_EQ(value_of(summary, "lun"), 5U);
  EXPECT_EQ(value_of(summary, "cmdsn"), 7U);
  EXPECT_EQ(value_of(summary, "edtl"), 512U);
  EXPECT_EQ(summary.cdb.size(), wire::kHeaderCdbSize);
}

TEST(Rfc7143_11_7_Summary, OfDataInHasAStatusOnlyWithItsBit) {
  wire::DataIn::Fields fields{.final = true, .data_sn = wire::DataSN(3), .buffer_offset = 8192};
  EXPECT_EQ(value_of(summarize(wire::DataIn::build(fields)), "status"), std::nullopt);
  fields.has_status = true;
  const wire::Header header = wire::DataIn::build(fields);
  EXPECT_EQ(value_of(summarize(header), "status"), 0U);
  EXPECT_EQ(summarize(header).flags, "FS");
  EXPECT_EQ(value_of(summarize(header), "datasn"), 3U);
  EXPECT_EQ(value_of(summarize(header), "offset"), 8192U);
}

RC_GTEST_PROP(Summary, OfAnyBytes, ()) {
  const auto header = wire::testing::any_array<wire::kHeaderSize>();
  const Summary summary = summarize(header);
  RC_ASSERT(!summary.name.empty());
  RC_ASSERT(value_of(summary, "length").has_value());
  for (const Summary::Field& field : summary.fields) {
    RC_ASSERT(std::ranges::count(summary.fields, field.name, &Summary::Field::name) == 1);
  }
}

}  // namespace
}  // namespace lunway::proxy
