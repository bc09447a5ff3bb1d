// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A logical unit on the bench: it has a medium of plain bytes and an initiator or two, and runs commands to their end.
// It checks what the device server promises its owner: see step.h. For tests and fuzzers.

#pragma once

#include <algorithm>
#include <array>
#include <cstdlib>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/big_endian.h"
#include "scsi/copy_host.h"
#include "scsi/logical_unit.h"
#include "scsi/port_groups.h"

namespace lunway::scsi {

/// Stops the program in every kind of build: a fuzzer has no other way to say that a promise was broken.
inline void promise(bool kept) {
  if (!kept) std::abort();
}

/// How a command ended.
struct Reply {
  Status status = Status::good;
  std::vector<std::byte> sense;
  std::vector<std::byte> data_in;
  std::uint64_t data_in_length = 0;
  std::uint64_t data_out_length = 0;

  bool is_good() const { return status == Status::good; }
  bool is_descriptor_sense() const { return !sense.empty() && (load_u8(sense.data()) & 0x7fU) >= 0x72; }
  SenseKey key() const {
    if (sense.empty()) return SenseKey::no_sense;
    return static_cast<SenseKey>(load_u8(sense.data() + (is_descriptor_sense() ? 1 : 2)) & 0xfU);
  }
  SenseCode code() const {
    if (sense.empty()) return SenseCode::no_additional_sense_information;
    return static_cast<SenseCode>(load_be16(sense.data() + (is_descriptor_sense() ? 2 : 12)));
  }
  /// The field pointer of fixed format sense: "cdb 1.7", "parameter 4", or nothing.
  std::string field() const {
    if (sense.size() < 18) return {};
    const std::uint8_t flags = load_u8(sense.data() + 15);
    if ((flags & 0x80U) == 0) return {};
    std::string text = (flags & 0x40U) != 0 ? "cdb " : "parameter ";
    text += std::to_string(load_be16(sense.data() + 16));
    if ((flags & 0x08U) != 0) text += "." + std::to_string(flags & 0x7U);
    return text;
  }
  std::uint8_t u8(std::size_t at) const { return load_u8(&data_in.at(at)); }
  std::uint16_t be16(std::size_t at) const { return load_be16(std::span(data_in).subspan(at, 2).data()); }
  std::uint32_t be32(std::size_t at) const { return load_be32(std::span(data_in).subspan(at, 4).data()); }
  std::uint64_t be64(std::size_t at) const { return load_be64(std::span(data_in).subspan(at, 8).data()); }
};

/// An initiator and its nexus.
class Bench final : public Waker, public CopyHost {
 public:
  static constexpr std::uint64_t kBlocks = 256;

  explicit Bench(LogicalUnitOptions options = default_options())
      : unit(options), medium(options.capacity_blocks * options.block_size), block_size_(options.block_size) {
    unit.attach(first);
    unit.attach(second);
    first.clear(UnitAttention::power_on);
    second.clear(UnitAttention::power_on);
  }
  ~Bench() {
    unit.detach(first);
    unit.detach(second);
  }

  static LogicalUnitOptions default_options() {
    LogicalUnitOptions options;
    options.capacity_blocks = kBlocks;
    options.serial_number = "0123456789";
    options.naa = 0x3000000000000001;
    options.volatile_cache = true;
    options.can_discard = true;
    options.can_zero = true;
    return options;
  }

  static std::shared_ptr<const NexusIdentity> identity(char name) {
    return std::make_shared<NexusIdentity>(NexusIdentity{
        .initiator_port = std::string("iqn.2026-11.io.example:") + name + ",i,0x00023d000001",
        .target_device = "iqn.2026-11.io.lunway:bench",
        .target_port = "iqn.2026-11.io.lunway:bench,t,0x0001",
        .port_groups = std::make_shared<PortGroups>(
            std::vector<PortGroups::Group>{{.id = 1, .ports = {1}}, {.id = 2, .ports = {2}}}, true),
    });
  }

  using CdbBytes = std::initializer_list<unsigned>;

  static constexpr std::uint64_t kPlenty = 1U << 20;

  /// Runs a command of the first initiator: it expects plenty of data, and sends `data_out`.
  Reply run(CdbBytes cdb, std::vector<std::byte> data_out = {}, std::uint64_t expected_in = kPlenty) {
    return run_as(first, cdb, std::move(data_out), expected_in);
  }

  Reply run_as(Nexus& nexus, CdbBytes cdb, std::vector<std::byte> data_out = {}, std::uint64_t expected_in = kPlenty) {
    std::vector<std::byte> bytes;
    for (const unsigned byte : cdb) bytes.push_back(static_cast<std::byte>(byte));
    return run_bytes(nexus, bytes, data_out, expected_in);
  }

  Reply run_bytes(Nexus& nexus, Bytes cdb, Bytes data_out, std::uint64_t expected_in) {
    const Command command{.cdb = cdb,
                          .expected_data_in = expected_in,
                          .expected_data_out = data_out.size(),
                          .attribute = TaskAttribute::simple,
                          .luns = luns,
                          .waker = this,
                          .copy_host = this,
                          .now = now};
    Task task;
    runs_second_ = &nexus == &second;
    Reply reply;
    steps.clear();
    Step step = unit.begin(task, nexus, command);
    while (!std::holds_alternative<Finish>(step)) {
      promise(steps.size() < kMostSteps);
      if (std::holds_alternative<Wait>(step)) {
        step = wait(task);
        continue;
      }
      step = unit.resume(task, perform(step, data_out, reply));
    }
    promise(task.is_idle());
    finish(std::get<Finish>(step), reply);
    return reply;
  }

  /// Does one step against the medium. What it read for the initiator goes into the reply.
  Outcome perform(const Step& step, Bytes data_out, Reply& reply) {
    steps.push_back(name_of(step));
    if (while_performing) while_performing(step);
    if (std::holds_alternative<SanitizeOrdered>(step)) {
      sanitize_record = unit.sanitize_record();
      sanitize_is_due = !sanitize_record.empty();
      unit.sanitize_is_recorded();
      return Outcome::done();
    }
    if (fail_next != Outcome::Failure::none) return Outcome::failed(std::exchange(fail_next, Outcome::Failure::none));
    if (const auto* read = std::get_if<ReadBlocks>(&step)) {
      const Bytes blocks = range(read->offset, read->length);
      promise(read->length != 0 && read->length % block_size_ == 0);
      reply.data_in.assign(blocks.begin(), blocks.end());
    } else if (const auto* write = std::get_if<WriteBlocks>(&step)) {
      promise(write->length != 0 && write->length % block_size_ == 0 && write->length <= data_out.size());
      copy_bytes(range(write->offset, write->length), data_out.first(write->length));
    } else if (const auto* parameters = std::get_if<ReceiveParameters>(&step)) {
      promise(!parameters->memory.empty() && parameters->memory.size() <= data_out.size());
      const std::size_t sent = std::min(parameters->memory.size(), most_parameters);
      copy_bytes(parameters->memory.first(sent), data_out);
      return Outcome::with_parameters(sent);
    } else if (const auto* access = std::get_if<Access>(&step)) {
      bench_of(*access).perform_access(*access);
    } else if (const auto* map = std::get_if<MapBlocks>(&step)) {
      promise(map->length != 0 && !map->extents.empty());
      range(map->offset, map->length);
      fill_extents(*map);
    } else if (const auto* persist = std::get_if<Persist>(&step)) {
      record.assign(persist->record.begin(), persist->record.end());
    } else if (const auto* abort = std::get_if<AbortTasks>(&step)) {
      aborted.assign(abort->nexuses.begin(), abort->nexuses.end());
    } else {
      promise(false);
    }
    return Outcome::done();
  }

  /// The sanitize operation that was ordered, to its end.
  Reply sanitize() {
    promise(std::exchange(sanitize_is_due, false));
    Task task;
    Reply reply;
    Step step = unit.begin_sanitize(task, *this);
    while (!std::holds_alternative<Finish>(step)) {
      if (while_sanitizing) while_sanitizing();
      step = unit.resume(task, perform(step, {}, reply));
    }
    finish(std::get<Finish>(step), reply);
    return reply;
  }

  std::vector<std::byte> blocks_of(unsigned fill, std::uint64_t count = 1) const {
    return std::vector<std::byte>(count * block_size_, static_cast<std::byte>(fill));
  }

  MutableBytes range(std::uint64_t offset, std::uint64_t length) {
    promise(offset <= medium.size() && length <= medium.size() - offset);
    return MutableBytes(medium).subspan(offset, length);
  }

  void wake(Task& task) override { woken.push_back(&task); }

  std::vector<CopyUnit> copy_units() override {
    std::vector<CopyUnit> units = {{&unit, runs_second_ ? &second : &first}};
    for (Bench* bench : neighbours) units.push_back({&bench->unit, runs_second_ ? &bench->second : &bench->first});
    return units;
  }

  void fill_random(MutableBytes bytes) override {
    for (std::byte& byte : bytes) {
      random_ = random_ * 6364136223846793005 + 1442695040888963407;
      byte = static_cast<std::byte>(random_ >> 56);
    }
  }

  LogicalUnit unit;
  Nexus first{identity('a'), 0};
  Nexus second{identity('b'), 1};
  std::vector<std::byte> medium;
  std::vector<std::uint64_t> luns = {0};
  /// When commands come.
  Instant now;
  /// What the steps of the last command were: "read 0+512".
  std::vector<std::string> steps;
  std::vector<Task*> woken;
  std::string sanitize_record;
  bool sanitize_is_due = false;
  /// Called before each step of a command is done.
  std::function<void(const Step&)> while_performing;
  /// Called before each step of sanitize().
  std::function<void()> while_sanitizing;
  /// What MapBlocks tells, in bytes from the start of the medium.
  std::vector<Extent> holes;
  std::vector<std::byte> record;
  std::vector<std::shared_ptr<const NexusIdentity>> aborted;
  /// Logical units that both initiators may use beside this one.
  std::vector<Bench*> neighbours;
  /// The next step fails like this.
  Outcome::Failure fail_next = Outcome::Failure::none;
  /// The initiator sends no more parameters than this, whatever it expected to send.
  std::size_t most_parameters = SIZE_MAX;

 private:
  static constexpr std::size_t kMostSteps = 100'000;

  /// Nothing but a sanitize operation makes a command of the bench wait.
  Step wait(Task& task) {
    promise(std::erase(woken, &task) != 0);
    Step step = unit.resume(task, Outcome::done());
    if (!std::holds_alternative<Wait>(step)) return step;
    sanitize();
    promise(std::erase(woken, &task) != 0);
    return unit.resume(task, Outcome::done());
  }

  Bench& bench_of(const Access& access) {
    if (access.unit == nullptr || access.unit == &unit) return *this;
    const auto found = std::ranges::find(neighbours, access.unit, [](const Bench* bench) { return &bench->unit; });
    promise(found != neighbours.end());
    return **found;
  }

  void perform_access(const Access& access) {
    using Verb = Access::Verb;
    if (access.verb == Verb::flush) return;
    const MutableBytes blocks = range(access.offset, access.length);
    promise(access.length != 0 && access.offset % block_size_ == 0 && access.length % block_size_ == 0);
    const bool has_memory = access.verb == Verb::read || access.verb == Verb::write;
    promise(access.memory.size() == (has_memory ? access.length : 0));
    promise(reinterpret_cast<std::uintptr_t>(access.memory.data()) % block_size_ == 0);
    if (access.verb == Verb::read) copy_bytes(access.memory, blocks);
    if (access.verb == Verb::write) copy_bytes(blocks, access.memory);
    if (access.verb == Verb::discard || access.verb == Verb::zero) std::ranges::fill(blocks, std::byte{});
  }

  void fill_extents(const MapBlocks& map) const {
    const std::uint64_t end = map.offset + map.length;
    std::uint64_t at = map.offset;
    for (Extent& extent : map.extents) {
      if (at == end) return;
      const auto next = std::ranges::find_if(holes, [&](const Extent& hole) { return hole.offset + hole.length > at; });
      const bool inside = next != holes.end() && next->offset <= at;
      const std::uint64_t stop = inside ? next->offset + next->length : next == holes.end() ? end : next->offset;
      extent = {.offset = at, .length = std::min(stop, end) - at, .has_space = !inside};
      at += extent.length;
    }
  }

  std::string name_of(const Step& step) const {
    const auto where = [](const auto& what) { return std::to_string(what.offset) + "+" + std::to_string(what.length); };
    if (const auto* read = std::get_if<ReadBlocks>(&step)) return "send " + where(*read);
    if (const auto* write = std::get_if<WriteBlocks>(&step)) return "solicit " + where(*write);
    if (const auto* parameters = std::get_if<ReceiveParameters>(&step)) {
      return "parameters " + std::to_string(parameters->memory.size());
    }
    if (const auto* access = std::get_if<Access>(&step)) {
      constexpr std::array<const char*, 5> kVerbs = {"read ", "write ", "flush ", "discard ", "zero "};
      const bool is_elsewhere = access->unit != nullptr && access->unit != &unit;
      return kVerbs[static_cast<std::size_t>(access->verb)] + where(*access) + (is_elsewhere ? " elsewhere" : "");
    }
    if (const auto* map = std::get_if<MapBlocks>(&step)) return "map " + where(*map);
    if (std::holds_alternative<Persist>(step)) return "persist";
    if (std::holds_alternative<AbortTasks>(step)) return "abort tasks";
    if (std::holds_alternative<SanitizeOrdered>(step)) return "sanitize";
    return std::holds_alternative<Wait>(step) ? "wait" : "finish";
  }

  static void finish(const Finish& finish, Reply& reply) {
    promise(finish.sense.empty() == (finish.status != Status::check_condition));
    reply.status = finish.status;
    reply.sense.assign(finish.sense.begin(), finish.sense.end());
    if (!finish.data_in.empty()) reply.data_in.assign(finish.data_in.begin(), finish.data_in.end());
    reply.data_in_length = finish.data_in_length;
    reply.data_out_length = finish.data_out_length;
  }

  std::uint32_t block_size_;
  bool runs_second_ = false;
  std::uint64_t random_ = 0;
};

}  // namespace lunway::scsi
