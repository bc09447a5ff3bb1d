// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "cli/proxy/arguments.h"

#include <fmt/format.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <utility>

namespace lunway::cli {
namespace {

Outcome<std::vector<proxy::Rule>> read_rules(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  if (!in.is_open() || in.bad()) return failed(system_failure(errno, "reading " + path).error());
  auto rules = proxy::parse_rules(text);
  if (!rules) return wrong_call(fmt::format("{}: {}", path, rules.error().message));
  return std::move(*rules);
}

Outcome<std::vector<proxy::Rule>> all_rules(const ProxyArguments& arguments) {
  std::vector<proxy::Rule> rules;
  if (!arguments.rules_file.empty()) {
    auto read = read_rules(arguments.rules_file);
    if (!read) return read;
    rules = std::move(*read);
  }
  for (const std::string& text : arguments.rules) {
    const auto rule = proxy::parse_rule(text);
    if (!rule) return wrong_call("--rule: " + rule.error().message);
    rules.push_back(*rule);
  }
  return rules;
}

Outcome<runtime::Address> listen_address(const ProxyArguments& arguments) {
  const auto address = runtime::Address::parse(arguments.listen);
  if (!address) return wrong_call("--listen: " + address.error().message);
  if (!address->is_loopback() && !arguments.allow_anyone) {
    return wrong_call(fmt::format(
        "--listen {}: everybody who reaches this address could use the proxy; --allow-anyone says that it is meant",
        address->to_string()));
  }
  return *address;
}

Outcome<Duration> cut_time(const ProxyArguments& arguments) {
  if (arguments.cut_every.empty()) return Duration();
  const auto time = proxy::parse_duration(arguments.cut_every);
  if (!time || *time == Duration()) {
    return wrong_call(fmt::format("--cut-every: \"{}\" is no time, as in 250us, 20ms or 1.5s", arguments.cut_every));
  }
  return *time;
}

proxy::AddressPolicy address_policy(const std::string& word) {
  if (word == "all") return proxy::AddressPolicy::all;
  return word == "keep" ? proxy::AddressPolicy::keep : proxy::AddressPolicy::matching;
}

}  // namespace

Outcome<proxy::Options> make_proxy_options(const ProxyArguments& arguments) {
  const auto listen = listen_address(arguments);
  if (!listen) return std::unexpected(listen.error());
  const auto cut = cut_time(arguments);
  if (!cut) return std::unexpected(cut.error());
  auto rules = all_rules(arguments);
  if (!rules) return std::unexpected(rules.error());
  const auto target = runtime::Endpoint::parse(arguments.target);
  if (!target) return wrong_call(target.error().message);
  auto addresses = runtime::resolve(*target);
  if (!addresses) return failed(addresses.error());
  return proxy::Options{
      .listen = *listen,
      .target = std::move(*addresses),
      .target_names = {{.host = target->host, .port = target->port, .portal_group_tag = std::nullopt}},
      .addresses = address_policy(arguments.addresses),
      .rules = std::move(*rules),
      .seed = arguments.seed,
      .cut_every = *cut};
}

}  // namespace lunway::cli
