//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

// Serves a kind of its own to kubectl, with an etcd behind it:
//
//     etcd &
//     swift run CustomResource http://127.0.0.1:2379 &
//     kubectl --server http://127.0.0.1:8001 create -f - <<< '{"apiVersion": "samples.example.com/v1", "kind": "Gadget", "metadata": {"name": "one"}}'
//     kubectl --server http://127.0.0.1:8001 get gadgets --watch

import APIMachinery
import APIServer
import EtcdClient
import EtcdStorage
import Logging
import Registry
import ServiceLifecycle
import UnixSignals

/// Lets everybody in: the server listens on this machine's loopback alone.
struct Everybody: Authenticator {
    func authenticate(_ headers: HTTPHeaders) async -> UserInfo? { UserInfo(name: "somebody") }
}

@main
struct CustomResource {
    static func main() async throws {
        let logger = Logger(label: "CustomResource")
        let endpoint = CommandLine.arguments.dropFirst().first ?? "http://127.0.0.1:2379"
        let resource = ResourceDescription.gadgets

        // The etcd client, a storage for the one resource on it, and a watch cache before that.
        let client = try EtcdClient(configuration: EtcdClientConfiguration(endpoints: [endpoint]), logger: logger)
        let storage = EtcdStorage(
            client: client,
            configuration: EtcdStorageConfiguration(
                pathPrefix: "/registry", resourcePrefix: "/samples.example.com/gadgets", groupResource: resource.groupResource),
            logger: logger)
        let decorated = StorageDecorator.withCacher.decorate(
            storage, groupResource: resource.groupResource, resourcePrefix: "/samples.example.com/gadgets", logger: logger)

        // The registry: what all kinds have in common, with this kind's strategy.
        let store = RegistryStore(
            configuration: RegistryStoreConfiguration(
                resource: resource, keyRoot: "/samples.example.com/gadgets", strategy: GadgetStrategy(), table: .gadgets),
            storage: decorated.storage)

        // The server.
        let group = APIGroupInfo(groupVersion: resource.kind.groupVersion, resources: [InstalledResource(path: "gadgets", storage: store)])
        let handler = APIHandler(
            configuration: APIHandler.Configuration(authenticator: Everybody()), groups: [group], healthChecks: [], logger: logger)
        let server = APIServer(configuration: APIServer.Configuration(port: 8001, tls: nil), handler: handler, logger: logger)

        let services: [any Service] = [client] + decorated.services + [server]
        try await ServiceGroup(services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger).run()
    }
}
