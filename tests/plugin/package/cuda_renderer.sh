#!/usr/bin/env bash
# What CUDA draws is shown and scored through Vulkan: needs an NVIDIA GPU. Silent under the validation layer.
#   cuda_renderer.sh CUDA_RENDERER OUTPUT
. "$(dirname "$0")/common.sh"
validated "$2" "$1" 12
check_scores 12 "$2"
