#pragma once
// SSIM by factors: the whole term, or contrast and structure alone (contrast_math.h), of which MS-SSIM takes the one at
// its last level and the other at all before.

#include "kernels/ssim/contrast_math.h"
#include "kernels/ssim/ssim_math.h"

namespace fg {

enum class SsimPart { whole, contrast, last };  // last: the whole term as MS-SSIM's last level wants it

// A sample of a level that MS-SSIM made: where x stands there is x + y, where y stands x - y. Made of x and y themselves, the
// levels of images that are nearly equal would differ by not much more than their own rounding.
struct Folded {
  float value;
};

template <SsimPart kPart>
FG_HD float ssim_part_term(FgSsimMoments m, FgSsimConstants k) {
  return kPart == SsimPart::whole      ? fg_ssim_term(m, k)
         : kPart == SsimPart::contrast ? fg_contrast_term(m, k)
                                       : fg_last_level_term(m, k);
}

template <SsimPart kPart>
FG_HD FgSsimPartials ssim_part_partials(FgSsimMoments m, FgSsimConstants k, float cs, float cd, float g) {
  FgSsimPartials partials =
      kPart == SsimPart::contrast ? fg_contrast_partials(m, k, cs, cd, g) : fg_ssim_partials(m, k, cs, cd, g);
  if (kPart == SsimPart::last) partials.term = fg_last_level_term(m, k);
  return partials;
}

}  // namespace fg
