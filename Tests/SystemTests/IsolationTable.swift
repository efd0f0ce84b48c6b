import Confinement
import Foundation

/// What the processes of sandboxes may still do, read from running ones: a row for each that differs from the others.
struct IsolationTable {
    struct Row: Equatable {
        var process: String
        var seccomp: String
        var calls: String
        var capabilities: String
        var denyWriteExecute: String
        var executable: String
        var writableAndExecutable: String
        /// The tiers in which a process is like this.
        var tiers: [String]

        var cells: [String] {
            [process, seccomp, calls, capabilities, denyWriteExecute, executable, writableAndExecutable]
        }
    }

    private(set) var rows: [Row] = []

    mutating func add(_ row: Row) {
        if let index = rows.firstIndex(where: { $0.cells == row.cells }) {
            rows[index].tiers += row.tiers
        } else {
            rows.append(row)
        }
    }

    /// - Parameter all: how many tiers there are.
    func markdown(tiers all: Int) -> String {
        let head = [
            "process", "seccomp", "calls left", "capabilities", "MDWE", "executable memory", "writable too, ever",
            "tiers",
        ]
        let lines = rows.map { row in
            row.cells + [row.tiers.count == all ? "all" : row.tiers.map { "`\($0)`" }.joined(separator: ", ")]
        }
        let rule = head.map { _ in "---" }
        return ([head, rule] + lines).map { "| " + $0.joined(separator: " | ") + " |" }.joined(separator: "\n")
    }
}

extension IsolationTable.Row {
    /// A process as `ringfence run --json` reports it.
    struct Reported: Decodable {
        struct Origins: Decodable {
            var files: Int
            var memoryFiles: Int
            var kernel: Int
            var anonymous: Int
        }

        var role: String
        var seccompMode: Int?
        var allowedCalls: Int?
        var refusedCalls: Int?
        var capabilitiesEmpty: Bool?
        var denyWriteExecute: Bool?
        var executableMappings: Origins?
        var writableExecutableMappings: Int?
        var aliasedFiles: Int?
    }

    init(_ reported: Reported, tier: String) {
        self.init(
            process: reported.role, seccomp: Self.seccomp(reported.seccompMode),
            calls: reported.allowedCalls.map { "\($0)" } ?? reported.refusedCalls.map { "all but \($0)" } ?? "unknown",
            capabilities: reported.capabilitiesEmpty.map { $0 ? "none" : "some" } ?? "unknown",
            denyWriteExecute: reported.denyWriteExecute.map { $0 ? "on" : "off" } ?? "unknown",
            executable: reported.executableMappings.map {
                Self.executable(
                    files: $0.files, memoryFiles: $0.memoryFiles, anonymous: $0.anonymous,
                    isChild: reported.role == "child")
            } ?? "unknown",
            writableAndExecutable: Self.none(reported.writableExecutableMappings, reported.aliasedFiles), tiers: [tier])
    }

    /// A jail that reads hostile bytes, caught in the act. MDWE cannot be read from outside: every fork has its parent's.
    init(jail name: String, _ posture: ProcessPosture, denyWriteExecute: String, tier: String) {
        let status = posture.status.value
        let mappings = posture.mappings.value
        let calls =
            switch Role.admission.allowedCalls {
            case .only(let count): "\(count)"
            case .allBut(let count): "all but \(count)"
            }
        self.init(
            process: name, seccomp: Self.seccomp(status?.seccomp.rawValue), calls: calls,
            capabilities: status.map { $0.capabilities.areEmpty ? "none" : "some" } ?? "unknown",
            denyWriteExecute: denyWriteExecute,
            executable: mappings.map {
                Self.executable(
                    files: $0.origins.files, memoryFiles: $0.origins.memoryFiles, anonymous: $0.origins.anonymous,
                    isChild: false)
            } ?? "unknown",
            writableAndExecutable: Self.none(mappings?.writableExecutable, mappings?.aliasedFiles), tiers: [tier])
    }

    private static func seccomp(_ mode: Int?) -> String {
        switch mode {
        case 2: "filter"
        case 1: "strict"
        case 0: "off"
        case let other: other.map { "\($0)" } ?? "unknown"
        }
    }

    private static func none(_ mappings: Int?, _ files: Int?) -> String {
        guard let mappings, let files else { return "unknown" }
        return mappings + files == 0 ? "none" : "\(mappings) mappings, \(files) files"
    }

    /// How many libraries a program has depends on the machine that it was built on; of the rest each mapping counts.
    private static func executable(files: Int, memoryFiles: Int, anonymous: Int, isChild: Bool) -> String {
        var parts: [String] = []
        if isChild {
            parts.append("\(files) page of handlers")
        } else if files > 0 {
            parts.append("its program and libraries")
        }
        switch memoryFiles {
        case 0: break
        case 1: parts.append("the image")
        case 2: parts.append("the image, the program's machine code")
        case let more: parts.append("\(more) files of memory")
        }
        if anonymous > 0 { parts.append("\(anonymous) anonymous") }
        return parts.isEmpty ? "none" : parts.joined(separator: ", ")
    }
}
