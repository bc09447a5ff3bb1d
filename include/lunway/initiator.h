// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// An iSCSI initiator in a library: open a session from a URL, then read, write, flush, unmap, or send any SCSI command.
//= rfc7143
//
// Two ways to use it, on the same object:
//
//   * Blocking. Session::connect(), then read(), write(), execute() ... Each call returns when it is done or has
//   failed.
//   * Asynchronous. Session::open(), then wait for descriptor() to become readable (poll, epoll, an event loop) and
//   call
//     service(), which never blocks. submit...() starts a command; its callback runs inside service(), wait() or a
//     blocking call of this session, never inside the submit...() that started it.
//
// Threads: a Session belongs to one thread at a time. Sessions share nothing (there is no global state), so each thread
// may have its own. The library starts no thread and installs no signal handler.
//
// Memory: buffers passed to submit...() stay the caller's and must stay valid until the callback has run. A write is
// sent out of the caller's buffer and a read lands in it, without a copy in between where no digest or split forbids
// it.
//
// Errors: no exception is thrown by the library itself. Calls return Result<T>; a SCSI command that ended with a status
// other than GOOD is an Error for read(), write() and their kin, and a value for execute() and submit().

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lunway::initiator {

// ---------------------------------------------------------------------------------------------------------- errors

enum class ErrorKind : std::uint8_t {
  invalid_argument,  // the call was wrong: a URL, a length, an address past the end
  unreachable,       // no TCP connection: name not found, refused, no route
  timed_out,         // the login or the command took longer than its limit
  login_refused,     // the target answered the login with a status of class 2 or 3; code is 0xCCDD
  authentication,    // CHAP failed on our side: the target did not prove who it is
  negotiation,       // the target's answers to the login keys are not acceptable
  protocol,          // the target broke RFC 7143; the connection has been closed
  connection_lost,   // TCP connection closed or reset, or dropped on the target's announcement
  rejected,          // the target answered with a Reject PDU; code is the reason
  task_management,   // a task management function was not carried out; code is the response, see ManagementDone
  scsi,              // the command ended with a status other than GOOD; code is the status
  aborted,           // by abort(), by a reset of ours or another initiator's, or by closing the session
  resources,         // a limit of this library or of the system was reached
};

struct Error {
  ErrorKind kind = ErrorKind::invalid_argument;
  /// Depends on the kind, see there; otherwise an errno value or zero.
  int code = 0;
  /// One sentence with the RFC's name for it: "login refused: 0x0203 target not found".
  std::string message;
};

template <class T = void>
using Result = std::expected<T, Error>;

// -------------------------------------------------------------------------------------------------------------- URL

/// `iscsi://[user[%secret]@]host[:port][/target-name/lun][?key=value&...]`. IPv6 addresses stand in brackets. Without a
/// target name the URL is for discovery. Keys: header_digest, data_digest (none | crc32c), target_user,
/// target_password, connections, erl, reconnect, reconnect_tries.
struct Url {
  std::string host;
  std::uint16_t port = 3260;
  std::string target;  // empty: discovery
  std::uint16_t lun = 0;
  std::string user, secret;                        // CHAP: what we prove to the target
  std::string target_user, target_secret;          // mutual CHAP: what the target proves to us
  std::optional<bool> header_digest, data_digest;  // true: crc32c and nothing else; false: none; unset: Options decide
  /// How many connections the session is to have, 1 to 64. The target may grant fewer: see Session::connections().
  unsigned connections = 1;
  /// ErrorRecoveryLevel, 0 to 2; the target may grant less. 0: what is lost or damaged ends the session, which comes
  /// back (Options::reconnect_time). 1: PDUs that are lost or damaged are sent again, where data digests are on. 2: a
  /// connection that is lost comes back and goes on with its commands, and nobody hears of it but on_event.
  unsigned erl = 0;
  std::optional<unsigned> reconnect_s, reconnect_tries;  // unset: Options decide

  /// The error names the part that is wrong.
  static Result<Url> parse(std::string_view text);

  /// The URL without any secret, for messages.
  std::string to_string() const;
};

// ---------------------------------------------------------------------------------------------------------- options

enum class Digest : std::uint8_t {
  none,           // offer "None"
  prefer_none,    // offer "None,CRC32C"
  prefer_crc32c,  // offer "CRC32C,None"
  crc32c,         // offer "CRC32C": a target that cannot is refused
};

/// TaskReporting: what the target promises about the order of its responses, and how functions that end several tasks
/// go (RFC 7143, 13.23).
enum class TaskReporting : std::uint8_t {
  rfc3720,         // nothing
  response_fence,  // no older response comes after that to a task management function
  fast_abort,      // that, and the target does not wait for the write data of the tasks that it ends
};

/// What is sent again after session recovery, of the commands that the target had been sent and had not answered.
enum class Replay : std::uint8_t {
  safe,    // what does the same when it is done twice: reads, writes, flushes; the rest ends with an error
  always,  // everything
  never,   // nothing
};

enum class Direction : std::uint8_t { sent, received };

/// One PDU as it passed, for ladders and captures. The spans are valid during the call only.
struct PduSeen {
  Direction direction = Direction::sent;
  std::span<const std::byte> header;  // the 48 bytes of the basic header segment
  std::span<const std::byte> data;    // the data segment
};

/// What to offer and how long to wait. The defaults suit a host that moves much data.
struct Options {
  std::string initiator_name = "iqn.2026-11.io.lunway:initiator";
  std::string initiator_alias;
  /// The last 40 bits of the ISID: 24 random ones and 16 of a qualifier (RFC 7143, 11.12.5, type "Random"). The same
  /// one again, under the same name, takes the place of the older session. Unset: random.
  std::optional<std::uint64_t> isid;

  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds login_timeout{15'000};
  std::chrono::milliseconds command_timeout{30'000};
  /// A connection that was silent for this long is probed with a NOP-Out; no answer within the same time ends it. Zero:
  /// never.
  std::chrono::milliseconds ping_interval{0};

  Digest header_digest = Digest::prefer_none;
  Digest data_digest = Digest::prefer_none;
  bool initial_r2t = false;    // offered; the result is the OR of both sides
  bool immediate_data = true;  // offered; the result is the AND of both sides
  /// Offered; the result is the OR of both sides. With No the target may send and ask in any order.
  bool data_pdu_in_order = true;
  bool data_sequence_in_order = true;
  std::uint32_t max_recv_data_segment_length = 262'144;
  std::uint32_t max_burst_length = 1'048'576;
  std::uint32_t first_burst_length = 262'144;
  std::uint16_t max_outstanding_r2t = 16;
  /// iSCSIProtocolLevel; the result is the smaller of both sides'. 2 is for what RFC 7144 brings: four task management
  /// functions, command priorities, status qualifiers. With 0 or 1 the key is not offered, and its default of 1 holds.
  std::uint8_t protocol_level = 2;
  /// The best to offer, with all below; the target chooses. With rfc3720 the key is not offered, for that is its
  /// default.
  TaskReporting task_reporting = TaskReporting::response_fence;
  /// At most five in a row, and of each the first eight addresses that it names, in turn.
  bool follow_redirects = true;
  /// What is offered for CHAP_A, best first: 8 SHA3-256, 7 SHA-256, 6 SHA-1, 5 MD5. The tgt of many distributions means
  /// SHA-1 when it says 7 and refuses the login: offer it only 5.
  std::vector<std::uint8_t> chap_algorithms = {8, 7, 6, 5};
  /// CHAP secrets under 96 bits, which RFC 7143 (9.2.1) allows only where something else protects the connection.
  bool allow_short_chap_secrets = false;

  /// A session that was open and is lost comes back by itself: same name, same ISID, after the target's Time2Wait
  /// (RFC 7143, 6.3.5). Attempts begin for so long after the loss; then its commands end with the error, and the
  /// session is closed. Zero: it is closed at once. A login that the target refuses for good (status class 2), or a
  /// disk that is another one (VPD pages 80h and 83h, capacity), ends it too. The 120 s are those of
  /// node.session.timeo. replacement_timeout of the kernel's initiator. The time that a command may take begins anew
  /// when it is sent again.
  std::chrono::milliseconds reconnect_time{120'000};
  /// Attempts for one loss; zero: as many as reconnect_time allows, 0.1 s to 5 s apart.
  unsigned reconnect_tries = 0;
  Replay replay = Replay::safe;
  /// DefaultTime2Wait in seconds, offered; the result is the longer one of both sides. What is lost may come back after
  /// it, so how long that takes is for the target to say.
  std::uint16_t default_time2wait_s = 0;

  /// Commands that read() and write() keep in flight for one transfer.
  unsigned depth = 32;
  /// No single command of a split transfer is longer than this, nor than the target's MAXIMUM TRANSFER LENGTH.
  std::uint32_t max_transfer_bytes = 1'048'576;
  /// How often BUSY, TASK SET FULL and a unit attention are tried again before they are reported.
  unsigned retries = 8;

  /// Called for each PDU, inside the calls that run callbacks. It must not call the session.
  std::function<void(const PduSeen&)> on_pdu;
  /// An event that belongs to no command: a unit attention sent by itself, a logout request, a drop, a session that is
  /// lost and one that is back, a connection that could not be had. One sentence.
  std::function<void(std::string_view)> on_event;
};

// --------------------------------------------------------------------------------------------------------- commands

enum class TaskAttribute : std::uint8_t { simple = 1, ordered = 2, head_of_queue = 3, aca = 4 };

/// A SCSI command. At most one of data_out and data_in is used by the SCSI commands of today; both may be set for a
/// bidirectional one.
struct Command {
  std::vector<std::byte> cdb = {};  // 1 to 260 bytes
  std::span<const std::byte> data_out = {};
  std::span<std::byte> data_in = {};
  std::optional<std::uint16_t> lun = {};  // unset: the URL's
  TaskAttribute attribute = TaskAttribute::simple;
  /// Command Priority: 1 is the highest, 15 the lowest, 0 says nothing (SAM-5). It needs Negotiated::protocol_level 2;
  /// below, it is not sent.
  std::uint8_t priority = 0;
  std::chrono::milliseconds timeout{0};  // zero: Options::command_timeout
  /// Whether BUSY, TASK SET FULL and unit attentions are absorbed by sending it again, as a host does.
  bool retry = true;
  /// Unset: Options::replay.
  std::optional<Replay> replay = {};
};

struct Sense {
  std::uint8_t key = 0;  // SENSE KEY
  std::uint8_t asc = 0, ascq = 0;
  bool deferred = false;
  std::optional<std::uint64_t> information;
  std::vector<std::byte> raw;

  /// "ILLEGAL REQUEST, logical block address out of range (05h 21h/00h)"
  std::string to_string() const;
};

/// How a SCSI command ended, when it was answered.
struct ScsiResult {
  std::uint8_t status = 0;  // SAM status: 00h GOOD, 02h CHECK CONDITION ...
  /// STATUS QUALIFIER, for example how long a target wants to be left alone with BUSY (SAM-5, 5.3.2). Zero below
  /// Negotiated::protocol_level 2.
  std::uint16_t status_qualifier = 0;
  std::size_t bytes_in = 0;         // bytes that landed in Command::data_in
  std::int64_t residual = 0;        // > 0 underflow: so many bytes less than asked; < 0 overflow: so many would not fit
  std::int64_t write_residual = 0;  // of a bidirectional command, whose other residual is that of the read
  /// With CHECK CONDITION; from Negotiated::protocol_level 2 on, any status may bring some.
  std::optional<Sense> sense{};

  bool good() const { return status == 0; }
  /// "GOOD", "BUSY", "CHECK CONDITION: ILLEGAL REQUEST, ..."
  std::string to_string() const;
};

/// Names a submitted command until its callback has run. Zero is never used.
using TaskId = std::uint64_t;

using Done = std::move_only_function<void(Result<>)>;
using ScsiDone = std::move_only_function<void(Result<ScsiResult>)>;

struct Extent {
  std::uint64_t lba = 0;
  std::uint32_t blocks = 0;
};

/// What COMPARE AND WRITE has found.
struct Comparison {
  /// The blocks were as expected, and have been written.
  bool written = false;
  /// Else where they differ first, as an offset in bytes, when the target said so.
  std::optional<std::uint64_t> difference = {};
};

using Compared = std::move_only_function<void(Result<Comparison>)>;

enum class ReservationType : std::uint8_t {  // SPC-4, 6.15.3.4
  write_exclusive = 1,
  exclusive_access = 3,
  write_exclusive_registrants_only = 5,
  exclusive_access_registrants_only = 6,
  write_exclusive_all_registrants = 7,
  exclusive_access_all_registrants = 8,
};

/// PERSISTENT RESERVE OUT (SPC-4, 6.16): registers a key, then reserves with it, and takes both back. The registration
/// is that of this initiator's port, which is its name and ISID.
struct PersistentReserve {
  enum class Action : std::uint8_t {
    register_key = 0,
    reserve = 1,
    release = 2,
    clear = 3,  // the reservation and all registrations
    preempt = 4,
    preempt_and_abort = 5,
    register_and_ignore_existing_key = 6,
  };
  Action action = Action::register_key;
  /// Of a reserve, release or preempt.
  ReservationType type = ReservationType::write_exclusive;
  /// The one that we have registered; zero while there is none.
  std::uint64_t key = 0;
  /// To register: the new key, zero to take the registration back. To preempt: whose registrations end.
  std::uint64_t other_key = 0;
  /// To register: the target keeps registrations and reservation when it loses power.
  bool survives_power_loss = false;
};

/// PERSISTENT RESERVE IN, READ KEYS.
struct RegisteredKeys {
  /// Counts changes of the registrations.
  std::uint32_t generation = 0;
  std::vector<std::uint64_t> keys;
};

/// PERSISTENT RESERVE IN, READ RESERVATION.
struct HeldReservation {
  /// Zero when all registrants hold it.
  std::uint64_t key = 0;
  ReservationType type = ReservationType::write_exclusive;
};

/// Those from query_task_set on need Negotiated::protocol_level 2.
enum class TaskManagement : std::uint8_t {  // RFC 7143, 11.5.1; RFC 7144, 6.3
  abort_task_set = 2,                       // ends our commands to the unit
  clear_aca = 3,
  clear_task_set = 4,             // ends all commands to the unit, or ours, as its control mode page says
  lun_reset = 5,                  // ends all commands to the unit and resets it
  target_warm_reset = 6,          // the same for all units
  target_cold_reset = 7,          // and all sessions of the target end: no answer may come
  query_task_set = 10,            // is there any command of ours in the unit?
  i_t_nexus_reset = 11,           // this session ends as if it had timed out: no answer may come
  query_asynchronous_event = 12,  // has the unit news for us?
};

/// The unit attention or deferred error that a unit would report next (SAM-5, 7.10).
struct PendingEvent {
  enum class Depth : std::uint8_t { unknown = 0, one = 1, several = 2 };
  std::uint8_t key = 0;  // SENSE KEY
  std::uint8_t asc = 0, ascq = 0;
  /// How many there are.
  Depth depth = Depth::unknown;
};

/// What a target said of a function that it has carried out.
struct ManagementResult {
  /// Of a query: there is such a task, such tasks or such an event ("Function succeeded"). False for all other
  /// functions.
  bool found = false;
  /// Of query_asynchronous_event, when found.
  std::optional<PendingEvent> event = {};
  /// ADDITIONAL RESPONSE INFORMATION as it came, 24 bits.
  std::uint32_t additional_information = 0;

  /// "Function complete", "Function succeeded: UNIT ATTENTION, power on, reset, or bus device reset occurred (06h
  /// 29h/00h), and more"
  std::string to_string() const;
};

/// What a function that was not carried out ends with is an Error of kind `task_management`, whose code is the
/// response: 2 LUN does not exist, 5 not supported (which is also said here, below the protocol level that it needs), 6
/// not authorized, 255 rejected.
using ManagementDone = std::move_only_function<void(Result<ManagementResult>)>;

/// What became of a command that was to be aborted.
enum class AbortOutcome : std::uint8_t {
  aborted,            // by the target
  never_sent,         // taken back before the target saw it
  ended_first,        // it had ended, or its status was on its way: the command's own callback says how
  unknown_to_target,  // the target does not know it, and no status came
};

std::string_view to_string(AbortOutcome outcome);

using AbortDone = std::move_only_function<void(Result<AbortOutcome>)>;

// ----------------------------------------------------------------------------------------------- what a target says

struct Capacity {
  std::uint64_t blocks = 0;
  std::uint32_t block_size = 0;
  std::uint32_t physical_block_size = 0;
  bool thin = false;  // LBPME: unmap is worth trying

  std::uint64_t bytes() const { return blocks * block_size; }
};

struct Inquiry {
  std::uint8_t peripheral_type = 0;       // 00h disk, 05h CD/DVD ...; 1Fh with no device at this LUN
  std::uint8_t peripheral_qualifier = 0;  // 0 connected, 3 no such LUN
  std::uint8_t version = 0;
  std::string vendor, product, revision;
  std::vector<std::byte> raw;
};

struct Portal {
  std::string address;  // "10.0.0.1:3260", "[::1]:3260"
  std::uint16_t group_tag = 0;
};

struct DiscoveredTarget {
  std::string name;
  std::vector<Portal> portals;
};

/// What the login agreed on. The names are the RFC's keys (chapter 13).
struct Negotiated {
  std::uint64_t isid = 0;  // 48 bits
  std::uint16_t tsih = 0;
  std::uint16_t cid = 0;
  std::uint16_t target_portal_group_tag = 0;
  std::string target_alias;
  std::string auth_method;  // "None", "CHAP", "CHAP (mutual)"
  bool header_digest = false, data_digest = false;
  bool initial_r2t = true, immediate_data = true;
  bool data_pdu_in_order = true, data_sequence_in_order = true;
  std::uint32_t max_recv_data_segment_length_initiator = 8192;  // what we take
  std::uint32_t max_recv_data_segment_length_target = 8192;     // what the target takes
  std::uint32_t max_burst_length = 262'144;
  std::uint32_t first_burst_length = 65'536;
  std::uint16_t max_outstanding_r2t = 1;
  std::uint16_t max_connections = 1;
  std::uint16_t default_time2wait_s = 2, default_time2retain_s = 20;
  std::uint8_t error_recovery_level = 0;
  TaskReporting task_reporting = TaskReporting::rfc3720;
  std::uint16_t protocol_level = 1;  // iSCSIProtocolLevel: 0 claims nothing, 1 RFC 7143, 2 RFC 7144 too
};

/// One connection of a session.
struct ConnectionFacts {
  std::uint16_t cid = 0;
  std::string portal;  // "10.0.0.1:3260"
};

// ---------------------------------------------------------------------------------------------------------- session

enum class SessionState : std::uint8_t {
  connecting,
  logging_in,
  logged_in,
  recovering,  // lost; commands wait for it to come back
  logging_out,
  closed,
};

class Session {
 public:
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;
  /// Closes the connection at once; commands in flight are forgotten and their callbacks never run. logout() is the
  /// polite way.
  ~Session();

  // ---- blocking --------------------------------------------------------------------------------------------------

  /// Connects, logs in and waits until commands can be sent. Follows redirections when Options say so.
  static Result<Session> connect(std::string_view url, Options options = {});
  static Result<Session> connect(const Url& url, Options options = {});

  /// SendTargets=All (or only `url.target`, when set) in a discovery session of its own. Blocking.
  static Result<std::vector<DiscoveredTarget>> discover(const Url& url, Options options = {});
  static Result<std::vector<DiscoveredTarget>> discover(std::string_view url, Options options = {});

  /// One command; a status other than GOOD is a value here.
  Result<ScsiResult> execute(Command command);

  /// Whole blocks from `lba`. Split into commands of the size the target takes and kept in flight at Options::depth.
  /// After an error the buffer's contents (read) or the blocks' (write) are undefined.
  Result<> read(std::uint64_t lba, std::span<std::byte> data);
  Result<> write(std::uint64_t lba, std::span<const std::byte> data);
  /// SYNCHRONIZE CACHE of the whole unit.
  Result<> flush();
  Result<> unmap(std::span<const Extent> extents);
  /// COMPARE AND WRITE: whole blocks, both as long, at most 255 blocks and what the target takes in one. That they
  /// differ is no error.
  Result<Comparison> compare_and_write(std::uint64_t lba, std::span<const std::byte> expected,
                                       std::span<const std::byte> replacement);

  /// A reservation of somebody else is an Error of kind `scsi` with code 18h, RESERVATION CONFLICT.
  Result<> persistent_reserve(const PersistentReserve& request);
  Result<RegisteredKeys> registered_keys();
  Result<std::optional<HeldReservation>> held_reservation();

  /// Asked once, then remembered until a unit attention says that it changed.
  Result<Capacity> capacity();
  Result<Inquiry> inquiry();
  /// A vital product data page, header included.
  Result<std::vector<std::byte>> vital_product_data(std::uint8_t page);
  Result<std::vector<std::uint16_t>> report_luns();

  /// NOP-Out with `payload` and its echo; the time it took. An echo that differs is a protocol error.
  Result<std::chrono::nanoseconds> ping(std::span<const std::byte> payload = {});

  /// A task management function, for `lun` or else the URL's unit. The commands that it ends have run their callbacks
  /// then, with an error of kind `aborted` that names the function.
  Result<ManagementResult> manage(TaskManagement function, std::optional<std::uint16_t> lun = {});
  /// QUERY TASK: whether the target has the command. Needs Negotiated::protocol_level 2. A read, a write or another
  /// call that is several commands has no answer.
  Result<ManagementResult> query_task(TaskId task);
  /// ABORT TASK, and what became of it. The command's callback has run then.
  Result<AbortOutcome> abort_and_wait(TaskId task);

  /// Waits for commands in flight, logs out, closes. Afterwards the session is closed, whatever the result.
  Result<> logout();

  // ---- asynchronous ----------------------------------------------------------------------------------------------

  /// Starts to connect. The result is an error only for arguments that cannot work; the rest is told to `opened`.
  static Result<Session> open(const Url& url, Options options, Done opened);

  /// Readable when service() has something to do, be it a byte, a completion or a timeout. Constant for the life of the
  /// session. Wait for readability only.
  int descriptor() const;
  /// Does what can be done now, runs callbacks, returns. A callback may submit and abort; it must not destroy the
  /// session nor make a blocking call.
  void service();
  /// Waits up to `limit` for something to do, then does it as service() does. False when nothing happened.
  bool wait(std::chrono::milliseconds limit);

  /// Commands beyond the target's command window or Options wait inside, up to kMaxQueued; then `resources`.
  Result<TaskId> submit(Command command, ScsiDone done);
  Result<TaskId> submit_read(std::uint64_t lba, std::span<std::byte> data, Done done);
  Result<TaskId> submit_write(std::uint64_t lba, std::span<const std::byte> data, Done done);
  Result<TaskId> submit_flush(Done done);
  Result<TaskId> submit_unmap(std::span<const Extent> extents, Done done);
  /// Both are copied.
  Result<TaskId> submit_compare_and_write(std::uint64_t lba, std::span<const std::byte> expected,
                                          std::span<const std::byte> replacement, Compared done);
  Result<TaskId> submit_persistent_reserve(const PersistentReserve& request, Done done);
  Result<TaskId> submit_registered_keys(std::move_only_function<void(Result<RegisteredKeys>)> done);
  Result<TaskId> submit_held_reservation(std::move_only_function<void(Result<std::optional<HeldReservation>>)> done);

  /// Asks for the command to be given up: ABORT TASK for what has been sent. The callback runs in any case, with
  /// `aborted` or with how the command ended when that was faster. Unknown ids are ignored.
  void abort(TaskId task);
  /// The same, and `done` is told what became of it, after the command's own callback. When the target refuses, `done`
  /// gets an Error of kind `task_management` and the command goes on. One at a time for each command.
  Result<> submit_abort(TaskId task, AbortDone done);
  Result<> submit_query_task(TaskId task, ManagementDone done);
  Result<> submit_manage(TaskManagement function, std::optional<std::uint16_t> lun, ManagementDone done);

  // ---- what it is ------------------------------------------------------------------------------------------------

  SessionState state() const;
  const Negotiated& negotiated() const;
  /// The portal of the leading connection, after redirections: "127.0.0.1:3260".
  std::string portal() const;
  /// The connections of the session, the leading one first. Commands are spread over them: the next one takes the one
  /// with the fewest bytes under way.
  std::vector<ConnectionFacts> connections() const;
  /// How often the session was lost and has come back.
  std::uint64_t recoveries() const;
  const Url& url() const;
  /// Why the session is closed; empty while it is not or when logout() closed it.
  const std::optional<Error>& failure() const;
  /// Commands submitted and not yet ended.
  std::size_t in_flight() const;

  static constexpr std::size_t kMaxQueued = 4096;

 private:
  class Core;
  explicit Session(std::unique_ptr<Core> core);
  Result<std::vector<std::byte>> query(std::vector<std::byte> cdb, std::size_t size);

  std::unique_ptr<Core> core_;
};

}  // namespace lunway::initiator
