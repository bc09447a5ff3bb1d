// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Two logical units of one initiator, and the commands that make and use tokens: for tests.

#pragma once

#include <cstdint>
#include <vector>

#include "scsi/testing/bench.h"
#include "scsi/testing/token_lists.h"

namespace lunway::scsi {

/// Each byte of the block n of `here` is n + 1; `there` is all zeros.
struct TokenBench {
  static constexpr std::uint64_t kHere = 0x3000000000000001;
  static constexpr std::uint64_t kThere = 0x3000000000000002;
  /// Where the token is in the data of RECEIVE ROD TOKEN INFORMATION, after a header without sense data.
  static constexpr std::size_t kTokenAt = 32 + 4 + 2;

  static LogicalUnitOptions there_options() {
    LogicalUnitOptions options = Bench::default_options();
    options.naa = kThere;
    options.serial_number = "9876543210";
    return options;
  }

  explicit TokenBench(const LogicalUnitOptions& there_is = there_options()) : there(there_is) {
    here.neighbours = {&there};
    there.neighbours = {&here};
    for (std::size_t at = 0; at < here.medium.size(); ++at) here.medium[at] = static_cast<std::byte>(at / 512 + 1);
  }

  static Reply send(Bench& to, Nexus& nexus, unsigned service_action, unsigned identifier,
                    const std::vector<std::byte>& list) {
    const auto length = static_cast<unsigned>(list.size());
    return to.run_as(
        nexus, {0x83, service_action, 0, 0, 0, 0, 0, 0, 0, identifier, 0, 0, length >> 8, length & 0xffU, 0, 0}, list);
  }
  Reply populate(const TokenListBuilder& builder, unsigned identifier = 1) {
    return send(here, here.first, 0x10, identifier, builder.list);
  }
  Reply write(const TokenListBuilder& builder, unsigned identifier = 2) {
    return send(there, there.first, 0x11, identifier, builder.list);
  }
  static Reply ask(Bench& of, unsigned identifier, unsigned service_action = 0x07, unsigned allocation = 1024) {
    return of.run({0x84, service_action, 0, 0, 0, identifier, 0, 0, 0, 0, 0, 0, allocation >> 8, allocation & 0xffU});
  }

  /// Of blocks of `here`.
  std::vector<std::byte> token(std::uint64_t lba, std::uint32_t blocks) {
    promise(populate(TokenListBuilder().range(lba, blocks)).is_good());
    return token_in(ask(here, 1));
  }
  static std::vector<std::byte> token_in(const Reply& information) {
    promise(information.data_in.size() == kTokenAt + 512);
    return {information.data_in.begin() + kTokenAt, information.data_in.end()};
  }

  static std::vector<std::byte> blocks(Bench& of, std::uint64_t lba, std::uint64_t count, std::uint64_t block = 512) {
    const auto range = of.range(lba * block, count * block);
    return {range.begin(), range.end()};
  }

  Bench here;
  Bench there;
};

}  // namespace lunway::scsi
