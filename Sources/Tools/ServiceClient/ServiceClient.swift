internal import FoundationEssentials
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
package import ServiceAPI

/// Why the service could not be asked.
package enum ServiceClientError: Error, Equatable, Sendable {
    /// Nobody listens at the socket, or not to us.
    case unreachable(path: String, String)
    /// It broke off, or said what no service of ours says.
    case broken(String)
    case refused(ServiceProblem)
}

/// Speaks to the service of this host: one request, one answer.
package struct ServiceClient: Sendable {
    private let path: String

    package static let defaultPath = "/run/ringfence/ringfenced.sock"
    /// No answer is longer.
    private static let largestAnswer = 64 << 20
    private static let patience = TimeAmount.seconds(120)

    package init(path: String = ServiceClient.defaultPath) { self.path = path }

    package func get<Answer: Decodable>(_ place: String) throws(ServiceClientError) -> Answer {
        try decoded(try send(.GET, place, nil))
    }

    package func post<Answer: Decodable>(_ place: String, _ body: some Encodable) throws(ServiceClientError) -> Answer {
        try decoded(try send(.POST, place, try encoded(body)))
    }

    package func put(_ place: String, _ body: some Encodable) throws(ServiceClientError) {
        _ = try send(.PUT, place, try encoded(body))
    }

    package func delete(_ place: String) throws(ServiceClientError) { _ = try send(.DELETE, place, nil) }

    /// A part of a path, such as the name of a pin, with nothing in it that a path would be taken apart by but its slashes.
    package static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"), UInt8(ascii: "/"):
                String(UnicodeScalar(byte))
            case _: "%" + Hexadecimal.text([byte])
            }
        }.joined()
    }

    private func encoded(_ value: some Encodable) throws(ServiceClientError) -> Data {
        do { return try JSONEncoder().encode(value) } catch { throw .broken("the request: \(error)") }
    }

    private func decoded<Answer: Decodable>(_ bytes: Data) throws(ServiceClientError) -> Answer {
        do { return try JSONDecoder().decode(Answer.self, from: bytes) } catch {
            throw .broken("its answer is none of this version's: \(error)")
        }
    }

    private struct Refusal: Decodable { let error: ServiceProblem }

    private func send(
        _ method: HTTPMethod, _ place: String, _ body: Data?
    ) throws(ServiceClientError) -> Data {
        let group = MultiThreadedEventLoopGroup.singleton
        let answer = group.next().makePromise(of: Answer.self)
        let limit = Self.largestAnswer
        let channel: any Channel
        do {
            channel = try ClientBootstrap(group: group)
                .channelInitializer { channel in
                    channel.pipeline.addHTTPClientHandlers().flatMapThrowing {
                        try channel.pipeline.syncOperations.addHandler(Collector(answer, limit: limit))
                    }
                }
                .connect(unixDomainSocketPath: path).wait()
        } catch {
            answer.fail(error)
            throw .unreachable(path: path, "\(error)")
        }
        let timer = channel.eventLoop.scheduleTask(in: Self.patience) { channel.close(promise: nil) }
        defer { timer.cancel() }
        var headers = HTTPHeaders([("host", "localhost"), ("connection", "close")])
        if let body {
            headers.add(name: "content-type", value: "application/json")
            headers.add(name: "content-length", value: "\(body.count)")
        }
        channel.write(
            HTTPClientRequestPart.head(
                HTTPRequestHead(version: .http1_1, method: method, uri: place, headers: headers)),
            promise: nil)
        if let body { channel.write(HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(bytes: body))), promise: nil) }
        channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
        let received: Answer
        do { received = try answer.futureResult.wait() } catch { throw .broken("\(error)") }
        let bytes = Data(received.body.readableBytesView)
        guard (200..<300).contains(received.code) else {
            guard let refusal = try? JSONDecoder().decode(Refusal.self, from: bytes) else {
                throw .broken("it answers with \(received.code)")
            }
            throw .refused(refusal.error)
        }
        return bytes
    }
}

private struct Answer: Sendable {
    var code = 0
    var body = ByteBuffer()
}

/// Puts an answer together.
private final class Collector: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private enum Problem: Error { case tooLong, cutOff }

    private let promise: EventLoopPromise<Answer>
    private let limit: Int
    private var answer = Answer()
    private var isDone = false

    init(_ promise: EventLoopPromise<Answer>, limit: Int) { (self.promise, self.limit) = (promise, limit) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): answer.code = Int(head.status.code)
        case .body(var part):
            guard answer.body.readableBytes + part.readableBytes <= limit else {
                return end(.failure(Problem.tooLong), context)
            }
            answer.body.writeBuffer(&part)
        case .end: end(.success(answer), context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) { end(.failure(Problem.cutOff), context) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { end(.failure(error), context) }

    private func end(_ result: Result<Answer, any Error>, _ context: ChannelHandlerContext) {
        guard !isDone else { return }
        isDone = true
        promise.completeWith(result)
        context.close(promise: nil)
    }
}
