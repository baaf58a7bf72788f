//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery

/// The parameters of a query, in order.
///
/// Values are read as upstream's url.Values conversion reads them; a parameter that nobody asks for is ignored.
struct QueryParameters: Sendable, Hashable {
    private struct Parameter: Sendable, Hashable {
        var name: String
        var value: String
    }

    private var parameters: [Parameter] = []
    /// Whether a parameter was left out because its escapes are broken or stand for something that isn't text.
    private(set) var isBroken = false

    /// No parameters.
    init() {}

    /// Splits a query. A parameter with a broken escape is left out, and ``isBroken`` says so.
    init(parsing query: String) {
        guard !query.isEmpty else { return }
        for part in query.split(separator: "&") {
            let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = halves[0].percentDecoded(plusIsSpace: true),
                let value = halves.count == 2 ? halves[1].percentDecoded(plusIsSpace: true) : ""
            else {
                isBroken = true
                continue
            }
            parameters.append(Parameter(name: name, value: value))
        }
    }

    /// The first value of a name; nil when it isn't given.
    subscript(name: String) -> String? {
        parameters.first { $0.name == name }?.value
    }

    /// The first value of a name, nil also when it is empty.
    func nonEmpty(_ name: String) -> String? {
        guard let value = self[name], !value.isEmpty else { return nil }
        return value
    }

    /// All values of a name.
    func values(of name: String) -> [String] {
        parameters.filter { $0.name == name }.map(\.value)
    }

    /// A truth value: a name without a value is true, `0` and `false` are false, everything else is true. nil when it isn't given.
    func flag(_ name: String) -> Bool? {
        guard let value = self[name] else { return nil }
        return value != "0" && value.lowercased() != "false"
    }

    /// An integer; nil when it isn't given or empty.
    /// - Throws: 400 naming the parameter.
    func integer(_ name: String) throws(Status) -> Int64? {
        guard let text = nonEmpty(name) else { return nil }
        guard let value = Int64(text) else {
            throw .badRequest("invalid value \(text.goQuoted) of the query parameter \(name.goQuoted): it must be an integer")
        }
        return value
    }
}
