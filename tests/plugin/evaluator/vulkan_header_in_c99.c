/* Compiled as C99: the header alone, without anything else included before it. */
#include "framegauge/vulkan.h"

size_t size_of_evaluator_structs_in_c99(void);

size_t size_of_evaluator_structs_in_c99(void) {
  FgEvaluatorInfo info;
  fg_evaluator_info_defaults(&info);
  return info.struct_size + sizeof(FgExecutorSupport) + sizeof(FgFrameResult) + sizeof(FgFrame) +
         sizeof(FgEvaluatorImages) + sizeof(FgDeviceRequirements) + sizeof(FgSharedImageInfo) +
         sizeof(FgSharedImageHandles) + sizeof(FgSharedImageSubmission) + sizeof(FgFrameBuffer);
}
