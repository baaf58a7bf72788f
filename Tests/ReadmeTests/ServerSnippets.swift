//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import APIServer
import EtcdClient
import EtcdStorage
import EtcdTestKit
import KubernetesResources
import Logging
import Registry
import Storage
import Testing

// README: Registry
struct Ticket: APIResource, Codable {
    struct Spec: Codable, Sendable, Equatable { var seats: Int }

    var metadata: ObjectMeta
    var spec: Spec
}

struct TicketStrategy: Strategy {
    typealias Value = Ticket

    func validateName(_ name: String, isPrefix: Bool) -> [String] { NameValidation.subdomainName(name, isPrefix) }

    func validate(_ ticket: Ticket, context: RequestContext) -> [FieldError] {
        ticket.spec.seats > 0 ? [] : [.invalid("spec.seats", .integer(Int64(ticket.spec.seats)), "must be greater than 0")]
    }
}

func tickets(on storage: any Storage) -> RegistryStore<Ticket> {
    let resource = ResourceDescription(
        kind: GroupVersionKind(group: "cinema.example.com", version: "v1", kind: "Ticket"), plural: "tickets", namespaced: false)
    return RegistryStore(
        configuration: RegistryStoreConfiguration(resource: resource, keyRoot: "/tickets", strategy: TicketStrategy()), storage: storage)
}
// README end

@Suite("README: servers")
struct ServerSnippets {
    @Test("Registry, KubernetesResources and APIServer")
    func server() async throws {
        try await EtcdCluster.withCluster(members: 1) { cluster in
            let logger = Logger(label: "server")
            let client = try EtcdClient(configuration: EtcdClientConfiguration(endpoints: cluster.endpoints))
            let answer = await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await client.run() }
                defer { group.cancelAll() }
                // README: APIServer
                let builtin = BuiltinResources(logger: logger) { prefix, resource, _ in
                    EtcdStorage(client: client, configuration: .init(resourcePrefix: prefix, groupResource: resource), logger: logger)
                }
                let store = tickets(
                    on: EtcdStorage(
                        client: client,
                        configuration: .init(
                            resourcePrefix: "/tickets", groupResource: GroupResource(group: "cinema.example.com", resource: "tickets")),
                        logger: logger))
                let handler = APIHandler(
                    configuration: .init(authenticator: StaticTokenAuthenticator(administratorTokens: ["a-long-random-token"])),
                    groups: builtin.groups.map { APIGroupInfo(groupVersion: $0.groupVersion, resources: $0.resources) } + [
                        APIGroupInfo(
                            groupVersion: store.resource.kind.groupVersion, resources: [InstalledResource(path: "tickets", storage: store)])
                    ],
                    healthChecks: [], logger: logger)
                // APIServer(configuration: …, handler: handler, logger: logger).run() puts it on a port; it can also be asked directly.
                let answer = await handler.respond(
                    to: HTTPRequest(
                        method: "POST", path: "/apis/cinema.example.com/v1/tickets",
                        headers: ["Authorization": "Bearer a-long-random-token", "Content-Type": "application/json"],
                        body: HTTPRequestBody(Array(#"{"metadata":{"generateName":"row-1-"},"spec":{"seats":2}}"#.utf8))))
                print(answer.status)
                // README end
                return answer
            }
            #expect(answer.status == 201)
        }
    }
}
