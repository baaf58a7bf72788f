//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// One clause of an `Accept` header, or a `Content-Type`: a media type with parameters.
struct MediaType: Sendable, Hashable {
    /// The type and subtype in lower case, such as `application/json`.
    var name: String
    /// The parameters in order, names in lower case.
    var parameters: [String: String]
    /// How much the client wants it: 1 at most, 0 not at all.
    var quality: Double

    /// Parses one clause; nil when there is no `/` in it.
    init?(parsing text: some StringProtocol) {
        let parts = text.split(separator: ";", omittingEmptySubsequences: false).map { $0.trimmed }
        guard let name = parts.first, name.contains("/") else { return nil }
        self.name = name.lowercased()
        parameters = [:]
        quality = 1
        for part in parts.dropFirst() {
            let halves = part.split(separator: "=", maxSplits: 1)
            guard halves.count == 2 else { continue }
            let key = halves[0].trimmed.lowercased()
            let value = String(halves[1].trimmed).unquoted
            if key == "q" { quality = Double(value) ?? 1 } else { parameters[key] = value }
        }
    }

    /// The clauses of an `Accept` header, most wanted first; those of equal quality keep their order. Unwanted ones (`q=0`) are left out.
    static func clauses(of accept: String) -> [MediaType] {
        let clauses = accept.split(separator: ",").compactMap { MediaType(parsing: $0) }.filter { $0.quality > 0 }
        guard clauses.contains(where: { $0.quality < 1 }) else { return clauses }
        return clauses.enumerated().sorted { ($1.element.quality, $0.offset) < ($0.element.quality, $1.offset) }.map(\.element)
    }
}

extension StringProtocol {
    /// Without spaces and tabs at both ends.
    var trimmed: SubSequence {
        let start = self.drop { $0 == " " || $0 == "\t" }
        guard let end = start.lastIndex(where: { $0 != " " && $0 != "\t" }) else { return start[start.startIndex..<start.startIndex] }
        return start[...end]
    }
}

extension String {
    fileprivate var unquoted: String {
        count >= 2 && first == "\"" && last == "\"" ? String(dropFirst().dropLast()) : self
    }
}
