// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Commands of two initiators, made of whatever bytes come: the device server ends each of them, asks for nothing
// outside the medium, and never asks an initiator for more than it expects to send. The bench checks it. There is a
// second logical unit, for copies.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "scsi/testing/bench.h"

namespace lunway::scsi {
namespace {

/// Takes bytes from the front; zeros when they are used up.
class Input {
 public:
  explicit Input(Bytes bytes) : rest_(bytes) {}

  bool is_empty() const { return rest_.empty(); }

  std::uint8_t u8() {
    if (rest_.empty()) return 0;
    const std::uint8_t value = load_u8(rest_.data());
    rest_ = rest_.subspan(1);
    return value;
  }

  Bytes bytes(std::size_t wanted) {
    const Bytes taken = rest_.first(std::min(wanted, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }

 private:
  Bytes rest_;
};

/// First byte: who sends, what fails, how long the CDB is. Then the lengths, the CDB and its data.
void run_one(Bench& bench, Input& input) {
  const std::uint8_t shape = input.u8();
  Nexus& nexus = (shape & 1U) != 0 ? bench.second : bench.first;
  if ((shape & 2U) != 0) bench.fail_next = static_cast<Outcome::Failure>(1 + (shape >> 5));
  bench.most_parameters = (shape & 4U) != 0 ? input.u8() : SIZE_MAX;
  const std::size_t cdb_length = (shape & 8U) != 0 ? 32 : 16;
  const std::size_t expected_in = std::size_t{input.u8()} * 64;
  const std::size_t expected_out = std::size_t{input.u8()} * 32;
  const Bytes cdb = input.bytes(cdb_length);
  const Bytes data_out = input.bytes((shape & 16U) != 0 ? expected_out : expected_out / 512 * 512);
  bench.run_bytes(nexus, cdb, data_out, expected_in);
  bench.fail_next = Outcome::Failure::none;
  if (bench.sanitize_is_due && (shape & 64U) != 0) bench.sanitize();
}

}  // namespace
}  // namespace lunway::scsi

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lunway::scsi;
  LogicalUnitOptions options = Bench::default_options();
  options.max_transfer_bytes = 128U << 10;
  options.removable = true;
  options.can_persist = true;
  Bench bench(options);
  LogicalUnitOptions other_options = Bench::default_options();
  other_options.naa = 0x3000000000000002;
  other_options.serial_number = "9876543210";
  other_options.write_cache_enabled = false;
  Bench other(other_options);
  bench.neighbours = {&other};
  Input input(std::as_bytes(std::span(data, size)));
  while (!input.is_empty()) run_one(bench, input);
  return 0;
}
