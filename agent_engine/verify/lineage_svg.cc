#include "agent_engine/verify/lineage_svg.h"

#include <algorithm>
#include <array>
#include <map>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"

namespace datamigrate::verify {
namespace {

constexpr int kBoxWidth = 190;
constexpr int kBoxHeight = 26;
constexpr int kColumnStep = 260;
constexpr int kRowStep = 36;
constexpr int kMargin = 12;
constexpr size_t kMaxLabel = 27;  // Characters that fit into a box.

// The label cut to what fits; never inside a UTF-8 sequence.
std::string Label(const std::string& name) {
  if (name.size() <= kMaxLabel) return name;
  size_t keep = kMaxLabel - 1;
  while (keep > 0 && (static_cast<unsigned char>(name[keep]) & 0xC0) == 0x80) --keep;
  return name.substr(0, keep) + "…";
}

std::string Box(int x, int y, const std::string& css, const std::string& label,
                const std::string& title) {
  return absl::StrCat("<g class=\"node ", css, "\"><title>", EscapeHtml(title),
                      "</title><rect x=\"", x, "\" y=\"", y, "\" width=\"", kBoxWidth,
                      "\" height=\"", kBoxHeight, "\" rx=\"5\"/><text x=\"", x + 10, "\" y=\"",
                      y + 17, "\">", EscapeHtml(label), "</text></g>");
}

class LineagePicture {
 public:
  explicit LineagePicture(const std::vector<LineageNode>& nodes) : nodes_(nodes) {
    for (size_t i = 0; i < nodes.size(); ++i) index_.emplace(nodes[i].name, i);
  }

  std::string Draw() {
    SetColumns();
    PlaceRows();
    std::string svg = absl::StrCat(
        "<svg class=\"lineage\" role=\"img\" aria-label=\"Which model reads which\" viewBox=\"0 0 ",
        Width(), " ", Height(), "\" width=\"", Width(), "\">");
    for (size_t i = 0; i < nodes_.size(); ++i) {
      for (const size_t parent : Parents(i)) svg += Edge(parent, i);
    }
    for (size_t i = 0; i < nodes_.size(); ++i) {
      svg += Box(X(i), Y(i), nodes_[i].is_refused ? "refused" : nodes_[i].layer,
                 Label(nodes_[i].name), nodes_[i].name);
    }
    return svg + "</svg>";
  }

 private:
  std::vector<size_t> Parents(size_t node) const {
    std::vector<size_t> parents;
    for (const std::string& name : nodes_[node].depends_on) {
      const auto found = index_.find(name);
      if (found != index_.end() && found->second != node) parents.push_back(found->second);
    }
    return parents;
  }

  // A node stands one column behind the last of those that it reads. Bounded by the number of
  // nodes, so that a cycle among refused ones ends.
  void SetColumns() {
    column_.assign(nodes_.size(), 0);
    for (size_t round = 0; round < nodes_.size(); ++round) {
      bool has_changed = false;
      for (size_t i = 0; i < nodes_.size(); ++i) {
        for (const size_t parent : Parents(i)) {
          if (column_[i] > column_[parent] || column_[parent] + 1 >= nodes_.size()) continue;
          column_[i] = column_[parent] + 1;
          has_changed = true;
        }
      }
      if (!has_changed) return;
    }
  }

  // Within a column, nodes stand in the order of the mean row of what they read.
  void PlaceRows() {
    std::map<size_t, std::vector<size_t>> columns;
    for (size_t i = 0; i < nodes_.size(); ++i) columns[column_[i]].push_back(i);
    row_.assign(nodes_.size(), 0);
    for (auto& [column, members] : columns) {
      std::ranges::stable_sort(members, {}, [&](size_t node) { return MeanParentRow(node); });
      for (size_t row = 0; row < members.size(); ++row) row_[members[row]] = row;
      rows_ = std::max(rows_, members.size());
      columns_ = column + 1;
    }
  }

  double MeanParentRow(size_t node) const {
    const std::vector<size_t> parents = Parents(node);
    if (parents.empty()) return 0;
    double sum = 0;
    for (const size_t parent : parents) sum += static_cast<double>(row_[parent]);
    return sum / static_cast<double>(parents.size());
  }

  std::string Edge(size_t from, size_t to) const {
    const int x1 = X(from) + kBoxWidth, y1 = Y(from) + kBoxHeight / 2;
    const int x2 = X(to), y2 = Y(to) + kBoxHeight / 2, middle = (x1 + x2) / 2;
    return absl::StrCat("<path class=\"edge\" d=\"M", x1, " ", y1, " C", middle, " ", y1, " ",
                        middle, " ", y2, " ", x2, " ", y2, "\"/>");
  }

  int X(size_t node) const { return kMargin + static_cast<int>(column_[node]) * kColumnStep; }
  int Y(size_t node) const { return kMargin + static_cast<int>(row_[node]) * kRowStep; }
  int Width() const {
    return 2 * kMargin + static_cast<int>(columns_ - 1) * kColumnStep + kBoxWidth;
  }
  int Height() const { return 2 * kMargin + static_cast<int>(rows_) * kRowStep; }

  const std::vector<LineageNode>& nodes_;
  absl::flat_hash_map<std::string, size_t> index_;
  std::vector<size_t> column_, row_;
  size_t rows_ = 0, columns_ = 1;
};

std::string DrawLayers(const std::vector<LineageNode>& nodes) {
  constexpr std::array<const char*, 3> kLayers = {"staging", "intermediate", "marts"};
  const int width = 2 * kMargin + 2 * kColumnStep + kBoxWidth;
  std::string svg = absl::StrCat(
      "<svg class=\"lineage\" role=\"img\" aria-label=\"Models per layer\" "
      "viewBox=\"0 0 ",
      width, " 60\" width=\"", width, "\">");
  for (size_t i = 0; i < kLayers.size(); ++i) {
    const auto count = std::ranges::count_if(nodes, [&](const LineageNode& node) {
      return node.layer == kLayers[i] && !node.is_refused;
    });
    const int x = kMargin + static_cast<int>(i) * kColumnStep;
    const std::string label = absl::StrCat(kLayers[i], ": ", count, " models");
    svg += Box(x, kMargin, kLayers[i], label, label);
    if (i == 0) continue;
    const int y = kMargin + kBoxHeight / 2;
    absl::StrAppend(&svg, "<path class=\"edge\" d=\"M", x - kColumnStep + kBoxWidth, " ", y, " L",
                    x, " ", y, "\"/>");
  }
  return svg + "</svg>";
}

}  // namespace

std::string RenderLineage(const std::vector<LineageNode>& nodes) {
  if (nodes.empty()) return "";
  if (nodes.size() > kMaxLineageNodes) return DrawLayers(nodes);
  return LineagePicture(nodes).Draw();
}

}  // namespace datamigrate::verify
