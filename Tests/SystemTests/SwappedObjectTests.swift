import Foundation
import Synchronization
import TestSupport
import Testing

/// Somebody who may write the object's file, and is told of each thing that is done with it.
private final class Adversary: Sendable {
    enum Attack: CaseIterable {
        case rename, replace, append, punch, map
    }

    /// What is waited for.
    enum Phase: CaseIterable {
        /// It is opened, and nothing has been read.
        case opened
        /// Some or all of it has been read.
        case read
        /// It is closed again: what follows is the jail, the verifier, the decision and the cell.
        case closed

        fileprivate var mask: UInt32 {
            switch self {
            case .opened: UInt32(IN_OPEN)
            case .read: UInt32(IN_ACCESS)
            case .closed: UInt32(IN_CLOSE_NOWRITE)
            }
        }
    }

    private struct Seen {
        var opens = 0
        var attacks = 0
        var isDone = false
    }

    private let path: String
    private let other: [UInt8]
    private let (attack, phase): (Attack, Phase)
    private let notify: Int32
    /// The file as it was when the watch began, open for writing; and its memory, for those who write without a call.
    private let file: Int32
    nonisolated(unsafe) private let memory: UnsafeMutableRawBufferPointer
    private let seen = Mutex(Seen())
    private let isOver = Atomic<Bool>(false)

    /// - Parameter other: what is put in the file's place; it has the file's size.
    init(_ path: String, puts other: [UInt8], by attack: Attack, when phase: Phase) throws {
        (self.path, self.other, self.attack, self.phase) = (path, other, attack, phase)
        notify = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
        file = open(path, O_RDWR | O_CLOEXEC)
        let mapped = mmap(nil, other.count, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
        try #require(notify >= 0 && file >= 0 && mapped != MAP_FAILED)
        memory = UnsafeMutableRawBufferPointer(start: mapped, count: other.count)
        try #require(inotify_add_watch(notify, path, UInt32(IN_OPEN | IN_ACCESS | IN_CLOSE_NOWRITE)) >= 0)
        Thread.detachNewThread { self.watch() }
    }

    deinit {
        munmap(memory.baseAddress, memory.count)
        close(file)
        close(notify)
    }

    /// Ends it: how often the file was opened, and how often it was attacked.
    func finish() -> (opens: Int, attacks: Int) {
        isOver.store(true, ordering: .releasing)
        while !seen.withLock({ $0.isDone }) { usleep(100) }
        return seen.withLock { ($0.opens, $0.attacks) }
    }

    private func watch() {
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(notify, &buffer, buffer.count)
            guard count > 0 else {
                if isOver.load(ordering: .acquiring) { break }
                continue
            }
            // struct inotify_event: wd, mask, cookie, len, name[len].
            var offset = 0
            while offset + 16 <= count {
                func word(_ at: Int) -> UInt32 {
                    (0..<4).reduce(0) { $0 | UInt32(buffer[offset + at + $1]) << UInt32($1 * 8) }
                }
                let mask = word(4)
                if mask & UInt32(IN_OPEN) != 0 { seen.withLock { $0.opens += 1 } }
                if mask & phase.mask != 0 { strike() }
                offset += 16 + Int(word(12))
            }
        }
        seen.withLock { $0.isDone = true }
    }

    private func strike() {
        let isFirst = seen.withLock { seen in
            seen.attacks += 1
            return seen.attacks == 1
        }
        switch attack {
        case .rename:
            guard isFirst else { return }
            try? Data(other).write(to: URL(fileURLWithPath: "\(path).other"))
            rename("\(path).other", path)
        case .replace: pwrite(file, other, other.count, 0)
        case .append:
            guard isFirst else { return }
            pwrite(file, other, other.count, off_t(memory.count))
        case .punch:
            guard isFirst else { return }
            // A hole where the second half was, which reads as zeros.
            ftruncate(file, off_t(memory.count / 2))
            ftruncate(file, off_t(memory.count))
        case .map: memory.copyBytes(from: other)
        }
    }
}

@Suite("An object that changes while it is looked at", .serialized)
struct SwappedObjectTests {
    private static func program(_ verdict: String) throws -> [UInt8] {
        try BPFCompiler.object(
            """
            #include <linux/bpf.h>
            #include <bpf/bpf_helpers.h>
            char LICENSE[] SEC("license") = "GPL";
            SEC("xdp") int decide(struct xdp_md *context) { return \(verdict); }
            """, flags: BPFCompiler.usualFlags + ["-I/usr/include/x86_64-linux-gnu"])
    }

    private static func digest(of object: String) throws -> String {
        let shown = try Tool.run("ringfence", ["inspect", object, "--json"])
        let report = try JSONSerialization.jsonObject(with: Data(shown.output.utf8)) as? [String: Any]
        let programs = try #require(report?["programs"] as? [[String: Any]])
        return try #require(programs.first?["digest"] as? String)
    }

    /// What runs is read once: whatever becomes of the file, the verdicts are those of the one program that policy permits, or nothing runs.
    @Test(
        "T99: whoever changes the object's file, and when, what runs is what was decided about",
        .enabled(if: KVM.isUsable, "\(KVM.reason)"), arguments: Adversary.Attack.allCases, Adversary.Phase.allCases)
    private func swapped(attack: Adversary.Attack, phase: Adversary.Phase) throws {
        let workshop = try Workshop()
        let (permitted, other) = (try Self.program("XDP_DROP"), try Self.program("XDP_PASS"))
        try #require(permitted.count == other.count)
        let object = try workshop.write("decide.o", permitted)
        let digests = (
            try Self.digest(of: object), try Self.digest(of: try workshop.write("other.o", other))
        )
        try #require(digests.0 != digests.1)
        let example = Tool.repository.appendingPathComponent("Policies/by-digest.toml")
        var text = try String(contentsOf: example, encoding: .utf8)
        text =
            String(text.split(separator: "[[permit]]", maxSplits: 1)[0]) + """
                [[permit]]
                id = "the-one"
                tier = "interp-guest"
                when = { program = ["\(digests.0)"] }

                """
        let source = try workshop.write("one.toml", Array(text.utf8))
        let signed = workshop.path("one.dsse")
        let signing = try Tool.run(
            "ringfence", ["policy", "sign", source, "--key", workshop.path("dev.key"), "--out", signed])
        #expect(signing.status == 0, "\(signing.errors)")
        let arguments = [
            "run", object, "--pcap", Tool.capture, "--policy", signed, "--trust", workshop.path("dev.pub"), "--json",
        ]
        let adversary = try Adversary(object, puts: other, by: attack, when: phase)
        let ending = try Tool.run("ringfence", arguments)
        let (opens, attacks) = adversary.finish()
        // The path is used once. After it was read, there is nothing left that another file at it could change.
        #expect(opens == 1, "the object was opened \(opens) times")
        #expect(attacks > 0)
        if phase == .closed { #expect(ending.status == 0, "\(ending.output)\(ending.errors)") }
        guard ending.status == 0 else {
            // It was changed as it was read, and what came of that is not what policy permits, or no object at all.
            let isDenied = ending.status == 1 && ending.output.contains("E_NO_PERMIT")
            #expect(isDenied || ending.status == 2, "\(ending.status) \(ending.output)\(ending.errors)")
            return
        }
        let report = try #require(
            try JSONSerialization.jsonObject(with: Data(ending.output.utf8)) as? [String: Any])
        #expect(report["programDigest"] as? String == digests.0)
        let decision = try #require(report["decision"] as? [String: Any])
        #expect(decision["program"] as? String == digests.0)
        // The file's digest in the decision is that of the bytes that ran, which are those that were there at first.
        let facts = try #require(decision["facts"] as? [String: [String: Any]])
        let objectDigest = try #require(report["objectDigest"] as? String)
        #expect(facts["object"]?["values"] as? [String] == [objectDigest])
        let verdicts = try #require(report["verdicts"] as? [String: Int])
        #expect(verdicts.filter { $0.value > 0 }.map(\.key) == ["XDP_DROP"])
    }
}
