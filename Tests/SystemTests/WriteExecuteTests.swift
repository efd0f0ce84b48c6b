import Foundation
import TestSupport
import Testing

/// W^X, read from outside while a sandbox runs: every process of it, every mapping.
@Suite("Writable or executable, never both", .serialized)
struct WriteExecuteTests {
    /// How many processes a sandbox of that tier has: broker and spawner of jails, then a monitor, or a spawner of children and a child.
    static let tiers: [(name: String, processes: Int)] = [
        ("interp-guest", 3), ("jit-guest", 3), ("interp-child", 4), ("jit-child", 4),
    ].filter { KVM.isUsable || !$0.0.hasSuffix("guest") }

    @Test("sandboxes with guests are looked at too", .enabled(if: KVM.isUsable, "\(KVM.reason)"))
    func guests() { #expect(Self.tiers.count == 4) }

    @Test(
        "no process of a running sandbox maps a page writable and executable, nor a file once each way",
        arguments: tiers)
    func mappings(tier: (name: String, processes: Int)) throws {
        let workshop = try Workshop(ceiling: tier.name)
        let object = try workshop.write("firewall.o", try Programs.example("firewall"))
        let broker = Tool.process(
            "ringfence", ["run", object, "--repeat", "100000", "--tier", tier.name] + workshop.trusted,
            FileHandle.nullDevice,
            FileHandle.nullDevice)
        try broker.run()
        defer { if broker.isRunning { broker.terminate() } }

        let processes = try waitForCell(of: broker.processIdentifier, count: tier.processes)
        #expect(processes.count == tier.processes)
        for process in processes {
            let mappings = try mappings(of: process)
            #expect(!mappings.isEmpty, "process \(process) shows no mappings: run as root")
            for mapping in mappings { #expect(!(mapping.isWritable && mapping.isExecutable), "\(mapping.text)") }
            let writableFiles = Set(mappings.filter { $0.isWritable && $0.isShared && $0.file != nil }.map(\.file))
            for mapping in mappings where mapping.isExecutable && mapping.file != nil {
                #expect(!writableFiles.contains(mapping.file), "mapped both ways: \(mapping.text)")
            }
        }

        // The image is mapped by the process of the cell, writable nowhere; in a sandbox with guests it is executable nowhere either.
        for process in processes {
            let image = try mappings(of: process).filter { $0.text.contains("memfd:image") }
            #expect(image.isEmpty == (process != processes.last))
            #expect(image.allSatisfy { !$0.isWritable })
            let isChild = tier.name.hasSuffix("child") && process == processes.last
            #expect(image.filter(\.isExecutable).count == (isChild ? 1 : 0))
        }

        // Machine code is mapped by the process of the cell alone, writable nowhere, and executable in a child only: in a guest the guest's
        // page tables make it so, and no process of the host could execute a byte of it.
        for process in processes {
            let code = try mappings(of: process).filter { $0.text.contains("memfd:code") }
            let isNative = tier.name.hasPrefix("jit") && process == processes.last
            #expect(code.count == (isNative ? 1 : 0))
            #expect(code.allSatisfy { !$0.isWritable })
            #expect(code.allSatisfy { $0.isExecutable == tier.name.hasSuffix("child") })
        }

        // With the broker goes everything that it started.
        kill(broker.processIdentifier, SIGKILL)
        broker.waitUntilExit()
        #expect(waitUntilGone(processes))
    }

    struct Mapping {
        var text: String
        var isWritable: Bool
        var isExecutable: Bool
        var isShared: Bool
        /// Device and inode, nil for anonymous memory.
        var file: String?
    }

    private func mappings(of process: Int32) throws -> [Mapping] {
        let text = try String(contentsOfFile: "/proc/\(process)/maps", encoding: .utf8)
        return text.split(separator: "\n").map { line in
            let fields = line.split(separator: " ", maxSplits: 5)
            return Mapping(
                text: String(line), isWritable: fields[1].contains("w"), isExecutable: fields[1].contains("x"),
                isShared: fields[1].contains("s"), file: fields[4] == "0" ? nil : "\(fields[3]) \(fields[4])")
        }
    }

    /// The broker, its spawners and the process of its cell, once that is locked down.
    private func waitForCell(of broker: Int32, count: Int) throws -> [Int32] {
        for _ in 0..<400 {
            let all = [broker] + descendants(of: broker)
            if all.count == count, let monitor = all.last,
                let status = try? String(contentsOfFile: "/proc/\(monitor)/status", encoding: .utf8),
                status.contains("CapBnd:\t0000000000000000"), status.contains("Seccomp_filters:\t2"),
                try mappings(of: monitor).contains(where: { $0.text.contains("memfd:channel") })
            {
                return all
            }
            usleep(50_000)
        }
        Issue.record("no cell came up")
        return []
    }

    private func descendants(of process: Int32) -> [Int32] {
        let path = "/proc/\(process)/task/\(process)/children"
        let children = ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").split(separator: " ").compactMap {
            Int32($0)
        }
        return children + children.flatMap(descendants(of:))
    }

    private func waitUntilGone(_ processes: [Int32]) -> Bool {
        for _ in 0..<100 {
            if processes.allSatisfy({ kill($0, 0) != 0 }) { return true }
            usleep(50_000)
        }
        return false
    }
}
