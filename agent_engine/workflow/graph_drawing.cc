#include "agent_engine/workflow/graph_drawing.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace datamigrate::workflow {
namespace {

constexpr std::string_view kStart = "__start__";
constexpr int kBoxHeight = 36;
constexpr int kLayerHeight = 84;
constexpr int kGap = 28;   // between boxes of a layer
constexpr int kLane = 22;  // between ways past the boxes
constexpr int kMargin = 24;
constexpr int kLetter = 9;  // the width of one, at most

struct Edge {
  std::string from;
  std::string to;
  bool is_choice = false;
  bool is_back = false;  // leads to where its way came from
};

struct Box {
  NodeKind kind = NodeKind::kStep;
  int layer = 0;
  int width = 0;
  int x = 0;  // left
  int y = 0;  // top
  int middle() const { return x + width / 2; }
};

// Where everything goes. Built in three passes: ways back, layers, places.
class Layout {
 public:
  explicit Layout(const Graph& graph) {
    edges_.push_back({std::string(kStart), graph.entry(), false, false});
    for (const std::string& name : graph.node_names()) {
      const Graph::Node& node = *graph.Find(name);
      for (const std::string& target : node.targets) {
        edges_.push_back({name, target, node.is_conditional, false});
      }
    }
    FindWaysBack(std::string(kStart));
    AssignLayers(graph);
    Place(graph);
  }

  const std::vector<Edge>& edges() const { return edges_; }
  const Box& box(const std::string& name) const { return boxes_.at(name); }
  const std::map<std::string, Box>& boxes() const { return boxes_; }
  int width() const { return width_; }
  int height() const { return height_; }
  int left() const { return left_; }
  int right() const { return right_; }

 private:
  // Depth first: an edge to a node whose own way is not finished leads back.
  void FindWaysBack(const std::string& name) {
    open_.insert(name);
    for (Edge& edge : edges_) {
      if (edge.from != name) continue;
      if (open_.contains(edge.to)) {
        edge.is_back = true;
      } else if (!seen_.contains(edge.to)) {
        FindWaysBack(edge.to);
      }
    }
    open_.erase(name);
    seen_.insert(name);
  }

  // Each node is below all that lead to it.
  void AssignLayers(const Graph& graph) {
    for (const Edge& edge : edges_) boxes_[edge.from], boxes_[edge.to];
    for (std::size_t round = 0; round < graph.node_names().size() + 2; ++round) {
      for (const Edge& edge : edges_) {
        if (edge.is_back) continue;
        boxes_[edge.to].layer = std::max(boxes_[edge.to].layer, boxes_[edge.from].layer + 1);
      }
    }
  }

  void Place(const Graph& graph) {
    std::vector<std::string> names = graph.node_names();
    names.insert(names.begin(), std::string(kStart));
    names.emplace_back(kEnd);
    std::map<int, std::vector<std::string>> layers;
    for (const std::string& name : names) {
      Box& box = boxes_[name];
      if (const Graph::Node* node = graph.Find(name); node != nullptr) box.kind = node->kind;
      box.width = name == kStart || name == kEnd
                      ? 60
                      : std::max(96, kLetter * static_cast<int>(name.size()) + 28);
      layers[box.layer].push_back(name);
    }
    int widest = 0;
    for (const auto& [layer, members] : layers) widest = std::max(widest, WidthOf(members));
    int ways_back = 0;
    int ways_past = 0;
    for (const Edge& edge : edges_) {
      ways_back += edge.is_back;
      ways_past += !edge.is_back && boxes_[edge.to].layer > boxes_[edge.from].layer + 1;
    }
    left_ = kMargin + kLane * ways_back;
    right_ = left_ + widest;
    for (const auto& [layer, members] : layers) {
      int x = left_ + (widest - WidthOf(members)) / 2;
      for (const std::string& name : members) {
        boxes_[name].x = x;
        boxes_[name].y = kMargin + layer * kLayerHeight;
        x += boxes_[name].width + kGap;
      }
    }
    width_ = right_ + kLane * ways_past + kMargin;
    height_ = 2 * kMargin + (layers.rbegin()->first) * kLayerHeight + kBoxHeight;
  }

  int WidthOf(const std::vector<std::string>& members) const {
    int width = -kGap;
    for (const std::string& name : members) width += boxes_.at(name).width + kGap;
    return width;
  }

  std::vector<Edge> edges_;
  std::set<std::string> open_;
  std::set<std::string> seen_;
  std::map<std::string, Box> boxes_;
  int left_ = 0;  // of the boxes
  int right_ = 0;
  int width_ = 0;  // of the picture
  int height_ = 0;
};

// Down from box to box, or around the boxes in a lane of its own.
std::string PathOf(const Edge& edge, const Layout& layout, int& back_lane, int& past_lane) {
  const Box& from = layout.box(edge.from);
  const Box& to = layout.box(edge.to);
  const int from_y = from.y + kBoxHeight / 2;
  const int to_y = to.y + kBoxHeight / 2;
  if (edge.is_back) {
    const int x = layout.left() - kLane * ++back_lane;
    return fmt::format("M{} {} C{} {} {} {} {} {} L{} {} C{} {} {} {} {} {}", from.x, from_y, x + 8,
                       from_y, x, from_y, x, from_y - 14, x, to_y + 14, x, to_y, x + 8, to_y,
                       to.x - 3, to_y);
  }
  if (to.layer > from.layer + 1) {
    const int x = layout.right() + kLane * ++past_lane;
    return fmt::format("M{} {} C{} {} {} {} {} {} L{} {} C{} {} {} {} {} {}", from.x + from.width,
                       from_y, x - 8, from_y, x, from_y, x, from_y + 14, x, to_y - 14, x, to_y,
                       x - 8, to_y, to.x + to.width + 3, to_y);
  }
  const int bottom = from.y + kBoxHeight;
  const int bend = (to.y - bottom) / 2;
  return fmt::format("M{} {} C{} {} {} {} {} {}", from.middle(), bottom, from.middle(),
                     bottom + bend, to.middle(), to.y - bend, to.middle(), to.y - 3);
}

// "outer/__end__" reads as "outer: end".
std::string LabelOf(const std::string& name, NodeKind kind) {
  if (name == kStart) return "start";
  if (name == kEnd) return "end";
  if (kind != NodeKind::kLeave) return name;
  return fmt::format("{}: end", name.substr(0, name.rfind('/')));
}

std::string Rectangle(const Box& box, int shift, bool is_round) {
  return fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"{}\"/>",
                     box.x + shift, box.y - shift, box.width, kBoxHeight,
                     is_round ? kBoxHeight / 2 : 6);
}

std::string BoxElement(const std::string& name, const Box& box, const Marks& marks) {
  const bool is_round = name == kStart || name == kEnd || box.kind == NodeKind::kEnter ||
                        box.kind == NodeKind::kLeave;
  std::string_view kind = "node";
  if (marks.visited.contains(name)) kind = "node visited";
  if (!marks.current.empty() && name == marks.current) kind = "node current";
  const std::string behind = box.kind == NodeKind::kFanOut ? Rectangle(box, 5, false) : "";
  return fmt::format("<g class=\"{}\">{}{}<text x=\"{}\" y=\"{}\">{}</text></g>\n", kind, behind,
                     Rectangle(box, 0, is_round), box.middle(), box.y + kBoxHeight / 2 + 5,
                     LabelOf(name, box.kind));
}

constexpr std::string_view kStyle =
    "svg{background:#fff;font:14px ui-monospace,Menlo,Consolas,monospace}"
    ".node rect{fill:#f5f7fa;stroke:#52606d;stroke-width:1.5}"
    ".node text{fill:#1f2933;text-anchor:middle}"
    ".visited rect{fill:#d9f2e3;stroke:#1b7f4b}"
    ".current rect{fill:#ffe8b3;stroke:#b45309;stroke-width:3}"
    "path{fill:none;stroke:#7b8794;stroke-width:1.5}marker path{fill:#7b8794;stroke:none}"
    ".choice{stroke-dasharray:5 4}"
    "@media(prefers-color-scheme:dark){svg{background:#111827}"
    ".node rect{fill:#1f2937;stroke:#9aa5b1}.node text{fill:#e4e7eb}"
    ".visited rect{fill:#064e3b;stroke:#34d399}.current rect{fill:#78350f;stroke:#fbbf24}"
    "path{stroke:#9aa5b1}marker path{fill:#9aa5b1}}";

}  // namespace

std::string ToSvg(const Graph& graph, const Marks& marks) {
  const Layout layout(graph);
  std::string text = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
      "height=\"{1}\" role=\"img\">\n<title>The graph of the run</title>\n<style>{2}</style>\n"
      "<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"5\" refY=\"4\" markerWidth=\"8\" "
      "markerHeight=\"8\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\"/></marker></defs>\n",
      layout.width(), layout.height(), kStyle);
  int back_lane = 0;
  int past_lane = 0;
  for (const Edge& edge : layout.edges()) {
    text += fmt::format("<path{} d=\"{}\" marker-end=\"url(#tip)\"/>\n",
                        edge.is_choice ? " class=\"choice\"" : "",
                        PathOf(edge, layout, back_lane, past_lane));
  }
  for (const auto& [name, box] : layout.boxes()) text += BoxElement(name, box, marks);
  return text + "</svg>\n";
}

}  // namespace datamigrate::workflow
