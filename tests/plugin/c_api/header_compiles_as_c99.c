/* A C99 client: compiled with -std=c99 -pedantic -Werror, called by c99_client_test.cpp. */
#include <framegauge/drr.h>
#include <framegauge/framegauge.h>
#include <framegauge/pose.h>

int score_from_c99(double* mean);

int score_from_c99(double* mean) {
  float x[6] = {0.1f, 0.2f, 0.3f, 0.4f, 0.5f, 0.6f};
  int64_t shape[2] = {2, 3};
  int64_t one[1] = {1};
  double scratch[64];
  size_t bytes = 0;
  DLTensor image = {0}, result = {0};
  FgSsim2d op;
  FgStatus status;

  image.data = x;
  image.device.device_type = kDLCPU;
  image.dtype.code = kDLFloat;
  image.dtype.bits = 32;
  image.dtype.lanes = 1;
  image.ndim = 2;
  image.shape = shape;
  result = image;
  result.data = mean;
  result.dtype.bits = 64;
  result.ndim = 1;
  result.shape = one;

  fg_ssim2d_defaults(&op);
  op.x = &image;
  op.y = &image;
  op.mean = &result;
  status = fg_ssim2d_scratch_bytes(&op, &bytes);
  if (status != FG_STATUS_OK || bytes > sizeof(scratch)) return 100 + (int)status;
  op.scratch = scratch;
  op.scratch_bytes = bytes;
  return (int)fg_ssim2d(&op, NULL);
}
