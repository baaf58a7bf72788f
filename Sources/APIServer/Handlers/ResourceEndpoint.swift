//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Registry

/// A resource or subresource at its place in the URL space, with what it can do, which is found out once.
struct ResourceEndpoint: Sendable {
    /// Bounds on requests.
    struct Limits: Sendable {
        /// The most bytes of a body.
        var maximumBodySize = 3 * 1024 * 1024
        /// A watch without `timeoutSeconds` lasts between this and twice as many seconds.
        var minimumWatchSeconds = 1800
        /// An object that can't be read may be deleted by who has the permission.
        var allowsUnreadableDeletion = true
    }

    /// The group and version of the URL.
    let groupVersion: GroupVersion
    /// The plural name in the URL.
    let plural: String
    /// The subresource in the URL; empty for the resource itself.
    let subresource: String
    /// Whether the URL has a namespace. A subresource lives where its parent lives.
    let namespaced: Bool
    /// Names and shape.
    let description: ResourceDescription
    let limits: Limits
    /// Asked here about what a request wants beyond its verb.
    let authorizer: any Authorizer
    /// Keeps book of who writes which fields here.
    let fieldManager: FieldManager
    let getter: (any Getter)?
    let lister: (any Lister)?
    let watcher: (any Watcher)?
    let creater: (any Creater)?
    let updater: (any Updater)?
    let deleter: (any GracefulDeleter)?
    let unreadableDeleter: (any UnreadableDeleter)?
    let collectionDeleter: (any CollectionDeleter)?
    let tableConvertor: (any TableConvertor)?

    init(_ installed: InstalledResource, groupVersion: GroupVersion, limits: Limits, authorizer: any Authorizer) {
        let parts = installed.path.split(separator: "/", maxSplits: 1)
        let storage = installed.storage
        self.groupVersion = groupVersion
        plural = parts.first.map(String.init) ?? ""
        subresource = parts.count > 1 ? String(parts[1]) : ""
        namespaced = storage.resource.namespaced
        description = storage.resource
        self.limits = limits
        self.authorizer = authorizer
        fieldManager = FieldManager(
            apiVersion: groupVersion.description, subresource: subresource, schema: description.schema,
            resetFields: (storage as? any FieldResetter)?.resetFields ?? FieldSet())
        getter = storage as? any Getter
        lister = storage as? any Lister
        watcher = storage as? any Watcher
        creater = storage as? any Creater
        updater = storage as? any Updater
        deleter = storage as? any GracefulDeleter
        unreadableDeleter = storage as? any UnreadableDeleter
        collectionDeleter = storage as? any CollectionDeleter
        tableConvertor = storage as? any TableConvertor
    }

    /// Group and plural, for messages.
    var groupResource: GroupResource { GroupResource(group: groupVersion.group, resource: plural) }

    /// The verbs, sorted, as discovery lists them.
    var verbs: [String] {
        var verbs: [String] = []
        if creater != nil { verbs.append("create") }
        if deleter != nil { verbs.append("delete") }
        if collectionDeleter != nil { verbs.append("deletecollection") }
        if getter != nil { verbs.append("get") }
        if lister != nil { verbs.append("list") }
        if updater != nil { verbs += ["patch", "update"] }
        if watcher != nil { verbs.append("watch") }
        return verbs
    }

    /// Whether a URL is one of this endpoint's: in a namespace or not as the resource is, and nothing behind the subresource.
    func serves(_ info: RequestInfo) -> Bool {
        guard info.remainder.isEmpty else { return false }
        if namespaced { return !info.namespace.isEmpty || info.name.isEmpty }
        return info.namespace.isEmpty || plural == "namespaces"
    }

    /// Does what a request asks for.
    func respond(to request: APIRequest) async throws(Status) -> HTTPResponse {
        switch request.info.verb {
        case "get": try await get(request, from: offered(getter, request))
        case "list": try await list(request, from: offered(lister, request))
        case "watch": try await watch(request, from: offered(watcher, request))
        case "create": try await create(request, in: offered(creater, request))
        case "update": try await update(request, in: offered(updater, request))
        case "patch": try await patch(request, in: offered(updater, request))
        case "delete": try await delete(request, from: offered(deleter, request))
        case "deletecollection": try await deleteCollection(request, from: offered(collectionDeleter, request))
        default: throw .methodNotAllowed(groupResource, verb: request.http.method.lowercased())
        }
    }

    /// A capability, or 405. Objects are made in a collection, and in a namespace when they live in one.
    private func offered<Capability>(_ capability: Capability?, _ request: APIRequest) throws(Status) -> Capability {
        let acrossNamespaces = namespaced && request.info.namespace.isEmpty
        let verb = request.info.verb
        let isMisplaced =
            switch verb {
            case "create": (subresource.isEmpty && !request.info.name.isEmpty) || acrossNamespaces
            case "update", "patch": request.info.name.isEmpty
            case "deletecollection": acrossNamespaces
            default: false
            }
        guard let capability, !isMisplaced else { throw .methodNotAllowed(groupResource, verb: verb) }
        return capability
    }
}
