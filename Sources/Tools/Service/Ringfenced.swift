package import ArgumentParser
internal import CommandSupport
internal import Commands
internal import Dispatch
internal import Glibc
internal import Hummingbird
internal import Linux
internal import Logging
internal import ServiceLifecycle
internal import UnixSignals

/// `ringfenced`: the service that owns programs and maps.
package struct Ringfenced: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "ringfenced",
        abstract:
            "Load programs for others, keep their maps, and run them, each in its enclosure, under the host's policy.",
        discussion: """
            Serves HTTP with JSON at a socket of this host (GET /v1/openapi.json describes it); ringfence program, map and pin speak to
            it. Who connects is known by the kernel's word. What a user loads is that user's and root's: others see that it is there.

            Programs and maps live as long as the service, pinned ones longer: they are loaded again when it starts, if policy allows
            them then, with what their maps held.

            Before it reads anything of somebody else's it gives up its capabilities, new executable memory, and all writing but to its
            state. In code-integrity mode it refuses to start where the kernel cannot hold it to that.

            Under systemd it takes the socket that it is given (LISTEN_FDS), says when it is ready, and that it is alive (NOTIFY_SOCKET,
            WATCHDOG_USEC). GET /metrics is for Prometheus.

            EXAMPLES
              ringfenced --policy policy.dsse --trust dev.pub --socket /tmp/ringfence.sock --state-directory /tmp/ringfence
              curl --unix-socket /run/ringfence/ringfenced.sock http://localhost/v1/programs

            EXIT STATUS
              0 asked to end, 1 policy says no, 2 an argument or a file is wrong, 3 trust, 4 internal
            """)

    @OptionGroup var options: ServiceOptions

    @Option(
        help: ArgumentHelp("Where it listens, unless a service manager has opened a socket.", valueName: "path"))
    var socket = "/run/ringfence/ringfenced.sock"

    @Option(
        name: .customLong("socket-mode"),
        help: ArgumentHelp("The permissions of the socket: who may write it may ask.", valueName: "octal"))
    var mode = "0660"

    @Option(
        name: .customLong("socket-group"),
        help: ArgumentHelp("The group of the socket, by its number.", valueName: "gid"))
    var group: UInt32?

    package init() {}

    package func validate() throws {
        guard let mode = UInt32(mode, radix: 8), mode <= 0o777 else {
            throw ValidationError("--socket-mode takes three octal digits")
        }
    }

    /// Runs what the arguments say and ends the process with the documented status.
    package static func runToEnd() -> Never {
        do {
            let command = try parseAsRoot()
            guard let service = command as? Ringfenced else {
                var command = command
                try command.run()
                exit()
            }
            try service.serve()
        } catch let failure as Failure {
            StandardError.write(failure.text(for: .none))
            exit(withError: ExitCode(failure.exitStatus.rawValue))
        } catch {
            guard exitCode(for: error) != .success else { exit(withError: error) }
            StandardError.write(fullMessage(for: error) + "\n")
            exit(withError: ExitCode(ExitStatus.badInput.rawValue))
        }
    }

    private func serve() throws -> Never {
        let (listening, manager) = try opened()
        // Nothing before this has started a thread: the spawners are forks.
        let engine = try options.start(
            open: [listening] + (manager.map { [$0.rawDescriptor] } ?? []), writable: [])
        let watchdog = environment()["WATCHDOG_USEC"].flatMap(UInt64.init)
        let attendant = Attendant(engine: engine, manager: manager, watchdogMicroseconds: watchdog)
        Task { await Self.serve(engine, at: listening, attendant) }
        dispatchMain()
    }

    /// What this process needs of the host and cannot have later.
    private func opened() throws(Failure) -> (listening: Int32, manager: ManagerHandle?) {
        do throws(SystemError) {
            var manager: ManagerHandle?
            if let path = environment()["NOTIFY_SOCKET"] { manager = ManagerHandle(try ServiceManager(path: path)) }
            if let inherited = try ServiceSocket.inherited() { return (inherited.release(), manager) }
            try? Directory.make(Files.directory(of: socket))
            let own = try ServiceSocket.listen(
                at: socket, permissions: UInt32(mode, radix: 8) ?? 0o600, group: group)
            return (own.release(), manager)
        } catch {
            throw Failure(
                .badInput, socket, "cannot be served at: \(error)",
                remedy: "name a path whose folder is there, with --socket, at which no other service listens")
        }
    }

    private static func serve(_ engine: Engine, at descriptor: Int32, _ attendant: Attendant) async {
        var logger = Logger(label: "ringfenced") { _ in LogLines() }
        logger.logLevel = .info
        let (limits, metrics) = (ConnectionLimits(), ServiceMetrics())
        do { try await engine.restore() } catch {
            // Nothing is served, and nothing is cleaned up, until somebody has looked.
            StandardError.write((error as? Failure)?.text(for: .none) ?? "\(error)\n")
            Glibc.exit(ExitStatus.internalError.rawValue)
        }
        let server = SocketServer(
            descriptor: descriptor, responder: Routes.router(engine, metrics, limits).buildResponder(),
            peers: Peers(), logger: logger, limits: limits)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [server, attendant], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        do { try await group.run() } catch {
            logger.critical("ended: \(error)")
            Glibc.exit(ExitStatus.internalError.rawValue)
        }
        Glibc.exit(0)
    }
}

/// The manager's end, shared by those who tell it something.
final class ManagerHandle: Sendable {
    private let manager: ServiceManager

    init(_ manager: consuming ServiceManager) { self.manager = manager }

    var rawDescriptor: Int32 { manager.rawDescriptor }

    func tell(_ text: String) { manager.tell(text) }
}

/// What is done whether somebody asks or not: policies are followed, and the manager is told that the engine answers.
struct Attendant: ServiceLifecycle.Service {
    let engine: Engine
    let manager: ManagerHandle?
    let watchdogMicroseconds: UInt64?

    private static let interval = Duration.milliseconds(500)

    func run() async throws {
        manager?.tell("READY=1\nSTATUS=serving")
        await withGracefulShutdownHandler {
            await cancelWhenGracefulShutdown {
                while !Task.isCancelled {
                    // An engine that hangs is not told of, so that the manager starts another.
                    await engine.attend()
                    if watchdogMicroseconds != nil { manager?.tell("WATCHDOG=1") }
                    try? await Task.sleep(for: Self.interval)
                }
            }
        } onGracefulShutdown: {
            manager?.tell("STOPPING=1")
        }
    }
}
