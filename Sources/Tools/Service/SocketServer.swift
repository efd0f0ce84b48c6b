internal import Commands
internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import ServiceLifecycle

/// Serves HTTP at a socket that is open already: the process made it, or was given it, before it gave up what is needed for that.
struct SocketServer<Responder: HTTPResponder & Sendable>: ServiceLifecycle.Service
where Responder.Context == PeerContext {
    let descriptor: Int32
    let responder: Responder
    let peers: Peers
    let logger: Logger
    let limits: ConnectionLimits

    func run() async throws {
        let (responder, peers, logger) = (responder, peers, logger)
        var configuration = HTTP1Channel.Configuration(idleTimeout: .seconds(60))
        configuration.httpDecoder = .init(
            maxHeaderFieldSize: 8 << 10, maxHeaderListSize: 32 << 10, maxHeaderFieldCount: 64)
        let http = HTTP1Channel(
            responder: { request, writer, channel in
                guard let requester = peers.requester(of: channel) else { throw ChannelError.ioOnClosedChannel }
                let context = PeerContext(
                    source: PeerContext.Source(channel: channel, logger: logger, requester: requester))
                let response = try await responder.respond(to: request, context: context)
                try await writer.write(response: response.head, body: response.body)
            }, configuration: configuration)
        let limits = limits
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(ChannelOptions.allowRemoteHalfClosure, value: true)
            .bind(descriptor) { channel -> EventLoopFuture<HTTP1Channel.Value> in
                peers.accept(channel).flatMap { http.setup(channel: channel, logger: logger) }
            }
        try await withGracefulShutdownHandler {
            try await withThrowingDiscardingTaskGroup { group in
                try await server.executeThenClose { connections in
                    for try await connection in connections {
                        guard limits.begin() else {
                            connection.channel.close(promise: nil)
                            continue
                        }
                        group.addTask {
                            await http.handle(value: connection, logger: logger)
                            limits.end()
                        }
                    }
                }
            }
        } onGracefulShutdown: {
            server.channel.close(promise: nil)
            // What is being answered has as long as this.
            _ = server.channel.eventLoop.scheduleTask(in: .seconds(1)) { peers.closeAll() }
        }
    }
}
