import CellImage
import CellTesting
import Channel
import Confinement
import Enclosure
import Foundation
import Testing
import Virtualization

/// A running child and its spawner, read back from outside, which takes root.
extension EnclosureTests {
    private struct Line {
        var range: Range<UInt64>
        var rights: Substring
        var path: String
    }

    private func lines(of process: Int32) throws -> [Line] {
        try String(contentsOfFile: "/proc/\(process)/maps", encoding: .utf8).split(separator: "\n").map { line in
            let fields = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true)
            let ends = fields[0].split(separator: "-").compactMap { UInt64($0, radix: 16) }
            return Line(
                range: ends[0]..<ends[1], rights: fields[1],
                path: fields.count > 5 ? String(fields[5]).trimmingCharacters(in: .whitespaces) : "")
        }
    }

    @Test("a child has in memory its cell, one page of handlers with their stack and the report, and nothing else")
    func childMemory() throws {
        var arena = try Arena(.child)
        var cell = try arena.startSound(program)
        defer { cell.end() }
        try cell.waitUntilRunning()
        // The kernel's vsyscall page is beyond every process's end, and execute-only.
        let lines = try lines(of: cell.processID).filter { $0.path != "[vsyscall]" }
        try #require(!lines.isEmpty, "no mappings to be seen: run as root")
        let inside = lines.filter { $0.range.upperBound <= AddressMap.windowSize }
        let outside = lines.filter { $0.range.upperBound > AddressMap.windowSize }
        let text = try ImageLayout(parsing: CellImage.bytes).textStart
        for line in inside {
            let expected: (file: String, rights: String) =
                switch line.range.lowerBound {
                case AddressMap.image: ("/memfd:image (deleted)", "r--s")
                case text: ("/memfd:image (deleted)", "r-xs")
                case AddressMap.image..<AddressMap.program: ("/memfd:image (deleted)", "r--s")
                case AddressMap.program: ("/memfd:program (deleted)", "r--s")
                case AddressMap.hostWords: ("/memfd:host-words (deleted)", "r--s")
                case AddressMap.channel: ("/memfd:channel (deleted)", "rw-s")
                case AddressMap.privateMemory: ("", "rw-p")
                case AddressMap.maps: ("/memfd:maps (deleted)", "rw-s")
                default: ("nothing", "")
                }
            #expect(line.path == expected.file && line.rights == expected.rights, "\(line)")
        }
        #expect(inside.count >= 7)
        // State and stack, with a hole between, and the report; elsewhere the page of handlers.
        let rights = outside.map { "\($0.rights) \(($0.path as NSString).lastPathComponent)" }.sorted()
        #expect(rights == ["r-xp ringfence-child", "rw-p ", "rw-p ", "rw-s memfd:monitor-words (deleted)"])
        let code = try #require(outside.first { $0.rights.contains("x") })
        #expect(code.range.count == 4096)
    }

    @Test("a child has no descriptor, no capability and no privilege to gain, and said so itself")
    func childPosture() throws {
        var arena = try Arena(.child)
        var cell = try arena.startSound(program)
        defer { cell.end() }
        try cell.waitUntilRunning()
        let posture = ProcessPosture.of(process: cell.processID)
        let status = try #require(posture.status.value)
        #expect(status.threads == 1 && status.seccomp == .filter && status.seccompFilters == 2)
        #expect(status.capabilities.areEmpty && status.noNewPrivileges)
        #expect(posture.descriptors == .known([:]))
        let limits = try #require(posture.limits.value)
        for resource: Resource in [.coreSize, .fileSize, .processes, .openFiles, .lockedMemory] {
            #expect(limits[resource] == LimitPair(soft: 0, hard: 0))
        }
        let mine = try #require(ProcessPosture.ofThisProcess().namespaces.value)
        let its = try #require(posture.namespaces.value)
        for kind in ["user", "net", "ipc", "uts", "mnt", "cgroup"] { #expect(its[kind] != mine[kind], "\(kind)") }

        let said = cell.confinement
        let report = try #require(said)
        #expect(report.role == .child)
        for step in Role.child.required {
            guard case .obtained = report[step] else {
                Issue.record("\(step): \(report[step])")
                continue
            }
        }
        // What it said of its executable memory is what there is.
        let mappings = try #require(report.mappings)
        #expect(mappings.isClean && mappings.executable == 2)
        #expect(mappings.origins == ExecutableOrigins(files: 1, memoryFiles: 1))
        #expect(posture.mappings.value?.origins.memoryFiles == 1 && posture.mappings.value?.origins.files == 1)
    }

    @Test("the spawner of children has no memory that is writable and executable, and no file once each way")
    func spawnerMemory() throws {
        var arena = try Arena(.child)
        var cell = try arena.startSound(program)
        defer { cell.end() }
        try cell.waitUntilRunning()
        let posture = ProcessPosture.of(process: arena.jail.spawnerProcess)
        #expect(try #require(posture.mappings.value).isClean)
        #expect(posture.mappings.value?.origins.memoryFiles == 0 && posture.mappings.value?.origins.anonymous == 0)
        #expect(arena.jail.spawnerConfinement?.role == .childSpawner)
        guard case .obtained? = arena.jail.spawnerConfinement?[.denyWriteExecute] else {
            return #expect(Bool(false), "MDWE")
        }
    }

    @Test("code that is not sealed does not run: neither an image nor a program's")
    func unsealed() throws {
        for sealsImage in [true, false] {
            var arena = try Arena(.child)
            var cell = try arena.startUnsealed(image: !sealsImage, code: sealsImage)
            defer { cell.end() }
            var failure: CellFailure?
            do throws(CellFailure) { try cell.waitUntilRunning() } catch { failure = error }
            #expect(failure == .ended(.machine(errno: 1)), "\(failure as Any)")
        }
    }

    @Test("native code that is sealed is mapped where every program expects it, and can be executed and not written")
    func nativeCode() throws {
        var arena = try Arena(.child)
        // mov $7, %eax; ret
        let code: [UInt8] = [0xB8, 7, 0, 0, 0, 0xC3]
        let call = "movl $0x\(String(AddressMap.code, radix: 16)), %eax\ncallq *%rax\n"
        let image = try HostileImage.attacking(
            call
                + "movl %eax, %ecx\n\(HostileImage.verdict(result: 0))".replacing(
                    "movl $FIRST_SEQUENCE, FIRST_VERDICT + 0",
                    with: "movl %ecx, FIRST_VERDICT + 8\nmfence\nmovl $FIRST_SEQUENCE, FIRST_VERDICT + 0")
                + HostileImage.idle)
        var cell = try arena.start(image, code: code)
        defer { cell.end() }
        try cell.waitUntilRunning()
        cell.submit([])
        #expect(try cell.awaitVerdict().ending == .returned(7))
        let mapped = try lines(of: cell.processID).first { $0.range.lowerBound == AddressMap.code }
        #expect(mapped?.rights == "r-xs")

        let writing = try HostileImage.attacking(
            "movb $0, (%rax)", preparation: "movl $0x\(String(AddressMap.code, radix: 16)), %eax")
        var attacker = try arena.start(writing, code: code)
        defer { attacker.end() }
        try attacker.waitUntilRunning()
        attacker.submit([])
        guard case .ended(.signal(11, let fault))? = failure(of: &attacker) else {
            return #expect(Bool(false), "the store went through")
        }
        #expect(fault.address == AddressMap.code)
    }
}
