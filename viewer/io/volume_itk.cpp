// NRRD and DICOM. The only file that sees ITK: its headers are heavy.

#include <fmt/format.h>
#include <itkGDCMImageIO.h>
#include <itkGDCMSeriesFileNames.h>
#include <itkNrrdImageIO.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "viewer/error.h"
#include "viewer/io/quotable.h"
#include "viewer/io/volume_names.h"
#include "viewer/io/volume_readers.h"
#include "viewer/io/volume_sandbox.h"

namespace fg::volumes {
namespace {

namespace fs = std::filesystem;
using ImageIO = itk::ImageIOBase;

// ITK's descriptions span lines, name objects by their address, and pass on what each layer of a library
// said: the last part tells what is wrong.
std::string one_line(const std::string& text) {
  std::string line;
  for (const char c : text) {
    const bool space = c == '\n' || c == '\r' || c == '\t' || c == ' ';
    if (!space)
      line += c;
    else if (!line.empty() && line.back() != ' ')
      line += ' ';
  }
  for (const std::string_view before : {"[nrrd] ", "): "})
    if (const auto found = line.rfind(before); found != std::string::npos)
      line = line.substr(found + before.size());
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return quotable(line, 160);
}

template <class Work>
auto with_itk_errors(const fs::path& file, const char* doing, Work&& work) {
  try {
    return work();
  } catch (const itk::ExceptionObject& problem) {
    throw unreadable(file, fmt::format("{} failed, the file is damaged or not what it seems ({})", doing,
                                       one_line(problem.GetDescription())));
  } catch (const Failure&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& problem) {
    throw unreadable(file, fmt::format("{} failed, the file is damaged or not what it seems ({})", doing,
                                       one_line(problem.what())));
  }
}

// The reader that knows the file by its content; null: none does.
ImageIO::Pointer reader_for(const fs::path& file) {
  const ImageIO::Pointer readers[] = {itk::NrrdImageIO::New().GetPointer(),
                                      itk::GDCMImageIO::New().GetPointer()};
  for (const ImageIO::Pointer& reader : readers) {
    try {
      if (reader->CanReadFile(file.c_str())) return reader;
    } catch (const std::exception&) {  // a file that only looks like this format
    }
  }
  return nullptr;
}

std::uint64_t size_of(const fs::path& file) {
  std::error_code error;
  const std::uint64_t size = fs::file_size(file, error);
  return error ? 0 : size;
}

std::uint64_t bytes_in_folder(const fs::path& folder) {
  std::uint64_t sum = 0;
  std::error_code error;
  for (fs::directory_iterator entry(folder.empty() ? "." : folder, error), end; !error && entry != end;
       entry.increment(error))
    if (entry->is_regular_file(error)) sum += size_of(entry->path());
  return sum;
}

// An upper bound of the bytes that can hold the voxels: the file, or where the voxels lie elsewhere (one file
// or a list of slices) all files of that folder together.
std::uint64_t bytes_that_hold_the_voxels(const fs::path& file) {
  const std::vector<fs::path> detached = nrrd_voxel_files(file);
  return detached.empty() ? size_of(file) : bytes_in_folder(detached.front().parent_path());
}

// One image as ITK describes it before its voxels are read.
struct Layout {
  std::array<std::uint64_t, 3> extent{1, 1, 1};
  glm::dmat4 voxel_to_lps{1.0};
};

Layout layout_of(const fs::path& file, const ImageIO& io) {
  const unsigned dimensions = io.GetNumberOfDimensions();
  for (unsigned axis = 3; axis < dimensions; ++axis)
    if (io.GetDimensions(axis) > 1)
      throw unreadable(
          file, fmt::format("it has {} dimensions (axis {} holds {} frames); one 3D volume is expected: "
                            "take one frame out of the series first",
                            dimensions, axis + 1, io.GetDimensions(axis)));
  if (io.GetNumberOfComponents() != 1)
    throw unreadable(
        file, fmt::format("each voxel holds {} values (colour, vectors or complex numbers); a scalar volume "
                          "such as a CT is expected",
                          io.GetNumberOfComponents()));
  Layout layout;
  for (unsigned axis = 0; axis < 3; ++axis) {
    if (axis < dimensions) {
      layout.extent[axis] = io.GetDimensions(axis);
      const std::vector<double> direction = io.GetDirection(axis);
      for (unsigned row = 0; row < 3; ++row)
        layout.voxel_to_lps[axis][row] =
            (row < direction.size() ? direction[row] : 0.0) * io.GetSpacing(axis);
      layout.voxel_to_lps[3][axis] = io.GetOrigin(axis);
    }
  }
  return layout;
}

glm::dmat4 lps_to_ras(const glm::dmat4& matrix) {
  glm::dmat4 flip(1.0);
  flip[0][0] = flip[1][1] = -1.0;
  return flip * matrix;
}

template <class T>
void append_as_float(const std::byte* bytes, std::size_t count, std::vector<float>& values) {
  const T* voxels = reinterpret_cast<const T*>(bytes);
  for (std::size_t n = 0; n < count; ++n) values.push_back(static_cast<float>(voxels[n]));
}

// Reads the voxels of an image whose layout was checked. The buffer is not cleared first, so that a header
// that lies costs address space, not memory.
void append_voxels(const fs::path& file, ImageIO& io, std::uint64_t count, std::vector<float>& values) {
  itk::ImageIORegion everything(io.GetNumberOfDimensions());
  for (unsigned axis = 0; axis < io.GetNumberOfDimensions(); ++axis)
    everything.SetSize(axis, io.GetDimensions(axis));
  io.SetIORegion(everything);
  allow_all_memory();
  std::unique_ptr<std::byte[]> bytes;
  with_itk_errors(file, "reading the voxels", [&] {
    bytes.reset(new std::byte[count * io.GetComponentSize()]);
    io.Read(bytes.get());
  });
  switch (io.GetComponentType()) {
    case ImageIO::UCHAR:
      return append_as_float<unsigned char>(bytes.get(), count, values);
    case ImageIO::CHAR:
      return append_as_float<signed char>(bytes.get(), count, values);
    case ImageIO::USHORT:
      return append_as_float<unsigned short>(bytes.get(), count, values);
    case ImageIO::SHORT:
      return append_as_float<short>(bytes.get(), count, values);
    case ImageIO::UINT:
      return append_as_float<unsigned int>(bytes.get(), count, values);
    case ImageIO::INT:
      return append_as_float<int>(bytes.get(), count, values);
    case ImageIO::ULONG:
      return append_as_float<unsigned long>(bytes.get(), count, values);
    case ImageIO::LONG:
      return append_as_float<long>(bytes.get(), count, values);
    case ImageIO::ULONGLONG:
      return append_as_float<unsigned long long>(bytes.get(), count, values);
    case ImageIO::LONGLONG:
      return append_as_float<long long>(bytes.get(), count, values);
    case ImageIO::FLOAT:
      return append_as_float<float>(bytes.get(), count, values);
    case ImageIO::DOUBLE:
      return append_as_float<double>(bytes.get(), count, values);
    default:
      throw unreadable(file, "its voxel type is unknown; whole numbers or floats are expected");
  }
}

// Of a DICOM slice; 0 where there is none. ITK gives a slice that lies alone a thickness of 1.
double slice_thickness_mm(ImageIO& io) {
  auto* dicom = dynamic_cast<itk::GDCMImageIO*>(&io);
  std::string text;
  if (!dicom || !dicom->GetValueFromTag("0018|0050", text)) return 0;
  const double thickness_mm = std::strtod(text.c_str(), nullptr);
  return std::isfinite(thickness_mm) ? thickness_mm : 0;
}

Volume load_file(const fs::path& file) {
  check_dicom(file);
  const ImageIO::Pointer io = reader_for(file);
  if (!io)
    throw unreadable(
        file,
        "not a volume that we know; expected NIfTI (.nii, .nii.gz), NRRD, MetaImage (.mha, .mhd), "
        "DICOM, or a .json header of raw voxels");
  io->SetFileName(file.string());
  with_itk_errors(file, "reading the header", [&] { io->ReadImageInformation(); });
  const Layout layout = layout_of(file, *io);
  // One byte is the least that any format spends on a voxel; ITK only tells the type after slope and
  // intercept.
  const std::uint64_t count = checked_voxel_count(file, {.extent = layout.extent,
                                                         .voxel_bytes = 1,
                                                         .bytes_in_file = bytes_that_hold_the_voxels(file),
                                                         .compressed = true});
  Volume volume;
  for (int axis = 0; axis < 3; ++axis) volume.extent[axis] = static_cast<int>(layout.extent[axis]);
  volume.voxel_to_world = lps_to_ras(layout.voxel_to_lps);
  if (const double thickness_mm = slice_thickness_mm(*io); layout.extent[2] == 1 && thickness_mm > 0)
    volume.voxel_to_world[2] *= thickness_mm / glm::length(volume.voxel_to_world[2]);
  volume.values.reserve(count);
  append_voxels(file, *io, count, volume.values);
  return volume;
}

// --- DICOM folders
// -------------------------------------------------------------------------------------------------

struct Series {
  std::vector<std::string> files;
  std::string name;  // "'Thorax 3.0' (120 slices)"
};

std::string name_of(const std::vector<std::string>& files) {
  const auto io = itk::GDCMImageIO::New();
  std::string description;
  try {
    io->SetFileName(files.front());
    io->ReadImageInformation();
    io->GetValueFromTag("0008|103e", description);
  } catch (const std::exception&) {  // unnamed then; reading the slices tells what is wrong
  }
  while (!description.empty() && (description.back() == ' ' || description.back() == '\0'))
    description.pop_back();
  return fmt::format("'{}' ({} slices)", description.empty() ? "unnamed" : quotable(description),
                     files.size());
}

std::vector<Series> series_in(const fs::path& folder) {
  const auto scanner = itk::GDCMSeriesFileNames::New();
  scanner->SetUseSeriesDetails(true);  // series that share an identifier but not a grid are told apart
  scanner->SetInputDirectory(folder.string());
  std::vector<Series> found;
  for (const std::string& id : scanner->GetSeriesUIDs()) {
    Series series{.files = scanner->GetFileNames(id), .name = {}};
    if (series.files.empty()) continue;
    series.name = name_of(series.files);
    found.push_back(std::move(series));
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const Series& a, const Series& b) { return a.files.size() > b.files.size(); });
  return found;
}

struct Slice {
  fs::path file;
  Layout layout;
  double along_normal_mm = 0;
};

std::vector<Slice> read_slice_headers(const std::vector<std::string>& files) {
  std::vector<Slice> slices;
  for (const std::string& file : files) {
    const auto io = itk::GDCMImageIO::New();
    io->SetFileName(file);
    with_itk_errors(file, "reading the header", [&] { io->ReadImageInformation(); });
    slices.push_back({.file = file, .layout = layout_of(file, *io)});
    Slice& slice = slices.back();
    const glm::dmat4 &m = slice.layout.voxel_to_lps, &first = slices.front().layout.voxel_to_lps;
    slice.along_normal_mm =
        glm::dot(glm::dvec3(m[3]), glm::normalize(glm::cross(glm::dvec3(first[0]), glm::dvec3(first[1]))));
    const bool same_axes =
        glm::length(m[0] - first[0]) + glm::length(m[1] - first[1]) < 1e-3;  // mm: rounded text
    if (slice.layout.extent != slices.front().layout.extent || !same_axes)
      throw unreadable(file, "its size, spacing or orientation differs from the other slices of its series");
  }
  std::stable_sort(slices.begin(), slices.end(),
                   [](const Slice& a, const Slice& b) { return a.along_normal_mm < b.along_normal_mm; });
  return slices;
}

// The step from slice to slice. It need not be perpendicular to them (a tilted gantry), but it must be even.
glm::dvec4 slice_step(const fs::path& folder, const std::vector<Slice>& slices) {
  if (slices.size() == 1) return slices.front().layout.voxel_to_lps[2];
  std::vector<double> gaps_mm;
  for (std::size_t n = 1; n < slices.size(); ++n)
    gaps_mm.push_back(slices[n].along_normal_mm - slices[n - 1].along_normal_mm);
  std::vector<double> sorted = gaps_mm;
  std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2),
                   sorted.end());
  const double usual_mm = sorted[sorted.size() / 2];
  for (std::size_t n = 0; n < gaps_mm.size(); ++n) {
    const std::string one = slices[n].file.filename().string(), next = slices[n + 1].file.filename().string();
    if (gaps_mm[n] < 1e-3)
      throw unreadable(folder,
                       fmt::format("{} and {} lie at the same position: this is a time series or several "
                                   "acquisitions, not one volume; keep one of each position in the folder",
                                   one, next));
    // A tenth of a step: positions are rounded in the files, and a missing slice doubles the gap.
    if (std::abs(gaps_mm[n] - usual_mm) > 0.1 * usual_mm)
      throw unreadable(
          folder, fmt::format("{} and {} are {:.2f} mm apart, its other slices {:.2f} mm; a slice is missing "
                              "or does not belong here",
                              one, next, gaps_mm[n], usual_mm));
  }
  return (slices.back().layout.voxel_to_lps[3] - slices.front().layout.voxel_to_lps[3]) /
         static_cast<double>(slices.size() - 1);
}

// GDCM leaves damaged files out of its series without a word.
void check_files_of(const fs::path& folder) {
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    if (entry->is_regular_file(error)) check_dicom(entry->path());
}

Volume load_series(const fs::path& folder) {
  check_files_of(folder);
  const std::vector<Series> found =
      with_itk_errors(folder, "looking for DICOM files", [&] { return series_in(folder); });
  if (found.empty()) throw unreadable(folder, "no DICOM image was found in this folder");
  if (found.front().files.size() == 1) {
    Volume volume = load_file(found.front().files.front());  // perhaps all frames in one file
    if (found.size() > 1) volume.notes.push_back(fmt::format("Read {}.", found.front().files.front()));
    return volume;
  }
  const std::vector<Slice> slices = read_slice_headers(found.front().files);
  Layout layout = slices.front().layout;
  if (layout.extent[2] != 1)
    throw unreadable(folder, "its DICOM files hold several frames each; name one of them");
  layout.extent[2] = slices.size();
  layout.voxel_to_lps[2] = slice_step(folder, slices);
  std::uint64_t bytes_in_files = 0;
  for (const Slice& slice : slices) bytes_in_files += size_of(slice.file);
  const std::uint64_t count = checked_voxel_count(
      folder,
      {.extent = layout.extent, .voxel_bytes = 1, .bytes_in_file = bytes_in_files, .compressed = true});

  Volume volume;
  for (int axis = 0; axis < 3; ++axis) volume.extent[axis] = static_cast<int>(layout.extent[axis]);
  volume.voxel_to_world = lps_to_ras(layout.voxel_to_lps);
  volume.values.reserve(count);
  for (const Slice& slice : slices) {
    const auto io = itk::GDCMImageIO::New();
    io->SetFileName(slice.file.string());
    with_itk_errors(slice.file, "reading the header", [&] { io->ReadImageInformation(); });
    append_voxels(slice.file, *io, count / slices.size(), volume.values);
  }
  if (found.size() > 1) {
    std::string others;
    for (std::size_t n = 1; n < found.size(); ++n) others += (n > 1 ? ", " : "") + found[n].name;
    volume.notes.push_back(fmt::format("Read the largest of {} DICOM series, {}; left out: {}.", found.size(),
                                       found.front().name, others));
  }
  return volume;
}

}  // namespace

Volume load_with_itk(const fs::path& file_or_folder) {
  std::error_code ignored;
  if (!fs::is_directory(file_or_folder, ignored))
    return read_in_child(file_or_folder, bytes_that_hold_the_voxels(file_or_folder),
                         [&] { return load_file(file_or_folder); });
  return read_in_child(file_or_folder, bytes_in_folder(file_or_folder),
                       [&] { return load_series(file_or_folder); });
}

}  // namespace fg::volumes
