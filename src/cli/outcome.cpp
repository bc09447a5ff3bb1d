// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "cli/outcome.h"

#include <fmt/format.h>

namespace lunway::cli {
namespace {

using initiator::ErrorKind;

/// By Status-Class and Status-Detail.
//= rfc7143#11.13.5
std::string advice_for_login_status(int status, const initiator::Url& url) {
  switch (status) {
    case 0x0201:
      return "check the user in the URL and the secret in LUNWAY_CHAP_SECRET_FILE";
    case 0x0202:
      return "the target serves other initiators: say whose name to use with --initiator-name";
    case 0x0203:
      return "list what there is with: lunway discover " + portal_of(url);
    case 0x0301:
    case 0x0302:
      return "try again later";
    default:
      return {};
  }
}

}  // namespace

std::string portal_of(const initiator::Url& url) {
  const bool ipv6 = url.host.contains(':');
  return ipv6 ? fmt::format("[{}]:{}", url.host, url.port) : fmt::format("{}:{}", url.host, url.port);
}

std::string advice_for(const initiator::Error& error, const initiator::Url& url) {
  switch (error.kind) {
    case ErrorKind::unreachable:
      return "is a target listening at " + portal_of(url) + "?";
    case ErrorKind::login_refused:
      return advice_for_login_status(error.code, url);
    case ErrorKind::authentication:
      return "the secret in LUNWAY_MUTUAL_SECRET_FILE is not the one that this target proves";
    case ErrorKind::negotiation:
      return "ask for less, for example without ?header_digest and ?data_digest";
    default:
      return {};
  }
}

std::unexpected<Failure> failed(const initiator::Error& error, const initiator::Url& url) {
  const std::string advice = advice_for(error, url);
  const bool ours = error.kind == ErrorKind::invalid_argument;
  return std::unexpected(Failure{ours ? ExitCode::wrong_call : ExitCode::failed,
                                 advice.empty() ? error.message : fmt::format("{}; {}", error.message, advice)});
}

}  // namespace lunway::cli
