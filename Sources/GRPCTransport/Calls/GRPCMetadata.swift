//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// The headers or trailers of a call, in order. A name may occur more than once.
///
/// Names are lower-case, in whatever case they are given: HTTP/2 knows no other. Values are sent as they are: those of names that end in `-bin` are
/// base64 already.
public struct GRPCMetadata: Sendable, Hashable, ExpressibleByDictionaryLiteral, RandomAccessCollection {
    /// A name and its value.
    public struct Field: Sendable, Hashable {
        /// The lower-case name.
        public var name: String { didSet { name = Self.lowercased(name) } }
        /// The value.
        public var value: String
        /// Whether the value is a secret that no hop may put into a compression table (HPACK's "never indexed").
        public var isSensitive: Bool

        /// A field. `token` and `authorization` are sensitive by themselves.
        public init(name: String, value: String, isSensitive: Bool? = nil) {
            let name = Self.lowercased(name)
            self.name = name
            self.value = value
            self.isSensitive = isSensitive ?? (name == "token" || name == "authorization")
        }

        // Nearly all are lower-case already, and cost no copy. Others than ASCII's letters may not be sent at all.
        fileprivate static func lowercased(_ name: String) -> String {
            name.utf8.contains { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) } ? name.lowercased() : name
        }
    }

    private var fields: [Field]
    /// How many bytes the names and values have together.
    var wireLength: Int { fields.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count } }

    /// No fields.
    public init() { fields = [] }

    /// Names and values in the order written.
    public init(dictionaryLiteral elements: (String, String)...) {
        fields = elements.map { Field(name: $0.0, value: $0.1) }
    }

    /// Adds a field at the end.
    public mutating func append(_ field: Field) { fields.append(field) }

    /// Adds a field at the end.
    public mutating func append(name: String, value: String) { append(Field(name: name, value: value)) }

    /// The first value of a name, in whatever case that is given.
    public subscript(name: String) -> String? {
        let name = Field.lowercased(name)
        return fields.first { $0.name == name }?.value
    }

    /// The first field's index.
    public var startIndex: Int { 0 }
    /// One past the last field's index.
    public var endIndex: Int { fields.count }
    /// A field by its place.
    public subscript(position: Int) -> Field { fields[position] }
}
