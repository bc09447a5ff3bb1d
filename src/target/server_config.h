// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What a server is told before it starts: portals, volumes, targets, who may use them. Plain values, checked by
// check_config(); where they come from (a command line, a TOML file, a test) is not known here.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/instant.h"
#include "base/result.h"

namespace lunway::target {

/// How CHAP proves one side to the other (RFC 7143, section 12.1). The secret is bytes, not text.
struct ChapCredentials {
  std::string user;
  std::string secret;

  friend bool operator==(const ChapCredentials&, const ChapCredentials&) = default;
};

/// Whom an initiator may prove to be.
struct ChapUser {
  std::string user;
  std::string secret;
  /// Patterns of the iSCSI names that may be this user; empty: any.
  //= rfc7143#9.2
  std::vector<std::string> initiators = {};

  friend bool operator==(const ChapUser&, const ChapUser&) = default;
};

struct Authentication {
  /// Whom an initiator must prove to be, one of these. Empty: no CHAP is asked for.
  std::vector<ChapUser> chap;
  /// What the target proves when an initiator asks it to. Needs `chap`.
  std::optional<ChapCredentials> mutual_chap;
  /// CHAP_A values in the order of preference; empty: all that the crypto library offers, strongest first.
  std::vector<std::uint8_t> algorithms;

  friend bool operator==(const Authentication&, const Authentication&) = default;
};

struct FileBacking {
  std::string path;
  /// The size of the file to make when there is none, in bytes.
  std::optional<std::uint64_t> create_size_bytes;
  /// Past the page cache (O_DIRECT). A file that cannot is not served.
  bool direct = false;
};

struct MemoryBacking {
  std::uint64_t size_bytes = 0;
};

/// Reads zeros, forgets writes.
struct NullBacking {
  std::uint64_t size_bytes = 0;
};

struct VolumeConfig {
  std::string name;
  std::variant<FileBacking, MemoryBacking, NullBacking> backing;
  std::uint32_t block_size_bytes = 512;
  /// Logical blocks per physical block as a power of two.
  std::uint8_t physical_block_exponent = 0;
  /// False: every write is durable before GOOD.
  bool write_cache = true;
  bool read_only = false;
  bool removable = false;
};

struct PortalGroupConfig {
  std::uint16_t tag = 1;
  /// "ADDR:PORT" or "[ADDR]:PORT"; port 0 takes a free one.
  std::vector<std::string> listen;
  /// Only connections that the kernel's IPsec protects. A server that cannot have this does not start.
  //= rfc7143#9.3
  bool require_ipsec = false;
};

/// These initiators see these LUNs.
struct LunAccessConfig {
  /// iSCSI name patterns.
  std::vector<std::string> initiators;
  std::vector<std::uint16_t> luns;
};

/// The target is elsewhere now: logins are sent there.
//= rfc7143#11.13.5
struct RedirectConfig {
  /// "HOST:PORT", "ADDR:PORT" or "[ADDR]:PORT"; without a port: 3260.
  std::string to;
  /// Permanently (0x0102): initiators may forget this address. Else temporarily (0x0101).
  bool permanent = false;
};

/// How good a path is that goes through a portal group (SPC-4, 5.15).
enum class PathState { optimized, non_optimized, standby, unavailable };

/// Asymmetric logical unit access. Portal groups that are not named are optimized.
struct AluaConfig {
  /// Portal group tag to state.
  std::map<std::uint16_t, PathState> states;
  /// The tag of the group that initiators are asked to use.
  std::optional<std::uint16_t> preferred;
  /// Initiators may change the states (SET TARGET PORT GROUPS). What they change lasts until the server ends.
  bool initiators_may_set = false;

  bool operator==(const AluaConfig&) const = default;
};

struct TargetConfig {
  std::string name;
  std::string alias;
  std::vector<std::uint16_t> portal_groups;
  /// LUN to name of volume. May be empty where there is a redirection.
  std::map<std::uint16_t, std::string> luns;
  /// iSCSI name patterns that may log in and see the target ("iqn.1993-08.org.debian:*"). Empty: any name.
  std::vector<std::string> initiators;
  /// IP addresses and CIDR ranges from which they may do so ("192.0.2.7", "2001:db8::/32"). Empty: from anywhere.
  std::vector<std::string> initiator_addresses;
  /// Who sees which LUNs; one that no rule names sees none. Empty: all see all.
  std::vector<LunAccessConfig> lun_access;
  /// Set: nobody is served here; whom the access lists admit is told where to go.
  std::optional<RedirectConfig> redirect;
  /// Unset: all paths are alike, and initiators are told of no groups.
  std::optional<AluaConfig> alua;
  Authentication authentication;
  std::uint16_t max_connections = 1;
  std::uint8_t error_recovery_level = 0;
  /// A session that has lost its last connection, its tasks and its reservations are kept for both together. An
  /// initiator may have the first one longer, and the second one shorter.
  //= rfc7143#13.15
  //= rfc7143#13.16
  std::uint16_t default_time2wait_s = 2;
  std::uint16_t default_time2retain_s = 20;
  /// What is answered to No of an initiator. No is agreed on only where both say so.
  //= rfc7143#13.18
  //= rfc7143#13.19
  bool data_pdu_in_order = true;
  bool data_sequence_in_order = true;
  /// Initiators may ask for TARGET WARM RESET and TARGET COLD RESET, which end commands, and sessions, of others too.
  //= rfc7143#11.5.1
  bool allow_reset = true;
};

/// What a line of the log is about.
enum class LogLevel : std::uint8_t {
  problem,  // something went wrong that somebody should look at
  event,    // an initiator came or went, the configuration changed
  detail,   // discovery, and what only matters to who looks for a fault
};

enum class IoKind { automatic, uring, epoll };

/// The way of a command over loopback or a fast network, and back.
inline constexpr Duration kDefaultBusyPoll = std::chrono::microseconds(50);

struct ServerConfig {
  /// Threads that serve; 0: one per core.
  unsigned shards = 0;
  IoKind io = IoKind::automatic;
  /// How long a shard looks for work before it sleeps, where work comes that fast; zero: it sleeps at once.
  Duration busy_poll = kDefaultBusyPoll;
  /// Where unique ids and reservations are kept; empty: ids last as long as the process.
  std::string state_directory;
  std::vector<PortalGroupConfig> portal_groups;
  std::vector<VolumeConfig> volumes;
  std::vector<TargetConfig> targets;
  Authentication discovery;
  /// The iSNS server to register portals and targets with (RFC 4171), as "ADDR" or "ADDR:PORT"; empty: none.
  std::string isns;
  /// Serve anyone on addresses that are not loopback, without CHAP or a list of initiators.
  bool allow_anyone = false;
  /// How long a stop waits for initiators to log out and commands to end.
  Duration drain_time = std::chrono::seconds(5);
  /// Told of logins, of how connections end and of what goes wrong, a line each, without a line break; on any thread.
  /// What comes from peers is in it as they sent it. May be empty.
  std::function<void(LogLevel, const std::string&)> log;
};

/// The first thing wrong with `config`, as a sentence for who wrote it. Opens and changes nothing.
Result<> check_config(const ServerConfig& config);

}  // namespace lunway::target
