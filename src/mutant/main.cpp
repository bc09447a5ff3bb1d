// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// lunway-mutant: an implementation with one fault, made of one that conforms.
//
//   lunway-mutant list target|initiator
//   lunway-mutant before FAULT LISTEN TARGET       stands before a target, until its standard input ends
//   lunway-mutant behind FAULT URL COMMAND...      runs COMMAND, an initiator; {url} in it leads through the mutant

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "mutant/fault.h"
#include "mutant/relay.h"

namespace lunway::mutant {
namespace {

constexpr int kFailed = 1;
constexpr int kWrongCall = 2;
constexpr std::string_view kScheme = "iscsi://";
constexpr std::string_view kUrl = "{url}";

int complain(std::string_view message, int code) {
  std::fprintf(stderr, "lunway-mutant: %.*s\n", static_cast<int>(message.size()), message.data());
  return code;
}

int list(std::string_view role) {
  for (const Fault* fault : all_faults(role == "initiator" ? wire::Role::initiator : wire::Role::target)) {
    std::printf("%.*s\n", static_cast<int>(fault->name.size()), fault->name.data());
  }
  return 0;
}

/// "none" is a fault too: nothing changes.
bool find(wire::Role role, std::string_view name, const Fault*& fault) {
  fault = find_fault(role, name);
  return fault != nullptr || name == "none";
}

int before(std::string_view name, std::string_view listen, std::string_view to) {
  const Fault* fault = nullptr;
  if (!find(wire::Role::target, name, fault)) return complain("there is no such fault", kWrongCall);
  const auto from = runtime::Address::parse(listen);
  const auto target = runtime::Address::parse(to);
  if (!from || !target) return complain("this is no address", kWrongCall);
  const auto relay = Relay::start(*from, *target, fault);
  if (!relay) return complain(relay.error().message, kFailed);
  std::printf("ready %s\n", (*relay)->address().to_string().c_str());
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  return 0;
}

std::string with_url(std::string word, std::string_view url) {
  for (std::size_t at = word.find(kUrl); at != std::string::npos; at = word.find(kUrl, at + url.size())) {
    word.replace(at, kUrl.size(), url);
  }
  return word;
}

int run(const std::vector<std::string>& words) {
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    ::execvp(arguments.front(), arguments.data());
    ::_exit(127);
  }
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) < 0) return kFailed;
  return WIFEXITED(status) ? WEXITSTATUS(status) : kFailed;
}

int behind(std::string_view name, const std::string& url, const std::vector<std::string>& command) {
  const Fault* fault = nullptr;
  if (!find(wire::Role::initiator, name, fault)) return complain("there is no such fault", kWrongCall);
  if (!url.starts_with(kScheme)) return complain("this is no URL of iSCSI", kWrongCall);
  const std::size_t at = url.find('@');
  const std::size_t host = at == std::string::npos ? kScheme.size() : at + 1;
  const std::size_t end = std::min(url.find('/', host), url.size());
  const auto target = runtime::Address::parse(url.substr(host, end - host));
  const auto anywhere = runtime::Address::parse("127.0.0.1:0", 0);
  if (!target || !anywhere) return complain("this is no address", kWrongCall);
  const auto relay = Relay::start(*anywhere, *target, fault);
  if (!relay) return complain(relay.error().message, kFailed);
  const std::string through = url.substr(0, host) + (*relay)->address().to_string() + url.substr(end);
  std::vector<std::string> words;
  words.reserve(command.size());
  for (const std::string& word : command) words.push_back(with_url(word, through));
  return run(words);
}

int main(const std::vector<std::string>& words) {
  if (words.size() == 2 && words[0] == "list") return list(words[1]);
  if (words.size() == 4 && words[0] == "before") return before(words[1], words[2], words[3]);
  if (words.size() > 3 && words[0] == "behind") return behind(words[1], words[2], {words.begin() + 3, words.end()});
  return complain("list ROLE, before FAULT LISTEN TARGET, or behind FAULT URL COMMAND...", kWrongCall);
}

}  // namespace
}  // namespace lunway::mutant

int main(int count, char** words) { return lunway::mutant::main({words + 1, words + count}); }
