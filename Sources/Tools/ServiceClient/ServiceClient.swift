internal import FoundationEssentials
internal import Linux
package import ServiceAPI

/// Why the service could not be asked.
package enum ServiceClientError: Error, Equatable, Sendable {
    /// Nobody listens at the socket, or not to us.
    case unreachable(path: String, String)
    /// It broke off, or said what no service of ours says.
    case broken(String)
    case refused(ServiceProblem)
}

/// Speaks to the service of this host: one request, one answer, in the thread that asks.
///
/// No library for HTTP: they have threads, and a command that asks and then locks itself down may have one only.
package struct ServiceClient: Sendable {
    private let path: String

    package static let defaultPath = "/run/ringfence/ringfenced.sock"
    /// No answer is longer.
    private static let largestAnswer = 64 << 20
    /// Seconds: to verify and compile a program may take some.
    private static let patience: UInt32 = 120

    package init(path: String = ServiceClient.defaultPath) { self.path = path }

    package func get<Answer: Decodable>(_ place: String) throws(ServiceClientError) -> Answer {
        try decoded(try send("GET", place, nil))
    }

    package func post<Answer: Decodable>(_ place: String, _ body: some Encodable) throws(ServiceClientError) -> Answer {
        try decoded(try send("POST", place, try encoded(body)))
    }

    package func put(_ place: String, _ body: some Encodable) throws(ServiceClientError) {
        _ = try send("PUT", place, try encoded(body))
    }

    package func delete(_ place: String) throws(ServiceClientError) { _ = try send("DELETE", place, nil) }

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

    private func decoded<Answer: Decodable>(_ bytes: [UInt8]) throws(ServiceClientError) -> Answer {
        do { return try JSONDecoder().decode(Answer.self, from: Data(bytes)) } catch {
            throw .broken("its answer is none of this version's: \(error)")
        }
    }

    private struct Refusal: Decodable { let error: ServiceProblem }

    private func send(_ method: String, _ place: String, _ body: Data?) throws(ServiceClientError) -> [UInt8] {
        var request = "\(method) \(place) HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n"
        if let body { request += "content-type: application/json\r\ncontent-length: \(body.count)\r\n" }
        let heard: [UInt8]
        do throws(SystemError) {
            heard = try ServiceSocket.exchange(
                at: path, Array((request + "\r\n").utf8) + (body.map(Array.init) ?? []), limit: Self.largestAnswer,
                patience: Self.patience, isWhole: { HTTPAnswer($0) != nil })
        } catch {
            guard error.call == "connect" else { throw .broken("\(error)") }
            throw .unreachable(path: path, "\(error)")
        }
        guard let answer = HTTPAnswer(heard) else { throw .broken("it broke off, or does not speak HTTP/1.1") }
        guard (200..<300).contains(answer.code) else {
            guard let refusal = try? JSONDecoder().decode(Refusal.self, from: Data(answer.body)) else {
                throw .broken("it answers with \(answer.code)")
            }
            throw .refused(refusal.error)
        }
        return answer.body
    }
}

/// An answer of the service, which says how long it is (RFC 9112, section 6.2).
struct HTTPAnswer: Equatable {
    let code: Int
    let body: [UInt8]

    /// Nil where it is not all there, or is of another form.
    init?(_ bytes: [UInt8]) {
        let end: [UInt8] = [13, 10, 13, 10]
        guard bytes.starts(with: "HTTP/1.1 ".utf8),
            let last = bytes.indices.first(where: { bytes[$0...].starts(with: end) })
        else { return nil }
        let lines = String(decoding: bytes[..<last], as: UTF8.self).split(separator: "\r\n")
        guard let code = Int(lines[0].dropFirst(9).prefix(3)) else { return nil }
        var length = code == 204 ? 0 : nil
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == "content-length" else { continue }
            guard let number = Int(parts[1].drop { $0 == " " }), number >= 0 else { return nil }
            length = number
        }
        let start = last + end.count
        guard let length, bytes.count - start >= length else { return nil }
        self.code = code
        body = Array(bytes[start..<start + length])
    }
}
