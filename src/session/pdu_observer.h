// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// Sees each PDU of a connection as it passes: for ladders and captures. It is told and cannot answer.

#pragma once

#include "base/bytes.h"
#include "wire/header.h"

namespace lunway::session {

class PduObserver {
 public:
  /// The views are valid during the call. `data` is empty where data went straight to its place.
  virtual void sent(wire::HeaderView header, Bytes data) = 0;
  virtual void received(wire::HeaderView header, Bytes data) = 0;

 protected:
  ~PduObserver() = default;
};

}  // namespace lunway::session
