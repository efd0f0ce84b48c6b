internal import Crypto
package import PolicyCore
internal import PolicyTrust

/// What ties the lines of a log together.
///
///     head after a line = SHA-256("bpflog1" ‖ head before it ‖ length of the line, 8 bytes, most significant first ‖ the line)
///
/// The head before the first line is 32 zero bytes. Each line says the head before it (`prev`) as well, so that a reader who finds the
/// chain broken can say where, and one who has the last line alone can go on.
package enum LogChain {
    package static let root = digest([UInt8](repeating: 0, count: 32))

    package static func head(after previous: ContentDigest, line: [UInt8]) -> ContentDigest {
        var hash = SHA256()
        hash.update(data: Array("bpflog1".utf8))
        hash.update(data: previous.bytes)
        hash.update(data: bigEndian(UInt64(line.count)))
        hash.update(data: line)
        return digest(Array(hash.finalize()))
    }

    static func digest(_ bytes: [UInt8]) -> ContentDigest {
        guard let digest = ContentDigest(bytes) else { preconditionFailure("a SHA-256 digest has 32 bytes") }
        return digest
    }
}

func bigEndian(_ value: UInt64) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: value >> (56 - 8 * $0)) } }

/// The secret with which one checkpoint is sealed. The next one's comes of it and it does not come of the next one's; as soon as it was
/// used it is forgotten. So whoever takes over the host, with all its keys, cannot seal anew what was sealed before.
package struct EpochKey: Equatable, Sendable {
    package let epoch: UInt64
    let bytes: [UInt8]

    /// The first of a log.
    package init() {
        var random = SystemRandomNumberGenerator()
        self.init(epoch: 0, bytes: (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) })
    }

    init(epoch: UInt64, bytes: [UInt8]) {
        self.epoch = epoch
        self.bytes = bytes
    }

    package var next: EpochKey {
        EpochKey(epoch: epoch + 1, bytes: sha256(Array("ringfence-log-epoch".utf8) + bytes).bytes)
    }

    package func mac(_ message: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: bytes)))
    }

    func seals(_ message: [UInt8], _ mac: [UInt8]) -> Bool {
        HMAC<SHA256>.isValidAuthenticationCode(mac, authenticating: message, using: SymmetricKey(data: bytes))
    }

    /// Two lines: what it is, and epoch and key.
    package var text: [UInt8] { Array("ringfence-log-seal\n\(epoch) \(hexadecimal(bytes))\n".utf8) }

    package init?(text: [UInt8]) {
        let lines = text.split(separator: 0x0A, omittingEmptySubsequences: false)
        guard lines.count == 3, lines[0].elementsEqual("ringfence-log-seal".utf8), lines[2].isEmpty else { return nil }
        let words = lines[1].split(separator: 0x20)
        guard words.count == 2, let epoch = UInt64(String(decoding: words[0], as: UTF8.self)), words[1].count == 64,
            let bytes = PolicyCore.bytes(fromHexadecimal: words[1])
        else { return nil }
        self.init(epoch: epoch, bytes: bytes)
    }
}

extension EpochKey: CustomStringConvertible, CustomReflectable {
    /// Never the secret.
    package var description: String { "seal of epoch \(epoch)" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension LogRecord {
    /// What a checkpoint's seal and signature are over: all that the record says, and through `prev` all that was said before. Nil for
    /// other records.
    package var sealedMessage: [UInt8]? {
        guard case .checkpoint(let checkpoint) = body else { return nil }
        return Self.sealedMessage(
            checkpoint.log, epoch: checkpoint.epoch, key: checkpoint.key, sequence: sequence, previous: previous,
            time: time, snapshot: snapshot)
    }

    static func sealedMessage(
        _ log: LogID, epoch: UInt64, key: KeyID, sequence: UInt64, previous: ContentDigest, time: LogTime,
        snapshot: ContentDigest?
    ) -> [UInt8] {
        var message = Array("ringfence-log-checkpoint/v1".utf8) + [0] + log.bytes + bigEndian(epoch)
        message += key.digest.bytes + bigEndian(sequence) + previous.bytes
        for seconds in [time.wall, time.floor] {
            message += bigEndian(UInt64(bitPattern: seconds.secondsSince1970))
        }
        message += bigEndian(time.bootNanoseconds)
        return message + (snapshot.map { [1] + $0.bytes } ?? [0])
    }
}
