// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <functional>
#include <memory>

#include "admin/control_socket.h"
#include "cli/command.h"
#include "cli/control_commands.h"
#include "cli/json.h"
#include "cli/serve_config.h"
#include "cli/serve_reload.h"
#include "cli/server_log.h"
#include "cli/stop_signals.h"
#include "runtime/clock.h"
#include "runtime/descriptor_limit.h"
#include "runtime/signals.h"
#include "target/server.h"

namespace lunway::cli {
namespace {

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "host";
}

/// Nothing before this is printed on stdout: who waits for the lines may connect when they are there.
void say_ready(const target::Server& server, bool json) {
  for (const std::string& url : server.urls()) {
    if (json)
      print_json({{"ready", url}});
    else
      fmt::print("ready {}\n", url);
  }
  std::fflush(stdout);
}

target::LogLevel finest_level(const ServeArguments& arguments) {
  if (arguments.quiet) return target::LogLevel::problem;
  return arguments.verbose ? target::LogLevel::detail : target::LogLevel::event;
}

using LogFunction = std::function<void(target::LogLevel, const std::string&)>;

/// systemd.exec(5): the device and inode of the journal's end, for programs that want to know whether it is theirs.
bool stderr_goes_to_journal() {
  struct stat status = {};
  if (fstat(STDERR_FILENO, &status) != 0) return false;
  return process_environment("JOURNAL_STREAM") == fmt::format("{}:{}", status.st_dev, status.st_ino);
}

LogFunction make_log(const ServeArguments& arguments) {
  auto log = std::make_shared<ServerLog>(finest_level(arguments), stderr_goes_to_journal(), write_to_stderr);
  return [log](target::LogLevel level, const std::string& line) { log->write(runtime::read_clock(), level, line); };
}

Reloaded logged_reload(const ServeArguments& arguments, target::Server& server, const LogFunction& log) {
  const auto changes = reload(arguments, host_name(), process_environment, server);
  const auto level = changes ? target::LogLevel::event : target::LogLevel::problem;
  for (const std::string& line : changes ? *changes : changes.error()) log(level, "reload: " + line);
  log(level, changes ? "reload: done" : "reload: nothing has changed");
  return changes;
}

ControlledServer controlled(target::Server& server, Reloads& reloads) {
  return {.sessions = [&server] { return server.sessions(); },
          .targets = [&server] { return server.targets(); },
          .luns = [&server] { return server.luns(); },
          .portals = [&server] { return server.portals(); },
          .drop = [&server](std::uint16_t tsih) { return server.drop(tsih); },
          .resize = [&server](const std::string& volume, std::uint64_t size) { return server.resize(volume, size); },
          .reload = [&reloads] { return reloads.run(); },
          .drain = [] { kill(getpid(), SIGTERM); }};
}

Result<std::unique_ptr<admin::ControlSocket>> open_control(const std::string& path, const ControlledServer& server) {
  if (path.empty()) return nullptr;
  return admin::ControlSocket::open(path, [&server](const std::string& request) {
    return answer_control(request, server).dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  });
}

Outcome<> serve(const ServeArguments& arguments) {
  runtime::ignore_broken_pipes();
  runtime::block_termination_signals();
  runtime::raise_descriptor_limit();
  auto config = make_server_config(arguments, host_name(), process_environment);
  if (!config) return std::unexpected(config.error());
  config->log = make_log(arguments);
  auto server = target::Server::start(*config);
  if (!server) return failed(server.error());
  Reloads reloads([&] { return logged_reload(arguments, **server, config->log); });
  const ControlledServer in_control = controlled(**server, reloads);
  auto control = open_control(arguments.control, in_control);
  if (!control) return failed(control.error());
  say_ready(**server, arguments.json);
  wait_for_stop([&] { [[maybe_unused]] const auto said_in_the_log = reloads.run(); });
  control->reset();
  if (const Result<> stopped = (*server)->stop(); !stopped) return failed(stopped.error());
  return {};
}

}  // namespace

void add_serve(CLI::App& program, Chosen& chosen) {
  const auto arguments = std::make_shared<ServeArguments>();
  CLI::App& command = add_command(program, "serve", "Serve files and RAM disks as the LUNs of a target",
                                  "lunway serve --create 20GiB disk.img --listen 127.0.0.1:3260");
  auto* files = command.add_option("FILE", arguments->files, "files to serve as LUN 0, 1, ...")->type_name("");
  auto* create =
      command.add_option("--create", arguments->create_size, "make files that are missing, sparse, of this size");
  auto* memory = command.add_option("--memory", arguments->memory_sizes, "a RAM disk behind the files (may repeat)");
  auto* listen = command.add_option("--listen", arguments->listen,
                                    "where to listen; default 127.0.0.1:3260 (may repeat; port 0 takes a free one)");
  auto* target =
      command.add_option("--target", arguments->target, "the target's name; default carries the host's name");
  auto* user = command.add_option("--chap-user", arguments->chap_user, "only who proves to be this user may log in");
  auto* secret = command.add_option("--chap-secret-file", arguments->chap_secret_file,
                                    "the user's secret (else: $LUNWAY_CHAP_SECRET_FILE)");
  auto* mutual = command.add_option("--mutual-user", arguments->mutual_user, "whom the target proves to be");
  auto* mutual_secret = command.add_option("--mutual-secret-file", arguments->mutual_secret_file,
                                           "the target's secret (else: $LUNWAY_MUTUAL_SECRET_FILE)");
  auto* initiators =
      command.add_option("--initiator", arguments->initiators, "initiator name that may log in, with * (may repeat)");
  auto* read_only = command.add_flag("--read-only", arguments->read_only, "refuse writes");
  auto* direct = command.add_flag("--direct", arguments->direct, "files past the page cache (O_DIRECT)");
  auto* anyone =
      command.add_flag("--allow-anyone", arguments->allow_anyone, "serve others than this machine without CHAP");
  auto* config = command.add_option("--config", arguments->config_file, "a TOML file that says all of this and more");
  command.add_option("--shards", arguments->shards, "threads that serve; default one a core")
      ->type_name("N")
      ->check(CLI::Range(1U, 1024U).description(""));
  command.add_option("--io", arguments->io, "how to wait for the kernel; default uring where it is allowed")
      ->type_name("uring|epoll")
      ->check(CLI::IsMember({"uring", "epoll"}).description(""));
  command
      .add_option(
          "--state", arguments->state_directory,
          "where the ids and reservations of disks are kept;\ndefault /var/lib/lunway, or ~/.local/state/lunway")
      ->type_name("DIR");
  command.add_option("--control", arguments->control, "a socket for lunway ctl, for this user alone")
      ->type_name("PATH");
  auto* quiet = command.add_flag("--quiet", arguments->quiet, "log only what goes wrong");
  command.add_flag("--verbose", arguments->verbose, "log discovery, too")->excludes(quiet);
  command.add_flag("--json", arguments->json, "the ready lines as JSON");
  for (CLI::Option* size : {create, memory}) size->type_name("SIZE")->allow_extra_args(false);
  for (CLI::Option* file : {secret, mutual_secret, config}) file->type_name("FILE");
  for (CLI::Option* name : {user, mutual}) name->type_name("NAME");
  listen->type_name("ADDR:PORT")->allow_extra_args(false);
  target->type_name("IQN");
  initiators->type_name("PATTERN")->allow_extra_args(false);
  for (CLI::Option* other : {files, create, memory, listen, target, user, secret, mutual, mutual_secret, initiators,
                             read_only, direct, anyone}) {
    config->excludes(other);
  }
  choose(command, chosen, arguments, serve);
}

}  // namespace lunway::cli
