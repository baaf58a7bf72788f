//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// A request as the handlers see it, whatever engine received it.
public struct HTTPRequest: Sendable {
    /// The method in capitals, such as `GET`.
    public var method: String
    /// The path as sent: percent-encoded, without the query.
    public var path: String
    /// The query as sent, without the question mark; empty without one.
    public var query: String
    /// The header fields.
    public var headers: HTTPHeaders
    /// The content, which is read when a handler asks for it.
    public var body: HTTPRequestBody

    /// A request.
    public init(method: String, path: String, query: String = "", headers: HTTPHeaders = [:], body: HTTPRequestBody = HTTPRequestBody()) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
    }
}

/// The content of a request.
public struct HTTPRequestBody: Sendable {
    private let read: @Sendable (_ limit: Int) async throws(HTTPBodyError) -> [UInt8]

    /// Content that is at hand; none by default.
    public init(_ bytes: [UInt8] = []) {
        read = { limit throws(HTTPBodyError) in
            guard bytes.count <= limit else { throw .tooLarge(limit: limit) }
            return bytes
        }
    }

    /// Content that comes from elsewhere. `read` is called once at most.
    public init(reading read: @escaping @Sendable (_ limit: Int) async throws(HTTPBodyError) -> [UInt8]) {
        self.read = read
    }

    /// Reads everything, up to a limit. May be called once.
    /// - Throws: ``HTTPBodyError/tooLarge(limit:)`` as soon as there is more than that; `disconnected` when the client left meanwhile.
    public func collect(upTo limit: Int) async throws(HTTPBodyError) -> [UInt8] {
        try await read(limit)
    }
}

/// Why a request's content couldn't be read.
public enum HTTPBodyError: Error, Sendable, Hashable {
    /// There is more than the reader takes.
    case tooLarge(limit: Int)
    /// The client went away before it was complete.
    case disconnected
}
