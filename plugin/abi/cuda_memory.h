#pragma once
// Where the memory of a call on CUDA tensors really lies.

#include <vector>

#include "plugin/abi/op_checks.h"

namespace fg::abi {

// The device exists, and tensors and scratch are memory that it reaches: its own, managed or pinned. A host pointer in
// the place of a device pointer would spoil the process's CUDA context, long after the call.
void check_cuda_memory(const Checker& check, int device, const std::vector<NamedTensor>& inputs,
                       const std::vector<NamedTensor>& outputs, const GivenScratch& scratch);

}  // namespace fg::abi
