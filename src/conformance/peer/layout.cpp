// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Lunway authors

#include "conformance/peer/layout.h"

#include <algorithm>
#include <array>

namespace lunway::conformance {
namespace {

using wire::Opcode;

//= rfc7143#11.3
constexpr Field kScsiCommand[] = {field::kImmediate,
                                  field::kOpcode,
                                  field::kFinal,
                                  field::kRead,
                                  field::kWrite,
                                  field::kAttribute,
                                  field::kPriority,
                                  field::kTotalAhsLength,
                                  field::kDataSegmentLength,
                                  field::kLun,
                                  field::kItt,
                                  field::kExpectedLength,
                                  field::kCmdSn,
                                  field::kExpStatSn,
                                  field::kCdb0,
                                  field::kCdb8};
//= rfc7143#11.4
constexpr Field kScsiResponse[] = {
    field::kOpcode,          field::kFinal,     field::kBidiOverflow, field::kBidiUnderflow,  field::kOverflow,
    field::kUnderflow,       field::kResponse,  field::kStatus,       field::kTotalAhsLength, field::kDataSegmentLength,
    field::kStatusQualifier, field::kItt,       field::kSnackTag,     field::kStatSn,         field::kExpCmdSn,
    field::kMaxCmdSn,        field::kExpDataSn, field::kBidiResidual, field::kResidual};
//= rfc7143#11.5
constexpr Field kTaskManagementRequest[] = {
    field::kImmediate,         field::kOpcode,   field::kFinal,    field::kFunction,      field::kTotalAhsLength,
    field::kDataSegmentLength, field::kLun,      field::kItt,      field::kReferencedTag, field::kCmdSn,
    field::kExpStatSn,         field::kRefCmdSn, field::kExpDataSn};
//= rfc7143#11.6
constexpr Field kTaskManagementResponse[] = {field::kOpcode,
                                             field::kFinal,
                                             field::kResponse,
                                             field::kTotalAhsLength,
                                             field::kDataSegmentLength,
                                             field::kAdditionalInformation,
                                             field::kItt,
                                             field::kStatSn,
                                             field::kExpCmdSn,
                                             field::kMaxCmdSn};
//= rfc7143#11.7
constexpr Field kDataOut[] = {
    field::kOpcode, field::kFinal,     field::kTotalAhsLength, field::kDataSegmentLength, field::kLun, field::kItt,
    field::kTtt,    field::kExpStatSn, field::kDataSn,         field::kBufferOffset};
constexpr Field kDataIn[] = {
    field::kOpcode,    field::kFinal,        field::kAcknowledge,    field::kOverflow,          field::kUnderflow,
    field::kHasStatus, field::kStatus,       field::kTotalAhsLength, field::kDataSegmentLength, field::kLun,
    field::kItt,       field::kTtt,          field::kStatSn,         field::kExpCmdSn,          field::kMaxCmdSn,
    field::kDataSn,    field::kBufferOffset, field::kResidual};
//= rfc7143#11.8
constexpr Field kReadyToTransfer[] = {
    field::kOpcode, field::kFinal,        field::kTotalAhsLength, field::kDataSegmentLength, field::kLun,
    field::kItt,    field::kTtt,          field::kStatSn,         field::kExpCmdSn,          field::kMaxCmdSn,
    field::kR2tSn,  field::kBufferOffset, field::kDesiredLength};
//= rfc7143#11.9
constexpr Field kAsynchronousMessage[] = {
    field::kOpcode,     field::kFinal,      field::kTotalAhsLength, field::kDataSegmentLength, field::kLun,
    field::kItt,        field::kStatSn,     field::kExpCmdSn,       field::kMaxCmdSn,          field::kAsyncEvent,
    field::kAsyncVCode, field::kParameter1, field::kParameter2,     field::kParameter3};
//= rfc7143#11.10
constexpr Field kTextRequest[] = {
    field::kImmediate,         field::kOpcode, field::kFinal, field::kContinue, field::kTotalAhsLength,
    field::kDataSegmentLength, field::kLun,    field::kItt,   field::kTtt,      field::kCmdSn,
    field::kExpStatSn};
//= rfc7143#11.11
constexpr Field kTextResponse[] = {
    field::kOpcode, field::kFinal, field::kContinue, field::kTotalAhsLength, field::kDataSegmentLength, field::kLun,
    field::kItt,    field::kTtt,   field::kStatSn,   field::kExpCmdSn,       field::kMaxCmdSn};
//= rfc7143#11.12
constexpr Field kLoginRequest[] = {field::kImmediate,
                                   field::kOpcode,
                                   field::kTransit,
                                   field::kContinue,
                                   field::kCsg,
                                   field::kNsg,
                                   field::kVersionMax,
                                   field::kVersionMin,
                                   field::kTotalAhsLength,
                                   field::kDataSegmentLength,
                                   field::kIsid,
                                   field::kTsih,
                                   field::kItt,
                                   field::kCid,
                                   field::kCmdSn,
                                   field::kExpStatSn};
//= rfc7143#11.13
constexpr Field kLoginResponse[] = {field::kOpcode,
                                    field::kTransit,
                                    field::kContinue,
                                    field::kCsg,
                                    field::kNsg,
                                    field::kVersionMax,
                                    field::kVersionActive,
                                    field::kTotalAhsLength,
                                    field::kDataSegmentLength,
                                    field::kIsid,
                                    field::kTsih,
                                    field::kItt,
                                    field::kStatSn,
                                    field::kExpCmdSn,
                                    field::kMaxCmdSn,
                                    field::kStatusClass,
                                    field::kStatusDetail};
//= rfc7143#11.14
constexpr Field kLogoutRequest[] = {
    field::kImmediate,         field::kOpcode, field::kFinal, field::kLogoutReason, field::kTotalAhsLength,
    field::kDataSegmentLength, field::kItt,    field::kCid,   field::kCmdSn,        field::kExpStatSn};
//= rfc7143#11.15
constexpr Field kLogoutResponse[] = {
    field::kOpcode, field::kFinal,    field::kResponse, field::kTotalAhsLength, field::kDataSegmentLength, field::kItt,
    field::kStatSn, field::kExpCmdSn, field::kMaxCmdSn, field::kTime2Wait,      field::kTime2Retain};
//= rfc7143#11.16
constexpr Field kSnackRequest[] = {
    field::kOpcode, field::kFinal, field::kSnackType, field::kTotalAhsLength, field::kDataSegmentLength, field::kLun,
    field::kItt,    field::kTtt,   field::kExpStatSn, field::kBegRun,         field::kRunLength};
//= rfc7143#11.17
constexpr Field kReject[] = {
    field::kOpcode, field::kFinal,  field::kRejectReason, field::kTotalAhsLength, field::kDataSegmentLength,
    field::kItt,    field::kStatSn, field::kExpCmdSn,     field::kMaxCmdSn,       field::kDataSn};
//= rfc7143#11.18
constexpr Field kNopOut[] = {
    field::kImmediate, field::kOpcode, field::kFinal, field::kTotalAhsLength, field::kDataSegmentLength,
    field::kLun,       field::kItt,    field::kTtt,   field::kCmdSn,          field::kExpStatSn};
//= rfc7143#11.19
constexpr Field kNopIn[] = {
    field::kOpcode, field::kFinal, field::kTotalAhsLength, field::kDataSegmentLength, field::kLun,
    field::kItt,    field::kTtt,   field::kStatSn,         field::kExpCmdSn,          field::kMaxCmdSn};

constexpr std::uint8_t kFinalBit = 0x80;

constexpr Layout kLayouts[] = {
    {Opcode::nop_out, "NOP-Out", "11.18", kNopOut, kFinalBit},
    {Opcode::scsi_command, "SCSI Command", "11.3", kScsiCommand},
    {Opcode::task_management_request, "Task Management Function Request", "11.5", kTaskManagementRequest, kFinalBit},
    {Opcode::login_request, "Login Request", "11.12", kLoginRequest},
    {Opcode::text_request, "Text Request", "11.10", kTextRequest},
    {Opcode::data_out, "SCSI Data-Out", "11.7", kDataOut},
    {Opcode::logout_request, "Logout Request", "11.14", kLogoutRequest, kFinalBit},
    {Opcode::snack_request, "SNACK Request", "11.16", kSnackRequest, kFinalBit},
    {Opcode::nop_in, "NOP-In", "11.19", kNopIn, kFinalBit},
    {Opcode::scsi_response, "SCSI Response", "11.4", kScsiResponse, kFinalBit},
    {Opcode::task_management_response, "Task Management Function Response", "11.6", kTaskManagementResponse, kFinalBit},
    {Opcode::login_response, "Login Response", "11.13", kLoginResponse},
    {Opcode::text_response, "Text Response", "11.11", kTextResponse},
    {Opcode::data_in, "SCSI Data-In", "11.7", kDataIn},
    {Opcode::logout_response, "Logout Response", "11.15", kLogoutResponse, kFinalBit},
    {Opcode::ready_to_transfer, "Ready To Transfer", "11.8", kReadyToTransfer, kFinalBit},
    {Opcode::asynchronous_message, "Asynchronous Message", "11.9", kAsynchronousMessage, kFinalBit},
    {Opcode::reject, "Reject", "11.17", kReject, kFinalBit},
};

}  // namespace

std::span<const Layout> layouts() { return kLayouts; }

const Layout* layout_of(Opcode opcode) {
  const auto* found = std::ranges::find(kLayouts, opcode, &Layout::opcode);
  return found == std::end(kLayouts) ? nullptr : found;
}

}  // namespace lunway::conformance
