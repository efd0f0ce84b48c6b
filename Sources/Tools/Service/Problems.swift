internal import Commands
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import ServiceAPI

/// Answers what was thrown, counts, and keeps out those who ask too often.
struct Problems: RouterMiddleware {
    let metrics: ServiceMetrics
    let limits: ConnectionLimits

    private struct Body: Encodable { let error: ServiceProblem }

    func handle(
        _ request: Request, context: PeerContext, next: (Request, PeerContext) async throws -> Response
    ) async throws -> Response {
        let started = ContinuousClock.now
        let response: Response
        do {
            guard limits.allows(context.requester) else {
                throw ServiceProblem(.limit, "user \(context.requester.user) asks too often", remedy: "wait a second")
            }
            response = try await next(request, context)
        } catch let problem as ServiceProblem {
            response = try Routes.answer(Body(error: problem), status: problem.kind.status)
            if problem.kind == .internalError {
                context.logger.error("\(request.method) \(request.uri.path): \(problem.problem)")
            }
        } catch let error as any HTTPResponseError {
            let text = error.status == .notFound ? "there is no such path" : "\(error.status.reasonPhrase)"
            let kind: ServiceProblem.Kind = error.status == .notFound ? .notFound : .badInput
            response = try Routes.answer(Body(error: ServiceProblem(kind, text)), status: error.status)
        }
        metrics.count(request.method.rawValue, response.status.code, took: ContinuousClock.now - started)
        return response
    }
}

extension ServiceProblem.Kind {
    fileprivate var status: HTTPResponse.Status {
        switch self {
        case .denied, .forbidden: .forbidden
        case .notFound: .notFound
        case .conflict: .conflict
        case .badInput: .badRequest
        case .limit: .tooManyRequests
        case .tooLarge: .contentTooLarge
        case .notReady: .serviceUnavailable
        case .internalError: .internalServerError
        }
    }
}
