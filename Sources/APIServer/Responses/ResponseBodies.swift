//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import APIMachinery

extension HTTPResponse {
    /// A JSON text in the format that the client wants. `json` is compact and ends with a line feed.
    static func encoded(_ json: [UInt8], status: Int, format: OutputFormat) throws(Status) -> HTTPResponse {
        let bytes: [UInt8]
        switch format.encoding {
        case .json: bytes = format.pretty ? PrettyJSON.indent(json) : json
        case .yaml:
            do {
                bytes = try YAML.serialize(JSONValue(parsing: json))
            } catch let error as JSONError {
                throw .internalError("the response is not JSON: \(error)")
            } catch {
                throw error as? Status ?? .internalError("\(error)")
            }
        }
        return HTTPResponse(status: status, headers: ["Content-Type": format.contentType], body: .bytes(bytes))
    }

    /// A JSON value in the format that the client wants.
    static func encoded(_ value: JSONValue, status: Int, format: OutputFormat) throws(Status) -> HTTPResponse {
        var bytes: [UInt8] = []
        value.write(into: &bytes)
        bytes.append(UInt8(ascii: "\n"))
        return try encoded(bytes, status: status, format: format)
    }

    /// Text that a person or a probe reads.
    static func plainText(_ text: String, status: Int = 200) -> HTTPResponse {
        HTTPResponse(
            status: status, headers: ["Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff"],
            body: .bytes(Array(text.utf8)))
    }

    /// What a path gets behind which there is nothing.
    static let pathNotFound = plainText("404 page not found\n", status: 404)

    /// A `Status` in the format that the client wants, or else in JSON.
    init(_ status: Status, format: OutputFormat) {
        var bytes = status.serialized()
        bytes.append(UInt8(ascii: "\n"))
        let code = status.code == 0 ? 500 : status.code
        do {
            self = try HTTPResponse.encoded(bytes, status: code, format: format)
        } catch {
            self.init(status: code, headers: ["Content-Type": OutputFormat.Encoding.json.rawValue], body: .bytes(bytes))
        }
        if let seconds = status.details?.retryAfterSeconds, seconds > 0 { headers["Retry-After"] = String(seconds) }
    }
}
