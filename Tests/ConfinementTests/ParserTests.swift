import Testing

@testable import Confinement

/// The readers of /proc on text that no kernel wrote.
@Suite("Readers of /proc")
struct ParserTests {
    static let line = "55d0c0000000-55d0c0001000 r-xp 00000000 fd:00 1234                       /usr/bin/x\n"

    @Test("a line of maps is read whole")
    func mapping() throws {
        let mapping = try #require(try MappingReader.mappings(in: Array(Self.line.utf8)).first)
        #expect(mapping.start == 0x55d0_c000_0000)
        #expect(mapping.end == 0x55d0_c000_1000)
        #expect(
            [mapping.readable, mapping.writable, mapping.executable, mapping.shared] == [true, false, true, false])
        #expect(mapping.file == Mapping.File(major: 0xfd, minor: 0, inode: 1234))
    }

    @Test(
        "a byte out of place is an error with its line and column",
        arguments: [
            ("55d0-", 6), ("55d0 66 r-xp 0 fd:00 1 /x\n", 5), ("66-55 r-xp 0 fd:00 1 /x\n", 6), ("-66 r-xp", 1),
            ("1-2 q-xp 0 fd:00 1\n", 5), ("1-2 r-xq 0 fd:00 1\n", 8), ("1-2 rwx 0 fd:00 1\n", 8),
            ("1-2 r-xp 0 fd00 1\n", 16), ("1-2 r-xp 0 fd:00 1", 19), ("1-2 r-xp 0 fd:00 a\n", 18),
            ("11111111111111111-2 r-xp 0 fd:00 1\n", 17), ("\n", 1), ("1-2 R-xp 0 fd:00 1\n", 5),
        ])
    func malformed(text: String, column: Int) {
        #expect(throws: MappingError.malformed(line: 1, column: column)) {
            try MappingReader.mappings(in: Array(text.utf8))
        }
        #expect(throws: MappingError.malformed(line: 2, column: column)) {
            try MappingReader.mappings(in: Array((Self.line + text).utf8))
        }
    }

    @Test("cutting the text anywhere but between lines is an error")
    func truncated() throws {
        let text = Array((Self.line + Self.line).utf8)
        for length in 1..<text.count where length != Self.line.utf8.count {
            #expect(throws: MappingError.self) { try MappingReader.mappings(in: Array(text.prefix(length))) }
        }
    }

    @Test("any one byte changed gives an error or the same number of lines, never a crash")
    func mutated() throws {
        let text = Array((Self.line + Self.line).utf8)
        var random = SplitMix(state: 7)
        var accepted = 0
        var refused = 0
        for _ in 0..<50_000 {
            var copy = text
            copy[Int(random.next() % UInt64(copy.count))] = UInt8(truncatingIfNeeded: random.next())
            do {
                _ = try MappingReader.mappings(in: copy)
                accepted += 1
            } catch { refused += 1 }
        }
        #expect(accepted > 0)
        #expect(refused > 0)
    }

    @Test("aliases are found over two lines; private copies and anonymous memory are none")
    func aliases() throws {
        let text = """
            1000-2000 rw-s 00000000 00:01 7 /memfd:a (deleted)
            2000-3000 r-xp 00000000 00:01 7 /memfd:a (deleted)
            3000-4000 rw-p 00000000 fd:00 9 /lib/libc.so
            4000-5000 r-xp 00000000 fd:00 9 /lib/libc.so
            5000-6000 rw-s 00000000 00:02 7 /memfd:b (deleted)
            6000-7000 rw-p 00000000 00:00 0
            7000-8000 r-xp 00000000 00:00 0
            8000-9000 rwxp 00000000 00:00 0

            """
        let audit = try MappingAudit(text: Array(text.utf8))
        let origins = ExecutableOrigins(files: 1, memoryFiles: 1, anonymous: 2)
        #expect(audit == MappingAudit(executable: 4, writableExecutable: 1, aliasedFiles: 1, origins: origins))
        #expect(!audit.isClean)
    }

    static let status = """
        Name:\tprobe
        Uid:\t0\t0\t0\t0
        Threads:\t1
        CapInh:\t0000000000000000
        CapPrm:\t0000000000000000
        CapEff:\t0000000000000000
        CapBnd:\t000001ffffffffff
        CapAmb:\t0000000000000000
        NoNewPrivs:\t1
        Seccomp:\t2
        Seccomp_filters:\t3
        Speculation_Store_Bypass:\tvulnerable

        """

    @Test("the fields of status are read")
    func statusFields() throws {
        let status = try StatusText(Array(Self.status.utf8), path: "status")
        #expect(status.capabilities.bounding == 0x1ff_ffff_ffff)
        #expect(!status.capabilities.areEmpty)
        #expect(status.seccomp == .filter)
        #expect(status.seccompFilters == 3)
        #expect(status.storeBypass == "vulnerable")
        #expect(status.indirectBranch == nil)
    }

    @Test(
        "a field that is missing, twice or strange is an error",
        arguments: [
            ("Seccomp:\t2\n", "", PostureError.missing(path: "status", field: "Seccomp")),
            ("Seccomp:\t2", "Seccomp:\t3", .malformed(path: "status", line: 10)),
            ("Seccomp:\t2", "Seccomp:\t2\nSeccomp:\t0", .malformed(path: "status", line: 11)),
            ("NoNewPrivs:\t1", "NoNewPrivs:\t2", .malformed(path: "status", line: 9)),
            ("CapEff:\t0000000000000000", "CapEff:\t0", .malformed(path: "status", line: 6)),
            ("Uid:\t0\t0\t0\t0", "Uid:\t0\t0\t0", .malformed(path: "status", line: 2)),
            ("Uid:\t0\t0\t0\t0", "Uid:\t0\t0\t0\tx", .malformed(path: "status", line: 2)),
            ("Threads:\t1", "Threads", .malformed(path: "status", line: 3)),
        ])
    func strangeStatus(part: String, replacement: String, error: PostureError) {
        let text = Self.status.replacing(part, with: replacement)
        #expect(throws: error) { try StatusText(Array(text.utf8), path: "status") }
    }

    @Test("limits are read, and a strange one is an error")
    func limits() throws {
        let head = "Limit                     Soft Limit           Hard Limit           Units     \n"
        let rows = [
            "Max cpu time              unlimited            unlimited            seconds   ",
            "Max file size             5                    6                    bytes     ",
            "Max core file size        0                    0                    bytes     ",
            "Max processes             1                    1                    processes ",
            "Max open files            1024                 4096                 files     ",
            "Max locked memory         8                    8                    bytes     ",
            "Max address space         9                    9                    bytes     ",
        ]
        let text = head + rows.joined(separator: "\n") + "\n"
        let limits = try LimitsText.limits(in: Array(text.utf8), path: "limits")
        #expect(limits[.cpuSeconds] == LimitPair(soft: .max, hard: .max))
        #expect(limits[.openFiles] == LimitPair(soft: 1024, hard: 4096))
        let strange = text.replacing("1024", with: "10x4")
        #expect(throws: PostureError.malformed(path: "limits", line: 6)) {
            try LimitsText.limits(in: Array(strange.utf8), path: "limits")
        }
        #expect(throws: PostureError.missing(path: "limits", field: "Max open files")) {
            try LimitsText.limits(in: Array(text.replacing("Max open", with: "Max shut").utf8), path: "limits")
        }
    }

    @Test(
        "descriptors are classed by what they link to",
        arguments: [
            ("/dev/kvm", DescriptorClass.kvm), ("anon_inode:kvm-vm", .kvmMachine),
            ("anon_inode:kvm-vcpu:0", .kvmProcessor), ("/memfd:package (deleted)", .memoryFile(name: "package")),
            ("socket:[123]", .socket), ("pipe:[9]", .pipe), ("anon_inode:[pidfd]", .processDescriptor),
            ("anon_inode:[eventfd]", .eventDescriptor), ("anon_inode:[io_uring]", .anonymous("[io_uring]")),
            ("/dev/null", .null), ("/dev/pts/3", .terminal("/dev/pts/3")), ("/dev/mem", .device("/dev/mem")),
            ("/etc/passwd", .file("/etc/passwd")), ("/dev/shm/x", .file("/dev/shm/x")),
            ("strange", .unknown("strange")),
        ])
    func classes(link: String, expected: DescriptorClass) {
        #expect(DescriptorClass(link: link) == expected)
    }
}
