// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// SCSI Response: residuals, sense data, and what is reserved.
//= rfc7143#11.4

#include <algorithm>
#include <optional>
#include <string>

#include "base/big_endian.h"
#include "conformance/sections.h"
#include "conformance/target/target_script.h"

namespace lunway::conformance::target_tests {
namespace {

using wire::Opcode;

constexpr std::uint8_t kCheckCondition = 0x02;

struct Residual {
  bool underflow = false;
  bool overflow = false;
  std::uint32_t count = 0;
};

void require_residual(TargetScript& s, const Pdu& status, Residual expected) {
  s.require_field(status, field::kUnderflow, expected.underflow ? 1 : 0, "11.4.5.2");
  s.require_field(status, field::kOverflow, expected.overflow ? 1 : 0, "11.4.5.2");
  s.require_field(status, field::kResidual, expected.count, "11.4.5.1");
  if (!status.is(Opcode::scsi_response)) return;
  // Only bidirectional commands have these.
  s.require_field(status, field::kBidiOverflow, 0, "11.4.1");
  s.require_field(status, field::kBidiUnderflow, 0, "11.4.1");
}

/// READ of `blocks` with room for `bytes_more` than they are, or less.
void reads_with(TargetScript& s, std::uint32_t blocks, std::int32_t bytes_more, Residual expected) {
  Link& link = s.log_in();
  const std::uint32_t wanted = blocks * s.block_size();
  const auto room = static_cast<std::uint32_t>(static_cast<std::int64_t>(wanted) + bytes_more);
  const Completion done = link.run(link.command(cdb::read(s.window().first, blocks), {.read = room}));
  if (!done.good()) s.inapplicable("the target does not end the READ with GOOD");
  require_residual(s, done.status, expected);
  s.require_equal(done.data.size(), std::min(room, wanted), "the number of bytes that arrive", "11.4.5");
}

/// WRITE of `blocks` with `bytes_more` than they are, or less.
void writes_with(TargetScript& s, std::uint32_t blocks, std::int32_t bytes_more, Residual expected) {
  Link& link = s.log_in();
  const std::uint32_t wanted = blocks * s.block_size();
  const auto room = static_cast<std::uint32_t>(static_cast<std::int64_t>(wanted) + bytes_more);
  const std::vector<std::byte> data = s.pattern(room);
  const Completion done = link.run(link.command(cdb::write(s.window().first, blocks), {.write = room}), data);
  if (!done.good()) s.inapplicable("the target does not end the WRITE with GOOD");
  require_residual(s, done.status, expected);
}

/// A command that ends with CHECK CONDITION on any unit: an operation code that there is not.
Completion fails(TargetScript& s, Link& link) {
  Completion done = link.run(link.command(cdb::of(0xdf)));
  if (done.scsi_status() != kCheckCondition) s.inapplicable("the unit takes operation code 0xdf");
  return done;
}

constexpr std::string_view kAboutReads =
    "Sends a READ (16) whose Expected Data Transfer Length differs from what its CDB asks for as the title says, and "
    "holds the "
    "flags U and O, the Residual Count and the data that comes against sections 11.4.5.1 and 11.4.5.2.";
constexpr std::string_view kAboutWrites =
    "Sends a WRITE (16) whose Expected Data Transfer Length differs from what its CDB asks for as the title says, and "
    "holds the "
    "flags U and O and the Residual Count against sections 11.4.5.1 and 11.4.5.2.";

constexpr Test kTests[] = {
    {.id = "11.4.1/read-that-fits",
     .title = "A READ of as much as is expected has no residual",
     .proves = "R7143-11.4.1-01 R7143-11.4.5.1-03",
     .needs = {Need::disk},
     .about = kAboutReads,
     .script = [](TargetScript& s) { reads_with(s, 2, 0, {}); }},
    {.id = "11.4.5.2/read-underflow",
     .title = "A READ of less than is expected tells the underflow",
     .proves = "R7143-11.4.5.2-03 R7143-11.4.5.2-04 R7143-11.4.5.1-01",
     .needs = {Need::disk},
     .about = kAboutReads,
     .script = [](TargetScript& s) { reads_with(s, 1, 512, {.underflow = true, .count = 512}); }},
    {.id = "11.4.5.2/read-underflow-by-one-byte",
     .title = "A READ of one byte less than is expected tells the underflow",
     .proves = "R7143-11.4.5.2-03 R7143-11.4.5.2-04",
     .needs = {Need::disk},
     .about = kAboutReads,
     .script = [](TargetScript& s) { reads_with(s, 1, 1, {.underflow = true, .count = 1}); }},
    {.id = "11.4.5.2/read-overflow",
     .title = "A READ of more than is expected tells the overflow and sends no more than is expected",
     .proves = "R7143-11.4.5.2-01 R7143-11.4.5.2-02 R7143-11.4.5.1-01",
     .needs = {Need::disk},
     .about = kAboutReads,
     .script =
         [](TargetScript& s) {
           reads_with(s, 2, -static_cast<std::int32_t>(s.block_size()), {.overflow = true, .count = s.block_size()});
         }},
    {.id = "11.4.5.2/read-overflow-by-one-byte",
     .title = "A READ of one byte more than is expected tells the overflow",
     .proves = "R7143-11.4.5.2-01 R7143-11.4.5.2-02",
     .needs = {Need::disk},
     .about = kAboutReads,
     .script = [](TargetScript& s) { reads_with(s, 2, -1, {.overflow = true, .count = 1}); }},
    {.id = "11.4.5.2/read-of-no-blocks",
     .title = "A READ of no blocks with room for some tells all of it as underflow",
     .proves = "R7143-11.4.5.2-03 R7143-11.4.5.2-04",
     .needs = {Need::disk},
     .about = kAboutReads,
     .script = [](TargetScript& s) { reads_with(s, 0, 512, {.underflow = true, .count = 512}); }},
    {.id = "11.4.1/write-that-fits",
     .title = "A WRITE of as much as is expected has no residual",
     .proves = "R7143-11.4.1-01 R7143-11.4.5.1-03",
     .needs = {Need::disk, Need::writes},
     .about = kAboutWrites,
     .script = [](TargetScript& s) { writes_with(s, 2, 0, {}); }},
    {.id = "11.4.5.2/write-underflow",
     .title = "A WRITE of less than is expected tells the underflow",
     .proves = "R7143-11.4.5.2-03 R7143-11.4.5.2-04 R7143-11.4.5.1-01",
     .needs = {Need::disk, Need::writes},
     .about = kAboutWrites,
     .script = [](TargetScript& s) { writes_with(s, 1, 512, {.underflow = true, .count = 512}); }},
    {.id = "11.4.5.2/write-overflow",
     .title = "A WRITE of more than is expected tells the overflow",
     .proves = "R7143-11.4.5.2-01 R7143-11.4.5.2-02 R7143-11.4.5.1-01",
     .needs = {Need::disk, Need::writes},
     .about = kAboutWrites,
     .script =
         [](TargetScript& s) {
           writes_with(s, 2, -static_cast<std::int32_t>(s.block_size()), {.overflow = true, .count = s.block_size()});
         }},

    {.id = "11.4.5.3/inquiry-shorter-than-its-allocation",
     .title = "INQUIRY data shorter than its allocation length is an underflow",
     .proves = "R7143-11.4.5.3-03",
     .about =
         "Sends INQUIRY with an allocation length and an Expected Data Transfer Length of 252 bytes each. The data is "
         "shorter, so U is set and the count is the difference; 252 bytes of data have no residual.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           const Completion done = link.run_good(cdb::inquiry(252), {.read = 252});
           const auto missing = static_cast<std::uint32_t>(252 - done.data.size());
           require_residual(s, done.status, {.underflow = missing != 0, .count = missing});
         }},
    {.id = "11.4.5.3/allocation-shorter-than-expected",
     .title = "An allocation length below the expected length is an underflow",
     .proves = "R7143-11.4.5.3-02",
     .about =
         "Sends INQUIRY with an allocation length of 36 and an Expected Data Transfer Length of 4096: U is set and the "
         "count is 4096 less the data.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           const Completion done = link.run_good(cdb::inquiry(36), {.read = 4096});
           require_residual(s, done.status,
                            {.underflow = true, .count = static_cast<std::uint32_t>(4096 - done.data.size())});
         }},
    {.id = "11.4.5.3/truncated-by-its-allocation",
     .title = "Data that the allocation length cuts short is no overflow",
     .proves = "R7143-11.4.5.3-01",
     .about = "Sends INQUIRY with an allocation length and an Expected Data Transfer Length of 8 bytes: the unit has "
              "more, but SCSI "
              "asked for 8, so there is no residual.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           const Completion done = link.run_good(cdb::inquiry(8), {.read = 8});
           s.require_equal(done.data.size(), 8, "the number of bytes that arrive");
           require_residual(s, done.status, {});
         }},

    {.id = "11.4.7/check-condition-has-sense-data",
     .title = "CHECK CONDITION comes with sense data",
     .proves = "R7143-11.4.7-01 R7143-11.4.7-02 R7143-4.6.1.2-01 R7144-5.2.2-01",
     .about = "Sends an operation code that no unit has. The SCSI Response has status CHECK CONDITION, a SenseLength "
              "that fits "
              "in its data segment, and sense data in a format of SPC: response code 70h to 73h.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           const Completion done = fails(s, link);
           s.require(done.status.data.size() >= 2 + 8, "sense data in the data segment", summary_of(done.status));
           const std::size_t length = load_be16(done.status.data.data());
           s.require(length >= 8 && length + 2 <= done.status.data.size(), "a SenseLength that fits in the segment",
                     std::to_string(length));
           const unsigned code = load_u8(&done.status.data[2]) & 0x7fU;
           s.require(code >= 0x70 && code <= 0x73, "a response code of 70h to 73h", std::to_string(code));
         }},
    {.id = "11.4.7/check-condition-is-completed-at-the-target",
     .title = "The iSCSI response of a command that ends with CHECK CONDITION is Command Completed at Target",
     .proves = "R7143-11.4.7-02",
     .about = "Sends an operation code that no unit has: the failure is SCSI's, so the Response field is 0.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           s.require_field(fails(s, link).status, field::kResponse, 0);
         }},
    {.id = "11/response-code-is-known",
     .title = "The Response of a SCSI Response is a code that the RFC has",
     .proves = "R7143-11-01",
     .about = "Runs TEST UNIT READY: its SCSI Response is Command Completed at Target. The codes from 2 to 7Fh are "
              "reserved.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in({.settle = false});
           s.require_field(link.run(link.command(cdb::test_unit_ready())).status, field::kResponse, 0);
         }},
    {.id = "11.4.8/exp-data-sn-counts-data-in",
     .title = "ExpDataSN of a SCSI Response is the number of Data-In PDUs of the command",
     .proves = "R7143-11.4.8-01",
     .needs = {Need::disk},
     .about = "Declares MaxRecvDataSegmentLength=512 and reads 4 KiB. Where the status comes in a SCSI Response of its "
              "own, its "
              "ExpDataSN is the number of Data-In PDUs that were sent.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in({.offers = {{"MaxRecvDataSegmentLength", "512"}}});
           const std::uint32_t blocks = std::max<std::uint32_t>(1, 4096 / s.block_size());
           const Completion done =
               link.run_good(cdb::read(s.window().first, blocks), {.read = blocks * s.block_size()});
           s.require(done.data_in.size() >= 8, "segments of at most 512 bytes",
                     std::to_string(done.data_in.size()) + " Data-In PDUs", "13.12");
           if (done.status.is(Opcode::scsi_response)) {
             s.require_field(done.status, field::kExpDataSn, done.data_in.size());
           }
         }},
    {.id = "11.4.8/exp-data-sn-is-zero-without-data",
     .title = "ExpDataSN of a SCSI Response to a command without data is 0",
     .proves = "R7143-11.4.8-01",
     .about = "Runs TEST UNIT READY and looks at ExpDataSN.",
     .script =
         [](TargetScript& s) {
           Link& link = s.log_in();
           s.require_field(link.run_good(cdb::test_unit_ready()).status, field::kExpDataSn, 0);
         }},
};

}  // namespace

std::span<const Test> section_11_4() { return kTests; }

}  // namespace lunway::conformance::target_tests
