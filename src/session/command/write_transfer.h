// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// The write data of one command as a target receives it: what came with the command, what comes unsolicited, what is
// asked for by R2T, and what each Data-Out must look like. Knows offsets only; where the bytes go is Destination's
// part.
//= rfc7143#4.2.5.2
//= rfc7143#11.7
//= rfc7143#11.8
//
// R2Ts ask for one range behind the other, and outstanding ones are fulfilled in order, whatever DataSequenceInOrder
// says. Inside a sequence PDUs come in order, or in any when DataPDUInOrder is No: each byte once.
//
// What is lost at ErrorRecoveryLevel 1 or 2 is asked for again: see recovery/write_recovery.cpp.

#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <vector>

#include "session/command/data_coverage.h"
#include "session/target_session_output.h"
#include "wire/numbers.h"

namespace lunway::session {

/// Of MaxOutstandingR2T more than this is never agreed to.
inline constexpr std::uint32_t kMaxOutstandingR2t = 8;

/// More often than this the lost data of one command is not asked for again; then the command fails.
inline constexpr std::uint32_t kMaxRecoveryR2ts = 16;

/// Times in a row that data which does not come is asked for again. Then the initiator must act.
inline constexpr std::uint32_t kMaxSequenceTimeouts = 4;

class WriteTransfer {
 public:
  /// What the session has agreed on; the same for all its commands.
  struct Rules {
    bool initial_r2t = true;
    bool immediate_data = true;
    std::uint32_t first_burst_length = 65536;
    std::uint32_t max_burst_length = 262144;
    std::uint32_t max_outstanding_r2t = 1;
    bool data_pdu_in_order = true;
    /// ErrorRecoveryLevel is not 0. Then there is one R2T at a time, whatever MaxOutstandingR2T allows.
    bool recovers = false;
  };

  /// What the command says: its Expected Data Transfer Length, how much data came with it, and whether unsolicited
  /// Data-Out PDUs follow (the F bit is 0).
  struct Announced {
    std::uint32_t length = 0;
    std::uint32_t immediate_length = 0;
    bool unsolicited_follows = false;
  };

  void begin(const Announced& announced, const Rules& rules);

  struct R2t {
    wire::Ttt ttt;
    wire::R2TSN r2t_sn;
    std::uint32_t buffer_offset = 0;
    std::uint32_t length = 0;
  };

  /// The fields of a Data-Out.
  struct DataOut {
    wire::Ttt ttt;
    wire::DataSN data_sn;
    std::uint32_t buffer_offset = 0;
    std::uint32_t length = 0;
    bool final = false;
  };

  /// What becomes of a Data-Out.
  enum class Verdict : std::uint8_t {
    take,       // its bytes belong at its buffer offset
    drop,       // the transfer has failed, or what the PDU brings will be asked for again: its bytes go nowhere
    unknown,    // no sequence of this command has this tag
    wrong,      // it breaks the order or the range of its sequence; the transfer has failed
    too_short,  // it ends its sequence before all of the data has come; the transfer has failed
  };

  /// Judges a Data-Out by its header. Bytes that are to be taken count as here only with arrived(). Whatever the
  /// verdict, arrived() or spoiled() follows before the next one.
  Verdict judge(const DataOut& pdu);

  /// The data segment of a judged Data-Out has come, and was good or does not matter.
  void arrived(const DataOut& pdu);

  /// A data segment of a judged Data-Out did not match its digest: the sequence goes on, but the transfer has failed or
  /// its data is asked for again.
  void spoiled(const DataOut& pdu);

  /// The device wants the bytes up to `end`.
  void want(std::uint32_t end) { wanted_end_ = end; }

  /// No further R2T: the device has ended the command, or it is being aborted.
  void stop() {
    stopped_ = true;
    demands_end_ = false;
  }

  /// What the initiator still owes will not be sent: it was told so.
  void cut_off();

  /// The connection has gone, and with it all that was on its way. What is missing is asked for again.
  void interrupt();
  /// Whether an R2T was interrupted whose data has not come; told once.
  bool take_interruption();

  /// The initiator owes the end of a sequence that has not failed.
  bool waits() const { return failure_ == TransferFailure::none && !quiet(); }
  /// Nothing of it has come for long. Either the R2T is lost, and is sent once more as it was; or its data, and a
  /// recovery R2T asks for that, also where the device needs it no more: the status must wait for the F bit. False when
  /// enough was tried.
  //= rfc7143#7.1.4.1
  bool time_out();
  /// How often that has happened since data came last.
  std::uint32_t timeouts() const { return timeouts_; }

  /// R2Ts with these numbers that no data has answered are to be sent once more as they were. How many there are.
  std::uint32_t repeat(std::uint32_t begin, std::uint32_t end);
  bool has_repeat() const;
  std::optional<R2t> take_repeat();

  bool r2t_due() const;
  /// The next R2T; only when r2t_due().
  R2t next_r2t(wire::Ttt ttt, wire::R2TSN r2t_sn);

  /// Nothing more is to come unless an R2T asks for it: the initiator has ended all sequences with the F bit.
  bool quiet() const { return !awaits_unsolicited() && outstanding_ == 0 && !demands_more(); }

  /// Nothing more may come either: not even the empty end of unsolicited data which a command without the F bit
  /// announced when all of it was immediate.
  bool sealed() const { return !unsolicited_open_ && outstanding_ == 0; }

  /// All bytes below `end` are here.
  bool has(std::uint32_t end) const;

  TransferFailure failure() const { return failure_; }
  std::uint32_t length() const { return length_; }
  /// All bytes before it came unsolicited and were taken.
  std::uint32_t unsolicited_end() const { return unsolicited_data_.contiguous_end(); }
  /// No byte at it or behind came unsolicited.
  std::uint32_t highest_unsolicited_end() const { return unsolicited_data_.highest_end(); }
  /// The data that came with the command is to be kept.
  std::uint32_t immediate_taken() const { return immediate_taken_; }

  bool is_consistent() const;

 private:
  struct Sequence {
    wire::Ttt ttt = wire::kNoTtt;
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    wire::DataSN data_sn;
    wire::R2TSN r2t_sn;
    /// The R2T is due once more, and has been sent once more by the clock.
    bool repeat_due = false;
    bool repeated = false;
  };

  static R2t r2t_of(const Sequence& sequence);
  /// No data shows that the initiator has seen the R2T.
  bool is_unseen(const Sequence& sequence) const;
  void demand(std::uint32_t end);
  /// An R2T that only asks for the end of a sequence is due.
  bool demands_more() const { return demands_end_ && next_to_solicit() < wanted_end_; }
  std::uint32_t next_to_solicit() const { return soliciting_ ? solicited_next_ : solicited_begin(); }
  bool awaits_unsolicited() const { return unsolicited_open_ && unsolicited_owed_; }
  Sequence* find(wire::Ttt ttt);
  DataCoverage& data_of(wire::Ttt ttt) { return ttt == wire::kNoTtt ? unsolicited_data_ : solicited_data_; }
  /// The PDU brings what its sequence lacks, at a place where it may come now.
  bool fits(const DataOut& pdu, const Sequence& sequence);
  void fail(TransferFailure why);
  void lose();
  void ask_again(bool solicited);
  void close(wire::Ttt ttt);
  /// Where the solicited data begins.
  std::uint32_t solicited_begin() const;

  Rules rules_;
  std::uint32_t length_ = 0;
  std::uint32_t wanted_end_ = 0;
  std::uint32_t immediate_taken_ = 0;
  /// Unsolicited Data-Out may come, and whether some had to come when the command did.
  bool unsolicited_open_ = false;
  bool unsolicited_owed_ = false;
  bool stopped_ = false;
  /// A PDU of the sequence under way is lost: what follows in it is not taken.
  bool broken_ = false;
  bool interrupted_ = false;
  /// The device has ended the command, but the end of a sequence is asked for again.
  bool demands_end_ = false;
  /// Unsolicited data that comes now is late.
  bool unsolicited_given_up_ = false;
  std::uint8_t recoveries_ = 0;
  std::uint8_t timeouts_ = 0;
  TransferFailure failure_ = TransferFailure::none;

  Sequence unsolicited_;
  /// The last one that a recovery R2T has replaced before its end: data for it is late.
  Sequence given_up_;
  DataCoverage unsolicited_data_;
  /// The outstanding R2Ts, oldest first: they are fulfilled in this order.
  std::array<Sequence, kMaxOutstandingR2t> sequences_;
  std::uint32_t outstanding_ = 0;
  std::uint32_t solicited_next_ = 0;  // up to here R2Ts have asked
  std::uint32_t recovery_end_ = 0;    // up to here they ask for what was lost
  DataCoverage solicited_data_;
  bool soliciting_ = false;  // the first R2T has fixed where solicited data begins
};

}  // namespace lunway::session
