//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery
import Registry

/// The kinds of patches, by their media types.
enum PatchType: String, Sendable, CaseIterable {
    /// RFC 6902.
    case json = "application/json-patch+json"
    /// RFC 7386.
    case merge = "application/merge-patch+json"
    /// Merges lists by keys that the schema names.
    case strategicMerge = "application/strategic-merge-patch+json"
}

extension ResourceEndpoint {
    /// `PATCH` of an object. The patch is applied to whatever the object is at the moment of writing, again when somebody else wrote meanwhile.
    func patch(_ request: APIRequest, in updater: any Updater) async throws(Status) -> HTTPResponse {
        let output = try objectOutput(request)
        let type = try patchType(request)
        let options = try WriteQuery(request.query, kind: "PatchOptions", userAgent: request.http.headers["User-Agent"])
        let document = try BodyDecoder.json(try await BodyDecoder.bytes(of: request.http, limit: limits.maximumBodySize))
        let change = UpdatedObject { existing throws(Status) in
            guard let existing else { throw .notFound(self.groupResource, name: request.info.name) }
            let patched = try self.apply(document.value, type, to: existing)
            let object = try self.named(try self.decoded(patched, document: document, options: options, request), request)
            return self.managed(object, live: existing, options: options)
        }
        return try await write(change, options: options, request, in: updater, output: output)
    }

    /// The types of patches that this resource takes.
    var patchTypes: [PatchType] { description.schema == nil ? [.json, .merge] : PatchType.allCases }

    private func patchType(_ request: APIRequest) throws(Status) -> PatchType {
        let name = request.http.headers["Content-Type"].flatMap(MediaType.init(parsing:))?.name ?? ""
        guard let type = patchTypes.first(where: { $0.rawValue == name }) else {
            throw .unsupportedMediaType(supported: patchTypes.map(\.rawValue))
        }
        return type
    }

    private func apply(_ patch: JSONValue, _ type: PatchType, to existing: JSONValue) throws(Status) -> JSONValue {
        do throws(PatchError) {
            switch (type, description.schema) {
            case (.json, _): return try JSONPatch.apply(patch, to: existing)
            case (.strategicMerge, let schema?): return try StrategicMergePatch.apply(patch, to: existing, schema: schema)
            case (.merge, _), (.strategicMerge, nil):
                guard case .object = patch else { throw PatchError(.malformed, "a merge patch must be a JSON object") }
                return MergePatch.apply(patch, to: existing)
            }
        } catch {
            switch error.kind {
            case .malformed: throw .badRequest(error.message)
            case .tooLarge: throw .requestEntityTooLarge(error.message)
            case .inapplicable:
                throw Status(
                    code: 422, reason: .invalid,
                    message: "the server rejected our request due to an error in our request: \(error.message)")
            }
        }
    }

    /// The result in shape. What doesn't fit is the patch's fault, so it is 422 rather than 400.
    private func decoded(
        _ patched: JSONValue, document: BodyDecoder.Document, options: WriteQuery, _ request: APIRequest
    ) throws(Status) -> JSONValue {
        do {
            return try ObjectDecoder(description: description)
                .decode(patched, duplicateFields: document.duplicateFields, validation: options.fieldValidation, warnings: request.warnings)
        } catch {
            if case .otherKind(let status) = error { throw status }
            let text = String(decoding: patched.serialized(), as: UTF8.self)
            throw .invalid(
                kind: GroupVersionKind(group: "", version: "", kind: ""), name: "",
                errors: [.invalid("patch", .string(text), error.message)])
        }
    }
}
