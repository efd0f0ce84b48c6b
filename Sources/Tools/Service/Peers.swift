internal import CLinux
internal import Commands
internal import Hummingbird
internal import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore

/// Who is at the other end of each connection, as the kernel says it (SO_PEERCRED in unix(7)): taken when it is accepted, before a byte is read.
final class Peers: Sendable {
    private struct Peer {
        let requester: Requester
        let channel: any Channel
    }

    private let known = NIOLockedValueBox<[ObjectIdentifier: Peer]>([:])

    func accept(_ channel: any Channel) -> EventLoopFuture<Void> {
        guard let options = channel as? any SocketOptionProvider else {
            return channel.eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
        }
        let key = ObjectIdentifier(channel)
        let known = known
        // The library has no name for what this option is answered with.
        let credentials: EventLoopFuture<clinux_peer> = options.unsafeGetSocketOption(
            level: .socket, name: .init(rawValue: CInt(CLINUX_PEER_CREDENTIALS)))
        return credentials.map { peer in
            known.withLockedValue {
                $0[key] = Peer(
                    requester: Requester(user: peer.user, group: peer.group, process: peer.process), channel: channel)
            }
            channel.closeFuture.whenComplete { _ in known.withLockedValue { $0[key] = nil } }
        }
    }

    func requester(of channel: any Channel) -> Requester? {
        known.withLockedValue { $0[ObjectIdentifier(channel)]?.requester }
    }

    /// Ends all connections, those that wait for nothing too.
    func closeAll() {
        for peer in known.withLockedValue({ Array($0.values) }) { peer.channel.close(promise: nil) }
    }
}

/// A request, and who asks.
struct PeerContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let requester: Requester
    /// Base64 of the largest object, and what is around it.
    var maxUploadSize: Int { 6 << 20 }

    /// Where a connection is made known before it is served.
    struct Source: RequestContextSource {
        let channel: any Channel
        let logger: Logger
        let requester: Requester
    }

    init(source: Source) {
        coreContext = CoreRequestContextStorage(source: source)
        requester = source.requester
    }
}
