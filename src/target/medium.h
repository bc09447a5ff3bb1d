// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors
//
// What the device server asks of a medium, in the words of a volume, and back.

#pragma once

#include "scsi/step.h"
#include "volume/volume.h"

namespace lunway::target {

volume::VolumeRequest request_of(const scsi::Access& access);

/// `error` is an errno value, or 0.
scsi::Outcome outcome_of(volume::VolumeRequest::Verb verb, int error);

}  // namespace lunway::target
