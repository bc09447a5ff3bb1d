// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// iscsi://[user[%secret]@]host[:port][/target-name/lun][?key=value&...]
//
// The form is the one of other user-space initiators, so that a URL which works there works here. '%' parts user and
// secret; elsewhere it begins a percent-encoded byte. An '@' may stand in a secret: the last one before the path
// counts.

#include <charconv>
#include <string>
#include <string_view>
#include <utility>

#include "lunway/initiator.h"

namespace lunway::initiator {
namespace {

constexpr std::string_view kScheme = "iscsi://";
/// The longest iSCSI name.
//= rfc7143#4.2.7.1
constexpr std::size_t kNameBytesMax = 223;
constexpr unsigned kLunMax = 16'383;  // flat space addressing, 14 bits
constexpr unsigned kConnectionsMax = 64;
constexpr unsigned kReconnectSecondsMax = 86'400;
constexpr unsigned kReconnectTriesMax = 1'000'000;

std::unexpected<Error> wrong(std::string message) {
  return std::unexpected(Error{ErrorKind::invalid_argument, 0, "URL: " + std::move(message)});
}

template <class Int>
std::optional<Int> number(std::string_view text, unsigned max) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > max) return std::nullopt;
  return static_cast<Int>(value);
}

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

/// Nothing when a '%' is not followed by two hexadecimal digits, or for a zero byte.
std::optional<std::string> percent_decoded(std::string_view text) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      plain += text[at];
      continue;
    }
    if (at + 2 >= text.size()) return std::nullopt;
    const auto high = hex_digit(text[at + 1]);
    const auto low = hex_digit(text[at + 2]);
    if (!high || !low || (*high == 0 && *low == 0)) return std::nullopt;
    plain += static_cast<char>(*high * 16 + *low);
    at += 2;
  }
  return plain;
}

/// Cuts `text` at the first `separator`: the part before it is returned, the part after it stays.
std::string_view cut(std::string_view& text, char separator) {
  const std::size_t at = text.find(separator);
  const std::string_view head = text.substr(0, at);
  text = at == std::string_view::npos ? std::string_view{} : text.substr(at + 1);
  return head;
}

Result<> parse_portal(Url& url, std::string_view portal) {
  std::string_view port;
  bool has_port = false;
  if (portal.starts_with('[')) {
    const std::size_t end = portal.find(']');
    if (end == std::string_view::npos) return wrong("the bracket before an IPv6 address is not closed");
    url.host = portal.substr(1, end - 1);
    std::string_view rest = portal.substr(end + 1);
    has_port = rest.starts_with(':');
    if (!rest.empty() && !has_port) return wrong("after ']' comes ':' and a port, or the path");
    if (has_port) port = rest.substr(1);
  } else {
    const std::size_t colon = portal.find(':');
    if (colon != std::string_view::npos && portal.find(':', colon + 1) != std::string_view::npos)
      return wrong("an IPv6 address stands in brackets: [" + std::string(portal) + "]");
    url.host = portal.substr(0, colon);
    has_port = colon != std::string_view::npos;
    if (has_port) port = portal.substr(colon + 1);
  }
  if (url.host.empty()) return wrong("the host is missing");
  if (!has_port) return {};
  const auto value = number<std::uint16_t>(port, 65'535);
  if (!value || *value == 0) return wrong("the port is a number from 1 to 65535, not '" + std::string(port) + "'");
  url.port = *value;
  return {};
}

Result<> parse_authority(Url& url, std::string_view authority) {
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    std::string_view credentials = authority.substr(0, at);
    url.user = cut(credentials, '%');
    url.secret = credentials;
    if (url.user.empty()) return wrong("the user before '@' is empty");
    authority.remove_prefix(at + 1);
  }
  return parse_portal(url, authority);
}

Result<> parse_path(Url& url, std::string_view path) {
  if (path.empty()) return {};
  const std::string_view name_text = cut(path, '/');
  const auto name = percent_decoded(name_text);
  if (!name) return wrong("'%' in the target name is not followed by two hexadecimal digits");
  if (name->size() > kNameBytesMax) return wrong("the target name is longer than 223 bytes");
  if (!name->starts_with("iqn.") && !name->starts_with("eui.") && !name->starts_with("naa."))
    return wrong("the target name begins with iqn., eui. or naa., not '" + *name + "'");
  const auto lun = number<std::uint16_t>(path, kLunMax);
  if (!lun) return wrong("after the target name comes /LUN, a number from 0 to 16383");
  url.target = *name;
  url.lun = *lun;
  return {};
}

Result<std::optional<bool>> parse_digest(std::string_view key, std::string_view value) {
  if (value == "none") return false;
  if (value == "crc32c") return true;
  return wrong(std::string(key) + " is none or crc32c, not '" + std::string(value) + "'");
}

Result<> parse_setting(Url& url, std::string_view key, std::string_view text) {
  const auto value = percent_decoded(text);
  if (!value) return wrong("'%' in the value of " + std::string(key) + " is not followed by two hexadecimal digits");
  if (key == "header_digest" || key == "data_digest") {
    const auto digest = parse_digest(key, *value);
    if (!digest) return std::unexpected(digest.error());
    (key == "header_digest" ? url.header_digest : url.data_digest) = *digest;
  } else if (key == "target_user") {
    url.target_user = *value;
  } else if (key == "target_password") {
    url.target_secret = *value;
  } else if (key == "connections") {
    const auto count = number<unsigned>(*value, kConnectionsMax);
    if (!count || *count == 0) return wrong("connections is a number from 1 to 64, not '" + *value + "'");
    url.connections = *count;
  } else if (key == "erl") {
    const auto level = number<unsigned>(*value, 2);
    if (!level) return wrong("erl is 0, 1 or 2, not '" + *value + "'");
    url.erl = *level;
  } else if (key == "reconnect") {
    url.reconnect_s = number<unsigned>(*value, kReconnectSecondsMax);
    if (!url.reconnect_s) return wrong("reconnect is a number of seconds from 0 to 86400, not '" + *value + "'");
  } else if (key == "reconnect_tries") {
    url.reconnect_tries = number<unsigned>(*value, kReconnectTriesMax);
    if (!url.reconnect_tries) return wrong("reconnect_tries is a number from 0 to 1000000, not '" + *value + "'");
  } else {
    return wrong("unknown key '" + std::string(key) +
                 "'; known are header_digest, data_digest, target_user, target_password, connections, erl, reconnect "
                 "and reconnect_tries");
  }
  return {};
}

Result<> parse_query(Url& url, std::string_view query) {
  while (!query.empty()) {
    std::string_view setting = cut(query, '&');
    if (setting.find('=') == std::string_view::npos) return wrong("'" + std::string(setting) + "' is not key=value");
    const std::string_view key = cut(setting, '=');
    if (auto ok = parse_setting(url, key, setting); !ok) return ok;
  }
  return {};
}

}  // namespace

Result<Url> Url::parse(std::string_view text) {
  if (!text.starts_with(kScheme)) return wrong("it begins with iscsi://");
  text.remove_prefix(kScheme.size());
  // The query begins at the first '?' behind the credentials: a secret may hold one too.
  const std::size_t path_at = text.find('/');
  const std::size_t at = text.substr(0, path_at).rfind('@');
  const std::size_t query_at = text.find('?', at == std::string_view::npos ? 0 : at);
  const std::string_view query = query_at == std::string_view::npos ? std::string_view{} : text.substr(query_at + 1);
  std::string_view place = text.substr(0, query_at);

  Url url;
  const std::string_view authority = cut(place, '/');
  if (auto ok = parse_authority(url, authority); !ok) return std::unexpected(ok.error());
  if (auto ok = parse_path(url, place); !ok) return std::unexpected(ok.error());
  if (auto ok = parse_query(url, query); !ok) return std::unexpected(ok.error());
  if (url.user.empty() && !url.target_user.empty())
    return wrong("target_user without a user of our own: mutual CHAP needs both");
  return url;
}

std::string Url::to_string() const {
  std::string text(kScheme);
  if (!user.empty()) text += user + "@";
  text += host.find(':') == std::string::npos ? host : "[" + host + "]";
  text += ":" + std::to_string(port);
  if (!target.empty()) text += "/" + target + "/" + std::to_string(lun);
  return text;
}

}  // namespace lunway::initiator
