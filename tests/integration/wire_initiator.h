// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// An initiator of PDUs and nothing else: it sends what a test builds, right or wrong, on a blocking socket, and reads
// what comes. It shares no engine with what it tests.

#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "wire/framer.h"
#include "wire/login_request.h"
#include "wire/login_response.h"
#include "wire/outgoing.h"

namespace lunway::testing {

/// A PDU of the target.
struct Received {
  wire::Header header{};
  std::vector<std::byte> data;

  wire::Opcode opcode() const { return wire::BasicHeader(wire::HeaderView(header)).opcode(); }
  template <class Pdu>
  typename Pdu::Fields as() const {
    EXPECT_EQ(opcode(), Pdu::kOpcode);
    return Pdu(wire::HeaderView(header)).fields();
  }
};

class WireInitiator {
 public:
  explicit WireInitiator(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  ~WireInitiator() { ::close(socket_); }
  WireInitiator(const WireInitiator&) = delete;
  WireInitiator& operator=(const WireInitiator&) = delete;

  /// In one request; `keys` are "A=1" and end with a null byte each. The next CmdSN is 1.
  void log_in(std::string_view target, std::string_view keys, bool digests = false) {
    wire::LoginRequest::Fields fields;
    fields.flags.transit = true;
    fields.flags.csg = wire::LoginStage::login_operational_negotiation;
    fields.flags.nsg = wire::LoginStage::full_feature_phase;
    fields.isid = wire::Isid::from_random(0x654321, 9);
    fields.itt = wire::Itt(0x77);
    fields.cmd_sn = wire::CmdSN(1);
    std::string text = "InitiatorName=iqn.2026-11.io.example:wire";
    text.append(1, '\0').append("TargetName=").append(target).append(1, '\0').append(keys);
    if (digests) text.append("HeaderDigest=CRC32C").append(1, '\0').append("DataDigest=CRC32C").append(1, '\0');
    send(wire::LoginRequest::build(fields), bytes_of(text));
    const auto response = receive();
    ASSERT_TRUE(response);
    ASSERT_EQ(response->as<wire::LoginResponse>().status, wire::LoginStatus::success);
    ASSERT_TRUE(response->as<wire::LoginResponse>().flags.transit) << "the target has more to say about the keys";
    digests_ = {.header = digests, .data = digests};
    ASSERT_TRUE(framer_.enable_digests(digests_));
  }

  /// `damaged`: one bit of the data is turned over behind the digest's back.
  void send(const wire::Header& header, Bytes data = {}, bool damaged = false) {
    const wire::EncodedPdu pdu(header, {}, data, {}, digests_);
    std::vector<std::byte> bytes;
    for (const Bytes piece : pdu.pieces()) bytes.insert(bytes.end(), piece.begin(), piece.end());
    if (damaged) bytes[wire::kHeaderSize + (digests_.header ? 4U : 0U)] ^= std::byte{1};
    EXPECT_EQ(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }

  /// The next PDU; nothing when the target closes, or says nothing for ten seconds.
  std::optional<Received> receive() {
    for (;;) {
      Bytes rest(buffer_);
      const wire::Step step = framer_.next(rest);
      std::optional<Received> pdu;
      if (const auto* whole = std::get_if<wire::WholePdu>(&step)) {
        pdu.emplace();
        std::ranges::copy(whole->header, pdu->header.begin());
        pdu->data.assign(whole->data.begin(), whole->data.end());
      }
      buffer_.erase(buffer_.begin(), buffer_.end() - static_cast<std::ptrdiff_t>(rest.size()));
      if (pdu) return pdu;
      std::array<std::byte, 65536> piece;
      const ssize_t count = ::recv(socket_, piece.data(), piece.size(), 0);
      if (count <= 0) return std::nullopt;
      buffer_.insert(buffer_.end(), piece.begin(), piece.begin() + count);
    }
  }

 private:
  int socket_;
  wire::Digests digests_;
  wire::Framer framer_{{.max_data_segment_length = 0xffffff}, {}};
  std::vector<std::byte> buffer_;
};

}  // namespace lunway::testing
