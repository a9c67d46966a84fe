#include "viewer/error.h"
#include "viewer/io/volume_readers.h"

namespace fg::volumes {

Volume load_with_itk(const std::filesystem::path& file_or_folder) {
  throw unreadable(file_or_folder,
                   "this build cannot read NRRD, MetaImage or DICOM: it was made without ITK; configure with "
                   "-DFRAMEGAUGE_ITK=ON and libinsighttoolkit5-dev, or convert to NIfTI, or describe raw "
                   "voxels by a JSON header");
}

}  // namespace fg::volumes
