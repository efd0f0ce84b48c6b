import Foundation
import PolicyCore
import PolicyLog
import PolicyTrust
import Testing

@Suite("A log that was tampered with (T107)")
struct ChainTests {
    @Test("a log as it was written holds, and says what is in it")
    func asWritten() throws {
        let log = try TestLog()
        try log.make(600)
        let summary = try log.verify().get()
        // 600 records, a start, a checkpoint at 256 and at 512, and one at the end.
        #expect(summary.end.sequence == 604)
        #expect(summary.checkpoints == 3)
        #expect(summary.signaturesChecked == 3)
        #expect(summary.sealsChecked == 3)
        #expect(summary.unsealed == 0)
        #expect(summary.decisions == 150)
        #expect(summary.denials == 150)
        #expect(summary.reloads == 150)
        #expect(summary.recoveries == 150)
        #expect(summary.key == log.key.verificationKey.id)
    }

    @Test("the head is the digest of its prefix, the head before, the line's length and the line")
    func head() throws {
        let log = try TestLog()
        try log.make(2)
        var head = [UInt8](repeating: 0, count: 32)
        for line in try log.lines() {
            #expect(try LogRecord(line: line).previous.bytes == head)
            let length = (0..<8).reversed().map { UInt8(line.count >> (8 * $0) & 0xFF) }
            head = sha256(Array("bpflog1".utf8) + head + length + line).bytes
        }
        #expect(try log.verify().get().end.head.bytes == head)
    }

    @Test("what a record says is what is read of it, and one line has one spelling")
    func roundTrip() throws {
        let log = try TestLog()
        try log.make(16)
        for line in try log.lines() { #expect(try LogRecord(line: line).line == line) }
        guard case .decision(let record, let ticket) = try LogRecord(line: log.lines()[4]).body else {
            Issue.record("the fourth record is a decision")
            return
        }
        #expect(record == DecisionRecord(denial))
        #expect(ticket == "t3")
    }

    @Test("T107 a record that is taken out is the one that is named, whichever it is")
    func delete() throws {
        let log = try TestLog()
        try log.make(20)
        let lines = try log.lines()
        for index in lines.indices.dropFirst().dropLast() {
            var changed = lines
            changed.remove(at: index)
            let fault = try #require(try log.verify(changed).fault)
            #expect(fault.sequence == UInt64(index))
            #expect(fault.problem == .missing(found: UInt64(index + 1)))
        }
    }

    @Test("T107 a record that is put in is the one that is named, though it follows the one before it")
    func insert() throws {
        let log = try TestLog()
        try log.make(20)
        let lines = try log.lines()
        for index in lines.indices.dropFirst() {
            var record = try LogRecord(line: lines[index])
            record.body = .rotation(to: 7)
            var changed = lines
            changed.insert(record.line, at: index)
            let fault = try #require(try log.verify(changed).fault)
            #expect(fault.sequence == UInt64(index))
            #expect(fault.problem == .repeated(expected: UInt64(index + 1)))
        }
    }

    @Test("T107 two records that change places: the first of them is named")
    func reorder() throws {
        let log = try TestLog()
        try log.make(20)
        let lines = try log.lines()
        for index in lines.indices.dropFirst().dropLast() {
            var changed = lines
            changed.swapAt(index, index + 1)
            let fault = try #require(try log.verify(changed).fault)
            #expect(fault.sequence == UInt64(index))
        }
    }

    @Test("T107 a record that is changed is the one that is named, and so is one whose link alone is")
    func edit() throws {
        let log = try TestLog()
        try log.make(20)
        let lines = try log.lines()
        for index in lines.indices.dropLast() {
            var record = try LogRecord(line: lines[index])
            guard record.sequence < UInt64(lines.count - 1) else { continue }
            record.time.bootNanoseconds += 1
            var changed = lines
            changed[index] = record.line
            let fault = try #require(try log.verify(changed).fault)
            #expect(fault.sequence == UInt64(index))
            #expect(fault.line == index + 1)
            record = try LogRecord(line: lines[index])
            guard index > 0 else { continue }
            record.previous = snapshot
            changed[index] = record.line
            let link = try #require(try log.verify(changed).fault)
            #expect(link.sequence == UInt64(index))
            #expect(link.problem == .doesNotFollow)
        }
        // The last one is a checkpoint, which its own signature vouches for.
        var last = try LogRecord(line: lines[lines.count - 1])
        last.time.bootNanoseconds += 1
        let fault = try #require(try log.verify(lines.dropLast() + [last.line]).fault)
        #expect(fault == LogFault(line: lines.count, sequence: UInt64(lines.count - 1), problem: .signature))
    }

    @Test("T107 any byte that is changed is noticed, in the line it is in or the one after")
    func anyByte() throws {
        let log = try TestLog()
        try log.make(5)
        let bytes = try log.bytes()
        for index in stride(from: 0, to: bytes.count, by: 7) where bytes[index] != 0x0A {
            var changed = bytes
            changed[index] ^= 1
            guard changed[index] != 0x0A else { continue }
            let line = bytes[..<index].count { $0 == 0x0A } + 1
            let lines = changed.split(separator: 0x0A).map { Array($0) }
            let fault = try #require(try log.verify(lines).fault)
            // A number that is less than it was says itself which record it would be.
            if case .repeated = fault.problem {
                #expect(fault.line == line)
            } else {
                #expect(fault.sequence == UInt64(line - 1), "byte \(index) of line \(line): \(fault)")
            }
        }
    }

    @Test("T107 who writes everything after a changed record anew is stopped at the next checkpoint")
    func rewrite() throws {
        let log = try TestLog()
        try log.make(300)
        let lines = try log.lines()
        let changed = try rechained(lines, from: 10) { $0.body = .rotation(to: 3) }
        // Without the key, all that could be checked is the chain, and that holds.
        #expect(throws: Never.self) { try LogVerifier.verify(changed) }
        let fault = try #require(try log.verify(changed).fault)
        #expect(fault == LogFault(line: 257, sequence: 256, problem: .signature))
    }

    @Test("T107 a log that is cut is as good as one that went on no further, unless a later head is known")
    func truncate() throws {
        let log = try TestLog()
        var writer = try log.open()
        try log.write(600, to: &writer)
        let position = writer.position
        try writer.close(time: log.time, snapshot: snapshot)
        let lines = try log.lines()
        #expect(try log.verify(exported: [position]).fault == nil)
        let cut = Array(lines.prefix(400))
        #expect(try log.verify(cut).get().unsealed == 400 - 257)
        let fault = try #require(try log.verify(cut, exported: [position]).fault)
        #expect(fault.sequence == 400)
        #expect(fault.problem == .truncated)
        // And the host itself knows: it does not go on with such a log.
        try log.setBytes(Array(cut.joined(separator: [0x0A])) + [0x0A])
        #expect(throws: LogError.truncated(sequence: 604)) { _ = try log.open() }
        // In the middle of a line.
        var verifier = LogVerifier()
        try verifier.take(.whole(lines[0]))
        #expect(throws: LogFault(line: 2, sequence: 1, problem: .unfinished)) {
            try verifier.take(.unfinished(Array(lines[1].dropLast())))
        }
    }

    @Test(
        "T107 who takes the checkpoints out and chains the rest anew does not get past as many records as are ever without"
    )
    func stripped() throws {
        let log = try TestLog()
        try log.make(600)
        var lines = try log.lines().filter { line in
            if case .checkpoint = try LogRecord(line: line).body { false } else { true }
        }
        var head = LogChain.root
        for index in lines.indices {
            var record = try LogRecord(line: lines[index])
            (record.sequence, record.previous) = (UInt64(index), head)
            lines[index] = record.line
            head = LogChain.head(after: head, line: lines[index])
        }
        let fault = try #require(try log.verify(lines).fault)
        #expect(fault == LogFault(line: 513, sequence: 512, problem: .unsealed(512)))
    }

    @Test("T107 an exported head that another record has is noticed there")
    func otherHead() throws {
        let log = try TestLog()
        try log.make(10)
        let fault = try #require(try log.verify(exported: [LogPosition(sequence: 5, head: snapshot)]).fault)
        #expect(fault.sequence == 4)
        #expect(fault.problem == .notAsExported)
    }

    @Test("T107 two chains that are put together: the seam is named")
    func splice() throws {
        let (one, other) = (try TestLog(), try TestLog())
        try one.make(20)
        try other.make(20)
        let (lines, others) = (try one.lines(), try other.lines())
        let fault = try #require(try one.verify(Array(lines.prefix(8) + others.dropFirst(8))).fault)
        #expect(fault.sequence == 7)
        #expect(fault.problem == .notTheOneFollowed)
        // One that is chained on by hand is found out by its checkpoint, which is of another log.
        let joined = try rechained(Array(lines.prefix(8) + others.dropFirst(8)), from: 8) {
            $0.previous = LogChain.head(after: (try? LogRecord(line: lines[7]).previous) ?? snapshot, line: lines[7])
        }
        let id = try #require(try one.verify(joined).fault)
        #expect(id.sequence == 21)
        guard case .otherLog = id.problem else {
            Issue.record("\(id)")
            return
        }
    }

    @Test("T107 a key that is not the host's seals nothing")
    func otherKey() throws {
        let log = try TestLog()
        try log.make(3)
        let stranger = try SigningKey(seed: [UInt8](repeating: 9, count: 32))
        #expect(
            throws: LogFault(line: 5, sequence: 4, problem: .untrustedKey(log.key.verificationKey.id))
        ) { try LogVerifier.verify(try log.lines(), trusted: [stranger.verificationKey]) }
    }

    @Test("T107 an epoch that is sealed anew with a later key is named, with the epoch whose key it was")
    func resealed() throws {
        let log = try TestLog()
        try log.make(600)
        let lines = try log.lines()
        // Who takes over the host after two checkpoints has its signing key and the third epoch's, and tries to change the first.
        let stolen = try log.firstSeal.next.next
        var changed = try rechained(lines, from: 10) { $0.body = .rotation(to: 3) }
        changed = try rechained(changed, from: 256) { $0 = $0.sealed(by: log.key, stolen) }
        let fault = try #require(try log.verify(changed).fault)
        #expect(fault == LogFault(line: 257, sequence: 256, problem: .seal(madeWith: 2)))
        // The signature alone does not tell.
        var signatures = LogVerifier(trusted: [log.key.verificationKey])
        for line in changed.prefix(257) { try signatures.take(.whole(line)) }
        #expect(signatures.summary.signaturesChecked == 1)
        // Nor can an epoch be left out, or come twice.
        for epoch: UInt64 in [1, 5] {
            var skipped = try LogRecord(line: lines[256])
            guard case .checkpoint(var checkpoint) = skipped.body else { throw Missing() }
            checkpoint.epoch = epoch
            skipped.body = .checkpoint(checkpoint)
            var seal = try log.firstSeal
            while seal.epoch < epoch { seal = seal.next }
            skipped = skipped.sealed(by: log.key, seal)
            let fault = try #require(try log.verify(Array(lines.prefix(256)) + [skipped.line]).fault)
            #expect(fault.problem == .epoch(epoch, expected: 0))
        }
    }

    @Test("T107 a rotated log is one chain over its files, and each file says where it begins")
    func rotation() throws {
        let log = try TestLog()
        log.settings.maximumFileBytes = 40_000
        try log.make(1200)
        let names = try FileManager.default.contentsOfDirectory(atPath: log.folder).filter { $0.hasPrefix("decisions") }
        #expect(names.count > 2)
        let order = (1..<names.count).map { "decisions.jsonl.\($0)" } + ["decisions.jsonl"]
        let files = try order.map { try log.lines($0) }
        let summary = try log.verify(Array(files.joined())).get()
        #expect(summary.files == UInt64(names.count))
        #expect(summary.unsealed == 0)
        // A later file alone holds too, and says from where on.
        let second = try log.verify(files[1]).get()
        #expect(second.first?.sequence == UInt64(files[0].count))
        // Nothing of the boundary can be left out.
        let boundary = files[0].count
        for index in boundary - 2...boundary {
            var changed = Array(files.joined())
            changed.remove(at: index)
            #expect(try log.verify(changed).fault?.sequence == UInt64(index))
        }
        // Nor a file.
        let fault = try #require(try log.verify(Array(files[0] + files[2])).fault)
        #expect(fault.sequence == UInt64(boundary))
        // And it is gone on with.
        try log.make(3)
        #expect(try log.verify(Array(files.dropLast().joined()) + log.lines()).fault == nil)
    }

    @Test("lines of hostile bytes are refused, and nothing traps")
    func hostile() throws {
        var random = SystemRandomNumberGenerator()
        let log = try TestLog()
        try log.make(4)
        let line = try log.lines()[4]
        for _ in 0..<2000 {
            var changed = line
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                changed[Int.random(in: changed.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            _ = try? LogRecord(line: changed)
            _ = try? LogRecord(line: Array(changed.prefix(Int.random(in: 0..<changed.count, using: &random))))
        }
        #expect(throws: LogLineError.self) { try LogRecord(line: [UInt8](repeating: 0x5B, count: 200_000)) }
    }
}

extension LogRecord {
    /// The record with a checkpoint's seal and signature made again.
    fileprivate func sealed(by key: SigningKey, _ seal: EpochKey) -> LogRecord {
        var record = self
        guard case .checkpoint(var checkpoint) = body, let message = sealedMessage else { return self }
        checkpoint.mac = seal.mac(message)
        checkpoint.signature = (try? key.sign(message)) ?? []
        record.body = .checkpoint(checkpoint)
        return record
    }
}
