//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Registry
import Storage

extension ResourceEndpoint {
    /// `GET` with `watch`: a stream of events that ends by time-out, by an error, or when one of the two sides leaves.
    func watch(_ request: APIRequest, from watcher: any Watcher) async throws(Status) -> HTTPResponse {
        var transformations: Set<OutputFormat.Transformation> = [.partialObjectMetadata]
        if tableConvertor != nil { transformations.insert(.table) }
        let format = try OutputFormat.negotiate(
            request.http, query: request.query, transformations: transformations, encodings: [.json])
        let framing = WatchFraming(
            kind: description.kind, groupResource: groupResource, format: format, table: try table(format, request))
        var query = try ListQuery(request.query, isWatch: true, description: description)
        if !request.info.name.isEmpty {
            query.options.fieldSelector = try Self.selector(ofName: request.info.name, within: query.options.fieldSelector)
        }
        let lifetime = Duration.seconds(Self.seconds(asked: query.timeoutSeconds, minimum: limits.minimumWatchSeconds))
        let stream = try await watcher.watch(options: query.options, context: request.context(namespaced: namespaced))
        let content = HTTPResponseStream(cancel: { stream.cancel() }) { writer in
            try await WatchWriter(stream: stream, framing: framing, logger: request.logger).write(to: &writer, for: lifetime)
        }
        return HTTPResponse(status: 200, headers: ["Content-Type": format.contentType], body: .stream(content))
    }

    /// What the client asked for, or else a random time, so that many watches that began together don't end together. Longer than any clock can
    /// count is as long as a server lives.
    private static func seconds(asked: Int64?, minimum: Int) -> Int {
        if let asked, asked > 0 { return Int(min(asked, Int64(Int32.max))) }
        return minimum > 0 ? Int.random(in: minimum..<(2 * minimum)) : 0
    }

    /// The watch of one object by its URL is a watch of its collection that selects the name.
    private static func selector(ofName name: String, within selector: FieldSelector) throws(Status) -> FieldSelector {
        if let selected = selector.requiredValue(of: "metadata.name"), selected != name {
            throw .badRequest("fieldSelector metadata.name doesn't match requested name")
        }
        let pinned = "metadata.name=" + name.reduce(into: "") { $0 += "\\,=".contains($1) ? "\\\($1)" : String($1) }
        do {
            return try FieldSelector(parsing: selector.isEmpty ? pinned : "\(selector),\(pinned)")
        } catch {
            throw .badRequest("\(error)")
        }
    }
}
