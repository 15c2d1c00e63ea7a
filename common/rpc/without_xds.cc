// Leaves gRPC's client of service meshes (xDS) out of a program, which none of ours speaks: stands
// in the place of gRPC's own function of this name, so that the linker finds no use of the rest. It
// is a megabyte and a half of code, most of which would be touched when gRPC starts. As of
// gRPC 1.51, whose function registers nothing else; a later one without such a function leaves this
// one unused.
namespace grpc_core {

struct CoreConfiguration {
  class Builder;
};

void RegisterExtraFilters(CoreConfiguration::Builder* builder);

void RegisterExtraFilters(CoreConfiguration::Builder* /*builder*/) {}

}  // namespace grpc_core
