internal import Commands
internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import ServiceAPI

/// The paths of the service, and what is done at each. ``OpenAPIDocument`` says the same for people and programs; a test holds them together.
enum Routes {
    static func router(_ engine: Engine, _ metrics: ServiceMetrics, _ limits: ConnectionLimits) -> Router<PeerContext> {
        let router = Router(context: PeerContext.self)
        router.middlewares.add(Problems(metrics: metrics, limits: limits))
        router.get("/v1/health") { _, _ in try answer(["status": "alive"]) }
        router.get("/v1/ready") { _, _ in try answer(await engine.status()) }
        router.get("/v1/openapi.json") { _, _ in json(ByteBuffer(string: OpenAPIDocument.text)) }
        router.get("/metrics") { _, _ in await metrics.response(engine) }
        router.get("/v1/status") { _, _ in try answer(await engine.status()) }
        addPrograms(to: router, engine)
        addMaps(to: router, engine)
        router.get("/v1/pins") { _, _ in try answer(await engine.pins()) }
        router.put("/v1/pins/**") { request, context in
            let order = try await decoded(PinRequest.self, request, context)
            let path = try pin(context)
            return try answer(await engine.pin(order.program, as: path, for: context.requester), status: .created)
        }
        router.delete("/v1/pins/**") { _, context in
            try await engine.unpin(try pin(context), for: context.requester)
            return Response(status: .noContent)
        }
        return router
    }

    private static func addPrograms(to router: Router<PeerContext>, _ engine: Engine) {
        router.get("/v1/programs") { _, _ in try answer(await engine.list()) }
        router.post("/v1/programs") { request, context in
            let order = try await decoded(LoadRequest.self, request, context)
            return try answer(await engine.load(order, for: context.requester), status: .created)
        }
        router.get("/v1/programs/{id}") { _, context in try answer(await engine.show(try id(context))) }
        router.delete("/v1/programs/{id}") { _, context in
            try await engine.unload(try id(context), for: context.requester)
            return Response(status: .noContent)
        }
        router.post("/v1/programs/{id}/run") { request, context in
            let order = try await decoded(RunRequest.self, request, context)
            return try answer(await engine.run(try id(context), order, for: context.requester))
        }
    }

    private static func addMaps(to router: Router<PeerContext>, _ engine: Engine) {
        router.get("/v1/maps") { _, _ in try answer(await engine.maps()) }
        router.get("/v1/maps/{id}") { _, context in try answer(await engine.map(try id(context))) }
        router.get("/v1/maps/{id}/elements") { _, context in
            try answer(await engine.elements(of: try id(context), for: context.requester))
        }
        router.get("/v1/maps/{id}/elements/{key}") { _, context in
            try answer(await engine.element(try key(context), of: try id(context), for: context.requester))
        }
        router.put("/v1/maps/{id}/elements/{key}") { request, context in
            let order = try await decoded(ElementUpdate.self, request, context)
            try await engine.update(try key(context), of: try id(context), order, for: context.requester)
            return Response(status: .noContent)
        }
        router.delete("/v1/maps/{id}/elements/{key}") { _, context in
            try await engine.remove(try key(context), of: try id(context), for: context.requester)
            return Response(status: .noContent)
        }
    }

    // MARK: Parts of requests and answers

    private static func id(_ context: PeerContext) throws -> UInt32 {
        guard let text = context.parameters.get("id"), let id = UInt32(text) else {
            throw ServiceProblem(.notFound, "ids are numbers")
        }
        return id
    }

    private static func key(_ context: PeerContext) throws -> String { context.parameters.get("key") ?? "" }

    /// What is behind `/v1/pins/`, which the library has taken apart.
    private static func pin(_ context: PeerContext) throws -> String {
        let path = context.parameters.getCatchAll().joined(separator: "/")
        guard let decoded = path.removingPercentEncoding else {
            throw ServiceProblem(.badInput, "the name of the pin is no percent-encoded UTF-8")
        }
        return decoded
    }

    private static func decoded<Value: Decodable>(
        _ type: Value.Type, _ request: Request, _ context: PeerContext
    ) async throws -> Value {
        let body: ByteBuffer
        do { body = try await request.body.collect(upTo: context.maxUploadSize) } catch {
            throw ServiceProblem(.tooLarge, "a request has at most \(context.maxUploadSize) bytes")
        }
        do { return try JSONDecoder().decode(type, from: Data(body.readableBytesView)) } catch {
            throw ServiceProblem(.badInput, "the body is not the JSON that is expected here: \(reason(error))")
        }
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case DecodingError.keyNotFound(let key, _): "\(key.stringValue) is missing"
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
            "\(context.codingPath.map(\.stringValue).joined(separator: ".")) is of another type"
        case DecodingError.dataCorrupted(let context):
            context.codingPath.isEmpty
                ? "it is no JSON" : "\(context.codingPath.map(\.stringValue).joined(separator: ".")) is no such value"
        case _: "it cannot be read"
        }
    }

    static func answer(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return json(ByteBuffer(bytes: try encoder.encode(value)), status: status)
    }

    private static func json(_ body: ByteBuffer, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json; charset=utf-8", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: body))
    }
}
