internal import Confinement

/// What one process of a sandbox may do: the kernel's word where it gives it, the process's own where only it can know.
struct ProcessReport: Encodable {
    let role: String
    let process: Int32?
    /// 2 is filter mode (`/proc/<pid>/status`).
    let seccompMode: Int?
    let noNewPrivileges: Bool?
    /// Whether all five capability sets are empty.
    let capabilitiesEmpty: Bool?
    /// PR_SET_MDWE, as the process reported it.
    let denyWriteExecute: Bool?
    let landlockABI: UInt32?
    /// Mappings both writable and executable, and files mapped once each way.
    let writableExecutableMappings: Int?
    let aliasedFiles: Int?

    init(_ role: String, process: Int32?, _ confinement: ConfinementReport?) {
        let posture = process.map { ProcessPosture.of(process: $0) } ?? .ofThisProcess()
        let status = posture.status.value
        // A process that is not dumpable shows its mappings to itself only; then its own count, taken as it locked itself down, stands.
        let mappings = posture.mappings.value ?? confinement?.mappings
        self.role = role
        self.process = process
        seccompMode = status.map(\.seccomp.rawValue)
        noNewPrivileges = status.map(\.noNewPrivileges)
        capabilitiesEmpty = status.map(\.capabilities.areEmpty)
        denyWriteExecute = confinement.map {
            if case .obtained = $0[.denyWriteExecute] { true } else { false }
        }
        landlockABI = confinement?.landlockABI
        writableExecutableMappings = mappings?.writableExecutable
        aliasedFiles = mappings?.aliasedFiles
    }
}

extension ProcessReport {
    static func table(_ reports: [ProcessReport]) -> Table {
        var table = Table(
            .left("process"), .left("seccomp"), .left("capabilities"), .left("no_new_privs"), .left("MDWE"),
            .left("Landlock"), .right("W+X mappings"), .right("W/X aliases"))
        for report in reports {
            table.add(
                Table.Cell(report.role), cell(report.seccompMode.map { $0 == 2 }, "filter", "none"),
                cell(report.capabilitiesEmpty, "none", "some"), cell(report.noNewPrivileges, "yes", "no"),
                cell(report.denyWriteExecute, "on", "off"),
                report.landlockABI.map { Table.Cell("ABI \($0)", .good) } ?? Table.Cell("none", .bad),
                count(report.writableExecutableMappings), count(report.aliasedFiles))
        }
        return table
    }

    private static func cell(_ value: Bool?, _ good: String, _ bad: String) -> Table.Cell {
        guard let value else { return Table.Cell("unknown", .bad) }
        return value ? Table.Cell(good, .good) : Table.Cell(bad, .bad)
    }

    private static func count(_ value: Int?) -> Table.Cell {
        guard let value else { return Table.Cell("unknown", .bad) }
        return Table.Cell("\(value)", value == 0 ? .good : .bad)
    }
}
