// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Text Requests of the Full Feature Phase: SendTargets, and new values for the keys that may change. One exchange at a
// time; a request without a Target Transfer Tag starts a new one.
//= rfc7143#6.4
//= rfc7143#11.10

#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/instant.h"
#include "session/limits.h"
#include "session/session_request.h"
#include "session/target_directory.h"
#include "text/key_value.h"
#include "text/negotiator.h"
#include "text/policy.h"
#include "wire/reject.h"
#include "wire/text_request.h"
#include "wire/text_response.h"

namespace lunway::session {

class TargetTextExchange {
 public:
  TargetTextExchange(TargetDirectory& directory, const ConnectionLimits& limits);

  /// The Full Feature Phase begins. `request` and `parameters` outlive the exchange.
  void begin(const SessionRequest& request, const text::ConnectionParameters& parameters);

  struct Answer {
    wire::TextResponse::Fields fields = {};
    std::string_view text = {};  // valid until the next call
    /// The negotiation is over and these are in force when the answer has been sent.
    std::optional<text::ConnectionParameters> agreed = {};
  };
  struct Refusal {
    wire::RejectReason reason;
    std::string detail;
  };

  /// One request whose turn has come. `tag` is for an answer that is not the last one.
  std::expected<Answer, Refusal> receive(Instant now, const wire::TextRequest& request, Bytes text, wire::Ttt tag);

  /// An exchange with this tag is under way.
  bool is_about(wire::Itt itt) const { return active_ && itt_ == itt; }
  Instant deadline() const { return active_ ? deadline_ : kNever; }
  /// A stalled exchange is forgotten; its tag goes stale.
  void expire(Instant now);
  /// Gives memory of past exchanges back.
  void shrink();

 private:
  std::expected<void, Refusal> take_pairs(bool final);
  std::expected<void, Refusal> send_targets(std::string_view value);
  std::expected<Answer, Refusal> refuse(wire::RejectReason reason, std::string detail);
  std::expected<Answer, Refusal> answer(const wire::TextRequest& request, wire::Ttt tag);
  void reset();

  TargetDirectory& directory_;
  ConnectionLimits limits_;
  const SessionRequest* request_ = nullptr;
  const text::ConnectionParameters* parameters_ = nullptr;

  bool active_ = false;
  wire::Itt itt_;
  wire::Ttt tag_ = wire::kNoTtt;
  Instant deadline_ = kNever;
  std::size_t text_bytes_ = 0;
  text::TextAssembler assembler_;
  text::TextWriter out_;
  std::unique_ptr<text::Negotiator> negotiator_;
};

}  // namespace lunway::session
