// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// A proxy between an initiator and a target that shows every PDU and, by rules, makes faults.

#include "proxy/proxy.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>
#include <utility>

#include "cli/command.h"
#include "cli/json.h"
#include "cli/proxy/arguments.h"
#include "cli/proxy/capture_file.h"
#include "cli/proxy/log.h"
#include "runtime/clock.h"
#include "runtime/descriptor_limit.h"
#include "runtime/signals.h"

namespace lunway::cli {
namespace {

/// From the first connection to the signal that ends it.
class ProxyRun final : proxy::Watcher, runtime::Signals::Owner {
 public:
  ProxyRun(runtime::Loop& loop, ProxyLog log, std::unique_ptr<CaptureFile> capture)
      : loop_(loop), log_(log), capture_(std::move(capture)) {}

  Result<runtime::Address> start(proxy::Options options) {
    auto signals = runtime::Signals::open(loop_.ring(), *this);
    if (!signals) return std::unexpected(signals.error());
    auto proxy = proxy::Proxy::start(loop_, *this, std::move(options));
    if (!proxy) return std::unexpected(proxy.error());
    signals_ = std::move(*signals);
    signals_->start();
    proxy_ = std::move(*proxy);
    return proxy_->address();
  }

  Result<> finish() { return capture_ ? capture_->finish() : Result<>(); }

  void print_counts(bool json) const {
    if (json) {
      print_json({{"connections", connections_}, {"pdus", pdus_}, {"faults", faults_}});
    } else {
      fmt::print("{} connections, {} PDUs, {} faults\n", connections_, pdus_, faults_);
    }
  }

 private:
  void on_opened(Instant when, std::uint64_t connection, const std::string& initiator,
                 const std::string& target) override {
    ++connections_;
    log_.opened(when, connection, initiator, target);
    if (capture_) capture_->opened(when, connection);
  }
  void on_pdu(const proxy::SeenPdu& seen) override {
    ++pdus_;
    if (seen.verdict.is_fault()) ++faults_;
    log_.pdu(seen);
  }
  void on_passed(Instant when, std::uint64_t connection, wire::Role from, Bytes bytes) override {
    if (capture_) capture_->passed(when, connection, from, bytes);
  }
  void on_note(Instant when, std::uint64_t connection, std::string_view note) override {
    log_.note(when, connection, note);
  }
  void on_closed(Instant when, std::uint64_t connection, std::string_view why) override {
    log_.closed(when, connection, why);
    if (capture_) capture_->closed(connection);
  }
  void on_stopped() override { signals_->close(); }

  void on_signal(int /*number*/) override {
    if (!std::exchange(stopping_, true)) proxy_->stop();
  }
  void on_signals_closed() override { loop_.stop(); }

  runtime::Loop& loop_;
  ProxyLog log_;
  std::unique_ptr<CaptureFile> capture_;
  std::unique_ptr<runtime::Signals> signals_;
  std::unique_ptr<proxy::Proxy> proxy_;
  std::uint64_t connections_ = 0;
  std::uint64_t pdus_ = 0;
  std::uint64_t faults_ = 0;
  bool stopping_ = false;
};

runtime::RingKind ring_kind(const std::string& io) {
  if (io == "uring") return runtime::RingKind::uring;
  return io == "epoll" ? runtime::RingKind::epoll : runtime::RingKind::automatic;
}

Result<std::unique_ptr<CaptureFile>> open_capture(const std::string& path, Instant now) {
  if (path.empty()) return nullptr;
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return CaptureFile::create(path, since_1970 - now.time_since_epoch());
}

void say_ready(const runtime::Address& listening, const ProxyArguments& arguments) {
  if (arguments.json) {
    print_json({{"ready", listening.to_string()}, {"target", arguments.target}, {"seed", arguments.seed}});
  } else {
    fmt::print("ready {} to {}, seed {}\n", listening.to_string(), arguments.target, arguments.seed);
  }
}

Outcome<> run_proxy(const ProxyArguments& arguments) {
  runtime::ignore_broken_pipes();
  runtime::block_termination_signals();
  runtime::raise_descriptor_limit();
  std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
  auto options = make_proxy_options(arguments);
  if (!options) return std::unexpected(options.error());
  auto loop = runtime::Loop::make({.ring = ring_kind(arguments.io), .buffers = {}});
  if (!loop) return failed(loop.error());
  const Instant begin = runtime::read_clock();
  auto capture = open_capture(arguments.capture, begin);
  if (!capture) return failed(capture.error());
  const auto form = arguments.json ? ProxyLog::Form::json : ProxyLog::Form::text;
  ProxyRun run(**loop, ProxyLog(begin, form, arguments.quiet), std::move(*capture));
  const auto listening = run.start(std::move(*options));
  if (!listening) return failed(listening.error());
  say_ready(*listening, arguments);
  (*loop)->run();
  run.print_counts(arguments.json);
  if (const Result<> written = run.finish(); !written) return failed(written.error());
  return {};
}

}  // namespace

void add_proxy(CLI::App& program, Chosen& chosen) {
  const auto arguments = std::make_shared<ProxyArguments>();
  CLI::App& command = add_command(program, "proxy", "Stand between an initiator and a target, log PDUs, make faults",
                                  "lunway proxy 127.0.0.1:3260\n"
                                  "  lunway proxy 127.0.0.1 --rule \"corrupt=data every=500 from=target\" --quiet\n"
                                  "  lunway proxy db.example.com --rule \"drop opcode=scsi-response times=1\"\n"
                                  "  lunway proxy 127.0.0.1 --rule \"delay=20ms\" --cut-every 5s --pcap seen.pcapng");
  command.add_option("TARGET", arguments->target, "HOST[:PORT] of the target")->required()->type_name("");
  command.add_option("--listen", arguments->listen, "where initiators connect; port 0 takes a free one")
      ->type_name("ADDR:PORT")
      ->capture_default_str();
  command
      .add_option("--rule", arguments->rules,
                  "what to do with which PDUs (may repeat): drop, delay=TIME,\n"
                  "cut[=BYTES], reset[=BYTES], corrupt=header|data|header-digest|\n"
                  "data-digest [byte=N] [repair], duplicate, reorder[=N]; then\n"
                  "from=initiator|target, opcode=NAME,..., every=N, skip=N, times=N,\n"
                  "probability=P, after=TIME, until=TIME, cid=N, connection=N,\n"
                  "phase=login|full|any")
      ->type_name("RULE")
      ->allow_extra_args(false);
  command.add_option("--rules", arguments->rules_file, "a file with a rule a line")->type_name("FILE");
  command.add_option("--seed", arguments->seed, "the same seed, the same chance")
      ->type_name("N")
      ->capture_default_str();
  command.add_option("--cut-every", arguments->cut_every, "close each connection at this age")->type_name("TIME");
  command
      .add_option("--addresses", arguments->addresses,
                  "which TargetAddress becomes the proxy's own: matching (the\ntarget's), all or keep (none)")
      ->type_name("WHICH")
      ->check(CLI::IsMember({"matching", "all", "keep"}).description(""))
      ->capture_default_str();
  command.add_option("--pcap", arguments->capture, "what is passed on, for Wireshark")->type_name("FILE");
  command.add_flag("--allow-anyone", arguments->allow_anyone, "listen on an address that is not loopback");
  command.add_option("--io", arguments->io, "how to wait for the kernel; default uring where it is allowed")
      ->type_name("uring|epoll")
      ->check(CLI::IsMember({"uring", "epoll"}).description(""));
  command.add_flag("--quiet", arguments->quiet, "log faults and connections only");
  command.add_flag("--json", arguments->json, "every line as JSON");
  choose(command, chosen, arguments, run_proxy);
}

}  // namespace lunway::cli
