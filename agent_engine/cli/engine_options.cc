#include "agent_engine/cli/engine_options.h"

namespace datamigrate::cli {
namespace {

void AddTlsOptions(CLI::App* command, EngineAddress& engine) {
  CLI::Option* authority =
      command->add_option("--engine-ca", engine.ca_file, "Speak TLS; the engine's authority, PEM")
          ->envname("DATAMIGRATE_ENGINE_CA")
          ->check(CLI::ExistingFile);
  CLI::Option* certificate = command
                                 ->add_option("--engine-certificate", engine.certificate_file,
                                              "Certificate to show the engine, PEM")
                                 ->envname("DATAMIGRATE_ENGINE_CERTIFICATE")
                                 ->check(CLI::ExistingFile)
                                 ->needs(authority);
  CLI::Option* key =
      command->add_option("--engine-key", engine.key_file, "The certificate's key, PEM")
          ->envname("DATAMIGRATE_ENGINE_KEY")
          ->check(CLI::ExistingFile)
          ->needs(certificate);
  certificate->needs(key);
  command
      ->add_option("--engine-name", engine.name,
                   "The name in the engine's certificate (default: the host's)")
      ->envname("DATAMIGRATE_ENGINE_NAME");
}

void AddGatewayOptions(CLI::App* command, GatewayAddress& gateway) {
  CLI::Option* url = command
                         ->add_option("--gateway", gateway.url,
                                      "Gateway that gives a token for the API key in "
                                      "DATAMIGRATE_API_KEY, for an engine that asks for one")
                         ->envname("DATAMIGRATE_GATEWAY");
  command->add_option("--gateway-ca", gateway.ca_file, "The gateway's authority, PEM")
      ->envname("DATAMIGRATE_GATEWAY_CA")
      ->check(CLI::ExistingFile)
      ->needs(url);
  command
      ->add_option("--api-key-file", gateway.api_key_file,
                   "The API key, in a file that nobody else may read")
      ->envname("DATAMIGRATE_API_KEY_FILE")
      ->needs(url);
}

}  // namespace

void AddEngineOptions(CLI::App* command, EngineAddress& engine) {
  command->add_option("--engine", engine.address, "Address of the engine")
      ->envname("DATAMIGRATE_ENGINE")
      ->capture_default_str();
  command->add_option("--tenant", engine.tenant, "Organization to act for")
      ->envname("DATAMIGRATE_TENANT")
      ->capture_default_str();
  AddTlsOptions(command, engine);
  AddGatewayOptions(command, engine.gateway);
}

}  // namespace datamigrate::cli
