internal import ArgumentParser
internal import CommandSupport
internal import ServiceAPI
internal import ServiceClient

/// Where the service of this host is spoken to.
struct ServiceSocketOption: ParsableArguments {
    @Option(help: ArgumentHelp("Where ringfenced listens.", valueName: "path"))
    var socket = ServiceClient.defaultPath

    /// Asks, and says for people what came in between.
    func ask<Answer>(_ body: (ServiceClient) throws(ServiceClientError) -> Answer) throws(Failure) -> Answer {
        do throws(ServiceClientError) { return try body(ServiceClient(path: socket)) } catch {
            switch error {
            case .unreachable(let path, let reason):
                throw Failure(
                    .internalError, path, "no service answers there: \(reason)",
                    remedy: "systemctl start ringfenced, or name its socket with --socket")
            case .broken(let reason): throw Failure(.internalError, "the service", reason)
            case .refused(let problem):
                throw Failure(problem.kind.exitStatus, "the service", problem.problem, remedy: problem.remedy)
            }
        }
    }
}

extension ServiceProblem.Kind {
    fileprivate var exitStatus: ExitStatus {
        switch self {
        case .denied, .forbidden: .denied
        case .notFound, .conflict, .badInput, .limit, .tooLarge: .badInput
        case .notReady, .internalError: .internalError
        }
    }
}
