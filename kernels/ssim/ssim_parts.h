#pragma once
// SSIM by factors: the whole term, or contrast and structure alone (contrast_math.h), of which MS-SSIM takes the one at
// its last level and the other at all before.

#include "kernels/ssim/contrast_math.h"
#include "kernels/ssim/ssim_math.h"

namespace fg {

enum class SsimPart { whole, contrast };

template <SsimPart kPart>
FG_HD float ssim_part_term(FgSsimMoments m, FgSsimConstants k) {
  return kPart == SsimPart::whole ? fg_ssim_term(m, k) : fg_contrast_term(m, k);
}

template <SsimPart kPart>
FG_HD FgSsimPartials ssim_part_partials(FgSsimMoments m, FgSsimConstants k, float cs, float cd) {
  return kPart == SsimPart::whole ? fg_ssim_partials(m, k, cs, cd) : fg_contrast_partials(m, k, cs, cd);
}

}  // namespace fg
