// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include <fmt/format.h>

#include <vector>

#include "admin/size.h"
#include "base/crc32c.h"
#include "cli/command.h"
#include "cli/demo_disk.h"
#include "cli/json.h"
#include "cli/ladder.h"
#include "cli/progress.h"
#include "cli/session_facts.h"
#include "cli/sized_option.h"
#include "cli/stopwatch.h"
#include "cli/terminal.h"
#include "target/server.h"

namespace lunway::cli {
namespace {

constexpr std::uint64_t kMaxDemoBytes = std::uint64_t{4} << 30;

struct DemoArguments {
  std::string size = "64MiB";
  bool json = false;
};

/// What the demonstration found out; what --json prints.
struct Findings {
  std::string url;
  initiator::Negotiated negotiated;
  std::uint64_t bytes = 0;
  Duration write_time{}, read_time{};
  std::uint32_t checksum = 0;
  std::size_t pdus = 0;
};

/// One line a step, once the step is done: its name, then what came of it. Silent when the result is for a machine.
class Narrator {
 public:
  explicit Narrator(bool silent) : silent_(silent), paint_(wants_colour(stdout)) {}

  const Paint& paint() const { return paint_; }

  void say(std::string_view step, std::string_view text) const {
    print(fmt::format("  {}{}\n", paint_.bold(fmt::format("{:<11}", step)), text));
  }
  void print(std::string_view text) const {
    if (silent_) return;
    fmt::print("{}", text);
    std::fflush(stdout);
  }

 private:
  bool silent_;
  Paint paint_;
};

std::string amount_and_rate(std::uint64_t bytes, Duration time) {
  return fmt::format("{} in {:.0f} ms, {}", admin::format_size(bytes), seconds(time) * 1000, format_rate(bytes, time));
}

/// Bytes that differ from block to block, so that a block that went astray would show.
std::vector<std::byte> pattern(std::size_t count) {
  std::vector<std::byte> bytes(count);
  std::uint64_t state = 0x9e3779b97f4a7c15;
  for (std::byte& byte : bytes) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    byte = static_cast<std::byte>(state >> 56);
  }
  return bytes;
}

Outcome<> discover(const initiator::Url& url, const Narrator& tell) {
  initiator::Url portal = url;
  portal.target.clear();
  const auto targets = initiator::Session::discover(portal, {});
  if (!targets) return failed(targets.error(), portal);
  for (const auto& target : *targets) {
    for (const auto& one : target.portals) {
      tell.say("discover", fmt::format("{},{} {}", one.address, one.group_tag, target.name));
    }
  }
  return {};
}

Outcome<> write_read_verify(initiator::Session& session, Findings& findings, const Narrator& tell) {
  const std::vector<std::byte> written = pattern(findings.bytes);
  std::vector<std::byte> back(written.size());

  const Stopwatch write_watch;
  if (const auto done = session.write(0, written); !done) return failed(done.error(), session.url());
  if (const auto done = session.flush(); !done) return failed(done.error(), session.url());
  findings.write_time = write_watch.elapsed();
  tell.say("write", amount_and_rate(findings.bytes, findings.write_time));

  const Stopwatch read_watch;
  if (const auto done = session.read(0, back); !done) return failed(done.error(), session.url());
  findings.read_time = read_watch.elapsed();
  tell.say("read back", amount_and_rate(findings.bytes, findings.read_time));

  if (written != back) return failed("what came back is not what was written");
  findings.checksum = crc32c(back);
  tell.say("verify",
           fmt::format("{}: CRC32C 0x{:08x} on both sides", tell.paint().green("verified"), findings.checksum));
  return {};
}

Outcome<> log_in_and_use(const initiator::Url& url, Findings& findings, const Narrator& tell) {
  Ladder ladder;
  initiator::Options options;
  options.header_digest = options.data_digest = initiator::Digest::crc32c;
  options.on_pdu = [&ladder](const initiator::PduSeen& pdu) { ladder.observe(pdu); };
  auto session = initiator::Session::connect(url, options);
  if (!session) return failed(session.error(), url);
  findings.negotiated = session->negotiated();
  tell.say("log in", fmt::format("as \"{}\", and the target proved to be \"{}\"", url.user, url.target_user));
  if (const Outcome<> used = write_read_verify(*session, findings, tell); !used) return used;
  if (const auto out = session->logout(); !out) return failed(out.error(), url);
  findings.pdus = ladder.size();
  tell.say("log out", fmt::format("after {} PDUs, the login and the logout among them:\n", findings.pdus));
  tell.print(ladder.draw(tell.paint()));
  return {};
}

void print_facts(const Findings& findings, const Narrator& tell) {
  tell.print("\n");
  Facts facts = session_facts(findings.negotiated);
  for (auto& fact : negotiated_facts(findings.negotiated)) facts.push_back(std::move(fact));
  for (std::size_t i = 0; i < facts.size(); ++i) {
    tell.say(i == 0 ? "session" : "", fmt::format("{:<43}{}", facts[i].first, to_text(facts[i].second)));
  }
}

void print_findings_json(const Findings& findings) {
  Json negotiated = Json::object();
  for (const Facts& facts : {session_facts(findings.negotiated), negotiated_facts(findings.negotiated)}) {
    for (const auto& [name, fact] : facts) {
      std::visit([&, &key = name](const auto& value) { negotiated[key] = value; }, fact);
    }
  }
  print_json({{"url", findings.url},
              {"bytes", findings.bytes},
              {"write_s", seconds(findings.write_time)},
              {"read_s", seconds(findings.read_time)},
              {"crc32c", fmt::format("0x{:08x}", findings.checksum)},
              {"verified", true},
              {"pdus", findings.pdus},
              {"negotiated", std::move(negotiated)}});
}

Outcome<> play(const DemoArguments& arguments, std::uint64_t disk_bytes) {
  const Narrator tell(arguments.json);
  const auto secret = random_secret();
  const auto target_secret = random_secret();
  if (!secret) return std::unexpected(secret.error());
  if (!target_secret) return std::unexpected(target_secret.error());

  tell.print(tell.paint().bold("A target and an initiator, in one process, over TCP") + "\n\n");
  auto server = target::Server::start(demo_config(disk_bytes, *secret, *target_secret));
  if (!server) return failed(server.error());
  Findings findings{.url = (*server)->urls().front(), .negotiated = {}, .bytes = disk_bytes / 2};
  tell.say("serve", fmt::format("a disk of {} in memory: {}", admin::format_size(disk_bytes), findings.url));

  auto url = initiator::Url::parse(findings.url);
  if (!url) return failed(url.error().message);
  if (const Outcome<> found = discover(*url, tell); !found) return found;
  url->user = kDemoUser;
  url->secret = *secret;
  url->target_user = kDemoTargetUser;
  url->target_secret = *target_secret;
  if (const Outcome<> used = log_in_and_use(*url, findings, tell); !used) return used;
  print_facts(findings, tell);
  if (const Result<> stopped = (*server)->stop(); !stopped) return failed(stopped.error());
  if (arguments.json) print_findings_json(findings);
  tell.print("\nNow with a disk of your own: lunway serve --create 1GiB disk.img\n");
  return {};
}

Outcome<> demo(const DemoArguments& arguments) {
  const auto size = size_option("--size", arguments.size);
  if (!size) return std::unexpected(size.error());
  if (*size < 1024UL * 1024 || *size > kMaxDemoBytes || *size % 1024 != 0) {
    return wrong_call("--size wants whole KiB from 1MiB to 4GiB");
  }
  return play(arguments, *size);
}

}  // namespace

void add_demo(CLI::App& program, Chosen& chosen) {
  const auto arguments = std::make_shared<DemoArguments>();
  CLI::App& command =
      add_command(program, "demo", "Serve a disk, discover it, log in, write, read back, verify, log out",
                  "lunway demo --size 256MiB");
  command.add_option("--size", arguments->size, "size of the disk, in memory")
      ->type_name("SIZE")
      ->capture_default_str();
  command.add_flag("--json", arguments->json, "what was found, as JSON");
  choose(command, chosen, arguments, demo);
}

}  // namespace lunway::cli
