//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The pieces of code that a document shows, and where they are compiled and run.
///
/// A piece stands between `// README: NAME`, or `// Article: NAME`, and the word with `end`. Lines that end with `// not shown` are left out.
struct ShownCode {
    /// A piece of code, without its indentation.
    struct Piece {
        var name: String
        /// `README` or `Article`.
        var place: String
        var text: String
        /// What the file imports that it stands in.
        var imports: Set<String>
    }

    /// A block of Swift in a document.
    struct Block {
        var document: String
        /// The lines before the others that import something.
        var imports: [String]
        var text: String
    }

    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    static let root = folder.appendingPathComponent("../..").standardizedFileURL

    // MARK: What is compiled

    /// The marked pieces of the sources beside this file.
    static func pieces() throws -> [Piece] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().filter { $0.hasSuffix("Snippets.swift") }.flatMap(pieces(of:))
    }

    private static func pieces(of file: String) throws -> [Piece] {
        let all = try String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8).components(separatedBy: "\n")
        let imports = Set(all.filter { $0.hasPrefix("import ") })
        var pieces: [Piece] = []
        var open: (place: String, name: String)?
        var lines: [String] = []
        for line in all {
            let words = line.trimmingCharacters(in: .whitespaces)
            if let place = ["README", "Article"].first(where: { words.hasPrefix("// \($0): ") }) {
                #expect(open == nil, "\(file) begins a piece inside another: \(words)")
                open = (place, String(words.dropFirst("// \(place): ".count)))
                lines = []
            } else if let (place, name) = open, words == "// \(place) end" {
                pieces.append(Piece(name: name, place: place, text: dedented(lines), imports: imports))
                open = nil
            } else if !words.hasSuffix("// not shown") {
                lines.append(line)
            }
        }
        #expect(open == nil, "\(file) has a piece without an end")
        return pieces
    }

    private static func dedented(_ lines: [String]) -> String {
        let indentation = lines.filter { !$0.isEmpty }.map { $0.prefix { $0 == " " }.count }.min() ?? 0
        return lines.map { String($0.dropFirst(indentation)) }.joined(separator: "\n").trimmingCharacters(in: .newlines)
    }

    // MARK: What is shown

    /// The articles of the modules' documentation.
    static func articles() throws -> [URL] {
        let sources = root.appendingPathComponent("Sources")
        let paths = try FileManager.default.subpathsOfDirectory(atPath: sources.path)
        return paths.filter { $0.contains(".docc/") && $0.hasSuffix(".md") }.sorted().map { sources.appendingPathComponent($0) }
    }

    /// The blocks of Swift in a document.
    static func blocks(of document: URL) throws -> [Block] {
        try String(contentsOf: document, encoding: .utf8).components(separatedBy: "```swift\n").dropFirst().map { text in
            var lines = text.components(separatedBy: "\n```")[0].components(separatedBy: "\n")
            let imports = Array(lines.prefix { $0.hasPrefix("import ") })
            lines.removeFirst(imports.count)
            return Block(
                document: document.lastPathComponent, imports: imports, text: lines.joined(separator: "\n").trimmingCharacters(in: .newlines))
        }
    }
}
