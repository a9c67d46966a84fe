#include "plugin/abi/guard.h"

#include <new>

#include "kernels/core/error.h"
#include "plugin/vk/error.h"

namespace fg::abi {
namespace {

thread_local std::string last_error;  // fg_last_error() belongs to the calling thread

FgStatus status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument:
      return FG_STATUS_INVALID_ARGUMENT;
    case ErrorCode::size_mismatch:
      return FG_STATUS_SIZE_MISMATCH;
    case ErrorCode::unsupported:
      return FG_STATUS_UNSUPPORTED;
    case ErrorCode::unavailable:
      return FG_STATUS_UNAVAILABLE;
    case ErrorCode::out_of_memory:
      return FG_STATUS_OUT_OF_MEMORY;
    case ErrorCode::not_ready:
      return FG_STATUS_NOT_READY;
    case ErrorCode::internal:
      break;
  }
  return FG_STATUS_INTERNAL;
}

FgStatus status_of(VkResult result) {
  switch (result) {
    case VK_ERROR_DEVICE_LOST:
      return FG_STATUS_DEVICE_LOST;
    case VK_ERROR_OUT_OF_HOST_MEMORY:
    case VK_ERROR_OUT_OF_DEVICE_MEMORY:
      return FG_STATUS_OUT_OF_MEMORY;
    case VK_ERROR_INITIALIZATION_FAILED:
    case VK_ERROR_FEATURE_NOT_PRESENT:
    case VK_ERROR_EXTENSION_NOT_PRESENT:
      return FG_STATUS_UNAVAILABLE;
    default:
      return FG_STATUS_INTERNAL;
  }
}

}  // namespace

FgStatus report(FgStatus status, const std::string& sentence) {
  last_error = sentence;
  return status;
}

FgStatus report_current_exception() {
  try {
    throw;
  } catch (const Error& e) {
    return report(status_of(e.code), e.what());
  } catch (const vk::Error& e) {
    return report(status_of(e.result), e.what());
  } catch (const std::bad_alloc&) {
    return report(FG_STATUS_OUT_OF_MEMORY, "out of host memory");
  } catch (const std::exception& e) {
    return report(FG_STATUS_INTERNAL, e.what());
  } catch (...) {
    return report(FG_STATUS_INTERNAL, "an unknown exception");
  }
}

}  // namespace fg::abi

extern "C" const char* fg_last_error(void) { return fg::abi::last_error.c_str(); }
extern "C" const char* fg_version(void) { return FRAMEGAUGE_VERSION; }
