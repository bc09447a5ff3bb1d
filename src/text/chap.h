// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The Challenge Handshake Authentication Protocol inside the Login Phase, one class for each role.
//= rfc7143#12.1.3
//= rfc7143#9.2.1
//
//   I -> T   CHAP_A=<list>                                   ChapInitiator::start()
//   T -> I   CHAP_A=<one> CHAP_I CHAP_C                      ChapTarget::step()
//   I -> T   CHAP_N CHAP_R [CHAP_I CHAP_C]                   ChapInitiator::step()
//   T -> I   [CHAP_N CHAP_R]                                 ChapTarget::step(), done
//                                                            ChapInitiator::step(), done
//
// Each step() takes the CHAP keys of one whole LTDS and adds the keys to send. Challenges and identifiers come from the
// caller's source of randomness, fresh for each login.

#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "text/chap_digest.h"
#include "text/key_value.h"

namespace lunway::text {

/// Binary length of a challenge and of a response, at most.
//= rfc7143#12.1.3
inline constexpr std::size_t kMaxChapBinary = 1024;

/// Our own challenges have this length or more.
inline constexpr std::size_t kMinChapChallenge = 16;

struct ChapAccount {
  /// CHAP_N: plain text. A name that looks like "0x12" is this very name.
  std::string name;
  ChapSecret secret;
};

/// What both roles share.
struct ChapSettings {
  /// Best first. The initiator offers those that the crypto library does; section 12.1.3 wants MD5 among them.
  std::vector<ChapAlgorithm> algorithms = {ChapAlgorithm::sha3_256, ChapAlgorithm::sha256, ChapAlgorithm::sha1,
                                           ChapAlgorithm::md5};
  /// The connection is protected by other means, IPsec say: secrets under 96 bits are used all the same.
  bool allow_short_secrets = false;
};

enum class ChapFailure : std::uint8_t {
  // The peer does not follow the steps.
  unexpected_key,  // a key that does not belong to this step, or one twice
  missing_key,
  malformed_value,  // no number, no binary constant, too long, empty
  algorithm_not_offered,
  // The authentication itself fails.
  no_common_algorithm,
  unknown_name,
  wrong_response,
  reflected_challenge,  // our own challenge came back
  same_secret,          // the peer's response is the one we would have given
  short_secret,         // ours, under 96 bits
  no_own_account,       // the initiator wants us to authenticate, and we have nothing to do it with
};

/// Status-Class and Status-Detail of the Login reject that a target answers with. After any of them, at either side,
/// the connection is closed.
//= rfc7143#9.2
//= rfc7143#11.13.5
enum class ChapStatus : std::uint16_t {
  initiator_error = 0x0200,
  authentication_failure = 0x0201,
  missing_parameter = 0x0207,
};

ChapStatus status_of(ChapFailure failure);

/// For a log; says nothing about secrets.
std::string_view describe(ChapFailure failure);

enum class ChapProgress : std::uint8_t { proceeding, done };

using ChapResult = std::expected<ChapProgress, ChapFailure>;

/// The keys that a CHAP step reads. Bytes are views into the PDU's text.
struct ChapKeys {
  std::optional<std::string_view> algorithm;
  std::optional<std::string_view> identifier;
  std::optional<std::string_view> challenge;
  std::optional<std::string_view> name;
  std::optional<std::string_view> response;

  /// Takes the pairs CHAP_A, _I, _C, _N, _R. A key twice and any other key is a failure.
  static std::expected<ChapKeys, ChapFailure> from(std::span<const KeyValue> pairs);
};

struct ChapChallenge;

/// Authenticates an initiator, and itself when the initiator wants that.
class ChapTarget {
 public:
  struct Config {
    ChapSettings settings;
    /// Who may log in.
    std::vector<ChapAccount> initiators;
    /// For mutual authentication.
    std::optional<ChapAccount> own;
  };

  /// `challenge`: kMinChapChallenge to kMaxChapBinary random bytes.
  ChapTarget(Config config, std::uint8_t identifier, Bytes challenge);

  /// Each call writes its keys only when it succeeds. After done the Login Phase may go on.
  [[nodiscard]] ChapResult step(std::span<const KeyValue> pairs, TextWriter& out);

  bool done() const { return stage_ == Stage::done; }
  /// CHAP_N of the initiator, once done. To be checked against its iSCSI name, and to be the same on all connections
  /// of a session.
  std::string_view authenticated_name() const { return authenticated_name_; }

 private:
  enum class Stage : std::uint8_t { algorithm, response, done, failed };

  ChapResult choose_algorithm(const ChapKeys& keys, TextWriter& out);
  ChapResult check_response(const ChapKeys& keys, TextWriter& out);
  std::optional<ChapFailure> verify(std::string_view name, Bytes response) const;
  std::optional<ChapFailure> answer_challenge(const ChapChallenge& question, TextWriter& out) const;

  Config config_;
  std::uint8_t identifier_;
  std::vector<std::byte> challenge_;
  Stage stage_ = Stage::algorithm;
  ChapAlgorithm algorithm_ = ChapAlgorithm::md5;
  std::string authenticated_name_;
};

/// Authenticates to a target, and the target when asked to.
class ChapInitiator {
 public:
  struct Config {
    ChapSettings settings;
    ChapAccount own;
    /// For mutual authentication: the secret of the target, and its CHAP_N; an empty name takes any.
    std::optional<ChapAccount> target;
  };

  /// Identifier and challenge are for the target; unused without mutual authentication.
  ChapInitiator(Config config, std::uint8_t identifier, Bytes challenge);

  /// Writes the first key, CHAP_A. Fails when nothing can be offered, or when our own secret is too short.
  [[nodiscard]] std::optional<ChapFailure> start(TextWriter& out);

  /// Done when we have answered (one-way), or when the target has proved itself (mutual).
  [[nodiscard]] ChapResult step(std::span<const KeyValue> pairs, TextWriter& out);

  bool done() const { return stage_ == Stage::done; }

 private:
  enum class Stage : std::uint8_t { start, challenge, proof, done, failed };

  ChapResult answer_challenge(const ChapKeys& keys, TextWriter& out);
  ChapResult check_proof(const ChapKeys& keys);

  Config config_;
  std::uint8_t identifier_;
  std::vector<std::byte> challenge_;
  Stage stage_ = Stage::start;
  std::vector<ChapAlgorithm> offered_;
  ChapAlgorithm algorithm_ = ChapAlgorithm::md5;
};

}  // namespace lunway::text
