//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Keeps the code of README.md and of the modules' articles true: it is this folder's code, which is compiled and run.
@Suite("README and articles")
struct ReadmeTests {
    @Test("Every piece of Swift in README.md is code that is compiled and run here")
    func readme() throws {
        try check([ShownCode.root.appendingPathComponent("README.md")], showing: "README", atLeast: 8)
    }

    @Test("Every piece of Swift in the modules' articles is code that is compiled and run here")
    func articles() throws {
        try check(try ShownCode.articles(), showing: "Article", atLeast: 12)
    }

    private func check(_ documents: [URL], showing place: String, atLeast count: Int) throws {
        let pieces = try ShownCode.pieces()
        let own = pieces.filter { $0.place == place }
        let blocks = try documents.flatMap(ShownCode.blocks(of:))
        #expect(own.count >= count)
        for piece in own {
            #expect(blocks.contains { $0.text == piece.text }, "no document shows \(piece.name) as it is:\n\(piece.text)")
        }
        for block in blocks where !isManifest(block) {
            // README's code may be shown elsewhere too.
            let piece = pieces.first { $0.text == block.text }
            #expect(piece != nil, "\(block.document) shows code that nothing compiles:\n\(block.text)")
            for line in block.imports {
                #expect(piece?.imports.contains(line) ?? true, "\(block.document) shows an import that its code does without: \(line)\n\(block.text)")
            }
        }
    }

    private func isManifest(_ block: ShownCode.Block) -> Bool {
        block.text.components(separatedBy: "\n").allSatisfy { $0.hasPrefix(".package(") || $0.hasPrefix(".product(") }
    }

    @Test("Links of the documents into this repository lead to files that are there", arguments: ["README.md", "CONTRIBUTING.md"])
    func links(document: String) throws {
        let text = try String(contentsOf: ShownCode.root.appendingPathComponent(document), encoding: .utf8)
        for link in text.matches(of: /\]\(([^)#]+)/) where !link.1.hasPrefix("http") {
            #expect(FileManager.default.fileExists(atPath: ShownCode.root.appendingPathComponent(String(link.1)).path), "\(document): \(link.1)")
        }
    }

    @Test("The products that documents say to depend on are products of this package")
    func products() throws {
        let manifest = try String(contentsOf: ShownCode.root.appendingPathComponent("Package.swift"), encoding: .utf8)
        let documents = [ShownCode.root.appendingPathComponent("README.md")] + (try ShownCode.articles())
        let named = try documents.flatMap { document in
            try String(contentsOf: document, encoding: .utf8).matches(of: /\.product\(name: "(\w+)", package: "(\w+)"\)/).map { ($0.1, $0.2) }
        }
        #expect(!named.isEmpty)
        for (product, package) in named {
            // The package goes by the end of its address.
            #expect(package == "keelson")
            #expect(manifest.contains(".library(name: \"\(product)\""), "there's no product \(product)")
        }
    }

    @Test(
        "The article on metrics names every metric that a module makes, with its labels, and no other",
        arguments: [
            ("EtcdClient/Observability/ClientMetrics.swift", "etcd_client_"), ("GRPCTransport/Observation/TransportMetrics.swift", "grpc_client_"),
        ])
    func metrics(file: String, prefix: String) throws {
        let sources = ShownCode.root.appendingPathComponent("Sources")
        let source = try String(contentsOf: sources.appendingPathComponent(file), encoding: .utf8)
        let article = try String(contentsOf: sources.appendingPathComponent("EtcdClient/EtcdClient.docc/Observability.md"), encoding: .utf8)
        let made = Set(source.matches(of: /"((?:etcd|grpc)_client_\w+)"/).map { String($0.1) })
        let rows = article.components(separatedBy: "\n").filter { $0.hasPrefix("| `\(prefix)") }
        let shown = Set(rows.compactMap { $0.firstMatch(of: /^\| `(\w+)`/).map { String($0.1) } })
        #expect(made == shown)
        for label in Set(source.matches(of: /\("([a-z]+)", ["a-z]/).map { String($0.1) }) {
            #expect(rows.contains { $0.contains("`\(label)`") }, "no row tells of the label \(label)")
        }
    }
}
