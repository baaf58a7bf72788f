//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery

/// How a response is to be written: what the client accepts, made definite.
///
/// Source of the rule: upstream endpoints/handlers/negotiation.
struct OutputFormat: Sendable, Hashable {
    /// The encodings there are.
    enum Encoding: String, Sendable, Hashable, CaseIterable {
        case json = "application/json"
        case yaml = "application/yaml"
    }

    /// What is made of an object before it is encoded.
    enum Transformation: String, Sendable, Hashable {
        /// Nothing.
        case none = ""
        /// Rows for people.
        case table = "Table"
        /// Its metadata alone.
        case partialObjectMetadata = "PartialObjectMetadata"
        /// A list of metadata.
        case partialObjectMetadataList = "PartialObjectMetadataList"
    }

    var encoding: Encoding = .json
    var transformation: Transformation = .none
    /// Indented, for a person to read. JSON only.
    var pretty = false

    /// The `Content-Type` of the response.
    var contentType: String { encoding.rawValue }

    /// Chooses the first clause of the client's `Accept` that can be had; clauses with a transformation that isn't offered are passed over.
    /// - Throws: 406 listing what can be had.
    static func negotiate(
        _ request: HTTPRequest, query: QueryParameters, transformations: Set<Transformation> = [], encodings: [Encoding] = Encoding.allCases
    ) throws(Status) -> OutputFormat {
        guard var format = choose(request.headers.joined("Accept"), transformations: transformations, encodings: encodings) else {
            throw .notAcceptable(supported: encodings.map(\.rawValue))
        }
        if format.encoding == .json { format.pretty = isPretty(request, query: query) }
        return format
    }

    /// The format of a response that has to be sent whatever the client accepts, such as an error.
    static func lenient(_ request: HTTPRequest, query: QueryParameters) -> OutputFormat {
        var format = choose(request.headers.joined("Accept"), transformations: [], encodings: Encoding.allCases) ?? OutputFormat()
        if format.encoding == .json { format.pretty = isPretty(request, query: query) }
        return format
    }

    private static func choose(_ accept: String?, transformations: Set<Transformation>, encodings: [Encoding]) -> OutputFormat? {
        guard let accept, !accept.isEmpty, accept != Encoding.json.rawValue else { return OutputFormat() }
        for clause in MediaType.clauses(of: accept) {
            guard let encoding = encodings.first(where: { clause.names($0) }), let transformation = clause.transformation,
                transformation == .none || transformations.contains(transformation)
            else { continue }
            return OutputFormat(encoding: encoding, transformation: transformation)
        }
        return nil
    }

    /// Asked for by `pretty`, or by being a tool that a person uses.
    private static func isPretty(_ request: HTTPRequest, query: QueryParameters) -> Bool {
        if let asked = query.flag("pretty") { return asked }
        guard let agent = request.headers["User-Agent"] else { return false }
        return agent.hasPrefix("curl") || agent.hasPrefix("Wget") || agent.hasPrefix("Mozilla/5.0")
    }
}

extension MediaType {
    fileprivate func names(_ encoding: OutputFormat.Encoding) -> Bool {
        switch name {
        case encoding.rawValue: true
        case "*/*", "application/*": encoding == .json
        case "text/yaml", "application/x-yaml": encoding == .yaml
        default: false
        }
    }

    /// The transformation that a clause asks for; nil for one that doesn't exist.
    fileprivate var transformation: OutputFormat.Transformation? {
        guard let kind = parameters["as"] else { return parameters["g"] == nil ? OutputFormat.Transformation.none : nil }
        guard parameters["g"] == "meta.k8s.io", parameters["v"] == "v1" else { return nil }
        return OutputFormat.Transformation(rawValue: kind)
    }
}
