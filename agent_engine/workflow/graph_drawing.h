// Graphs for people to look at.
#ifndef DATAMIGRATE_AGENT_ENGINE_WORKFLOW_GRAPH_DRAWING_H_
#define DATAMIGRATE_AGENT_ENGINE_WORKFLOW_GRAPH_DRAWING_H_

#include <set>
#include <string>

#include "agent_engine/workflow/graph.h"

namespace datamigrate::workflow {

// What a run has done of a graph. Names that the graph does not have are not drawn.
struct Marks {
  std::string current = {};            // under way or about to be; kEnd for a run that has ended
  std::set<std::string> visited = {};  // have run
};

// A Mermaid flowchart, with sub-graphs as boxes around their nodes.
std::string ToMermaid(const Graph& graph, const Marks& marks = {});

// An SVG picture that needs nothing else: layers from top to bottom, ways back on the left, ways
// past a layer on the right, dashed where a route chooses, a stack of boxes where a node works on
// many items, round where a sub-graph begins and ends. It follows the viewer's light or dark
// scheme.
std::string ToSvg(const Graph& graph, const Marks& marks = {});

}  // namespace datamigrate::workflow

#endif  // DATAMIGRATE_AGENT_ENGINE_WORKFLOW_GRAPH_DRAWING_H_
