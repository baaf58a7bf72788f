//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

// Messages and details of these are upstream's (api/errors), word for word: clients show them, and some compare them.

extension Status {
    /// 404: there is no such object.
    public static func notFound(_ resource: GroupResource, name: String) -> Status {
        about(resource, name, 404, .notFound, "\(resource) \(name.goQuoted) not found")
    }

    /// 409: the name is taken.
    public static func alreadyExists(_ resource: GroupResource, name: String) -> Status {
        about(resource, name, 409, .alreadyExists, "\(resource) \(name.goQuoted) already exists")
    }

    /// 409: no free name was found for a `generateName`.
    public static func generateNameConflict(_ resource: GroupResource, name: String, retryAfterSeconds: Int = 1) -> Status {
        let message = "\(resource) \(name.goQuoted) already exists, the server was not able to generate a unique name for the object"
        var status = about(resource, name, 409, .alreadyExists, message)
        status.details?.retryAfterSeconds = retryAfterSeconds
        return status
    }

    /// 409: the object isn't as the request says. `message` says how, such as `the object has been modified; …`.
    public static func conflict(_ resource: GroupResource, name: String, message: String) -> Status {
        about(resource, name, 409, .conflict, "Operation cannot be fulfilled on \(resource) \(name.goQuoted): \(message)")
    }

    /// 422: fields are wrong; each becomes a cause. Equal texts are named once in the message.
    public static func invalid(kind: GroupVersionKind, name: String, errors: [FieldError]) -> Status {
        let groupKind = GroupResource(group: kind.group, resource: kind.kind)
        var seen = Set<String>()
        let texts = errors.map(\.description).filter { seen.insert($0).inserted }
        var message = "\(groupKind) \(name.goQuoted) is invalid"
        if texts.count == 1 { message += ": \(texts[0])" }
        if texts.count > 1 { message += ": [\(texts.joined(separator: ", "))]" }
        var status = about(groupKind, name, 422, .invalid, message)
        status.details?.causes = errors.map(\.cause)
        return status
    }

    /// 400: the request can't be understood. `message` says why.
    public static func badRequest(_ message: String) -> Status {
        Status(code: 400, reason: .badRequest, message: message)
    }

    /// 401: nobody knows who asks.
    public static func unauthorized() -> Status {
        Status(code: 401, reason: .unauthorized, message: "Unauthorized")
    }

    /// 403: who asks may not. `message` says why; an empty name means the resource as a whole.
    public static func forbidden(_ resource: GroupResource, name: String, message: String) -> Status {
        let text =
            if resource.description.isEmpty {
                "forbidden: \(message)"
            } else if name.isEmpty {
                "\(resource) is forbidden: \(message)"
            } else {
                "\(resource) \(name.goQuoted) is forbidden: \(message)"
            }
        return about(resource, name, 403, .forbidden, text)
    }

    /// 405: the resource has no such verb.
    public static func methodNotAllowed(_ resource: GroupResource, verb: String) -> Status {
        about(resource, "", 405, .methodNotAllowed, "\(verb) is not supported on resources of kind \(resource.description.goQuoted)")
    }

    /// 406: none of the media types the client takes can be given.
    public static func notAcceptable(supported: [String]) -> Status {
        Status(
            code: 406, reason: .notAcceptable, message: "only the following media types are accepted: \(supported.joined(separator: ", "))")
    }

    /// 415: the body's media type isn't known.
    public static func unsupportedMediaType(supported: [String]) -> Status {
        Status(
            code: 415, reason: .unsupportedMediaType,
            message: "the body of the request was in an unknown format - accepted media types include: \(supported.joined(separator: ", "))")
    }

    /// 413: the request is larger than the server takes.
    public static func requestEntityTooLarge(_ message: String) -> Status {
        Status(code: 413, reason: .requestEntityTooLarge, message: "Request entity too large: \(message)")
    }

    /// 410: the version asked for is no longer kept. `message` is sent as it is.
    public static func expired(_ message: String) -> Status {
        Status(code: 410, reason: .expired, message: message)
    }

    /// 504: the server hasn't seen a version as new as the one asked for.
    public static func tooLargeResourceVersion(
        requested: ResourceVersion, current: ResourceVersion, retryAfterSeconds: Int
    ) -> Status {
        var status = timeout(
            "Too large resource version: \(requested.value), current: \(current.value)", retryAfterSeconds: retryAfterSeconds)
        status.details?.causes = [Cause(type: "ResourceVersionTooLarge", message: "Too large resource version")]
        return status
    }

    /// 500: something went wrong in the server.
    public static func internalError(_ message: String) -> Status {
        Status(
            code: 500, reason: .internalError, message: "Internal error occurred: \(message)",
            details: Details(causes: [Cause(type: "", message: message)]))
    }

    /// 500 without a reason: an error that says nothing of its nature.
    public static func unknownError(_ message: String) -> Status {
        Status(code: 500, reason: .unknown, message: message)
    }

    /// 500: the operation couldn't be finished now and may be tried again.
    public static func serverTimeout(_ resource: GroupResource, operation: String, retryAfterSeconds: Int) -> Status {
        var status = about(
            resource, operation, 500, .serverTimeout,
            "The \(operation) operation against \(resource) could not be completed at this time, please try again.")
        status.details?.retryAfterSeconds = retryAfterSeconds
        return status
    }

    /// 504: it took too long.
    public static func timeout(_ message: String, retryAfterSeconds: Int) -> Status {
        Status(
            code: 504, reason: .timeout, message: "Timeout: \(message)", details: Details(retryAfterSeconds: retryAfterSeconds))
    }

    /// 429: the server has too much to do, or the object isn't ready for the request.
    public static func tooManyRequests(_ message: String, retryAfterSeconds: Int) -> Status {
        Status(code: 429, reason: .tooManyRequests, message: message, details: Details(retryAfterSeconds: retryAfterSeconds))
    }

    /// 503: the server can't serve this now.
    public static func serviceUnavailable(_ message: String) -> Status {
        Status(code: 503, reason: .serviceUnavailable, message: message)
    }

    /// It worked; details say on what.
    public static func success(details: Details? = nil) -> Status {
        Status(code: 200, reason: .unknown, message: "", details: details)
    }

    private static func about(_ resource: GroupResource, _ name: String, _ code: Int, _ reason: Reason, _ message: String) -> Status {
        Status(code: code, reason: reason, message: message, details: Details(name: name, group: resource.group, kind: resource.resource))
    }
}
