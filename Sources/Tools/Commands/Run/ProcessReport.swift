internal import CommandSupport
internal import Confinement

/// What one process of a sandbox may do: the kernel's word where it gives it, the process's own where only it can know.
struct ProcessReport: Encodable {
    let role: String
    let process: Int32?
    /// 2 is filter mode (`/proc/<pid>/status`).
    let seccompMode: Int?
    /// How many system calls its table leaves it, where it lists those; otherwise how many it refuses.
    let allowedCalls: Int?
    let refusedCalls: Int?
    let noNewPrivileges: Bool?
    /// Whether all five capability sets are empty.
    let capabilitiesEmpty: Bool?
    /// PR_SET_MDWE, as the process reported it.
    let denyWriteExecute: Bool?
    let landlockABI: UInt32?
    /// Executable mappings, by what they are mapped from; nil where nobody could tell.
    let executableMappings: Origins?
    /// Mappings both writable and executable, and files mapped once each way.
    let writableExecutableMappings: Int?
    let aliasedFiles: Int?

    struct Origins: Encodable, Equatable {
        /// Programs and libraries.
        let files: Int
        /// Code of a cell, in a sealed file of memory.
        let memoryFiles: Int
        /// The kernel's own page.
        let kernel: Int
        let anonymous: Int
    }

    init(_ role: Role, process: Int32?, _ confinement: ConfinementReport?) {
        let posture = process.map { ProcessPosture.of(process: $0) } ?? .ofThisProcess()
        let status = posture.status.value
        // A process that is not dumpable shows its mappings to itself only; then its own count, taken as it locked itself down, stands.
        let mappings = posture.mappings.value ?? confinement?.mappings
        self.role = role.description
        self.process = process
        seccompMode = status.map(\.seccomp.rawValue)
        switch role.allowedCalls {
        case .only(let count): (allowedCalls, refusedCalls) = (count, nil)
        case .allBut(let count): (allowedCalls, refusedCalls) = (nil, count)
        }
        noNewPrivileges = status.map(\.noNewPrivileges)
        capabilitiesEmpty = status.map(\.capabilities.areEmpty)
        denyWriteExecute = confinement.map {
            if case .obtained = $0[.denyWriteExecute] { true } else { false }
        }
        landlockABI = confinement?.landlockABI
        executableMappings = mappings.map {
            let origins = $0.origins
            return Origins(
                files: origins.files, memoryFiles: origins.memoryFiles, kernel: origins.kernel,
                anonymous: origins.anonymous)
        }
        writableExecutableMappings = mappings?.writableExecutable
        aliasedFiles = mappings?.aliasedFiles
    }
}

extension ProcessReport {
    static func table(_ reports: [ProcessReport]) -> Table {
        var table = Table(
            .left("process"), .left("seccomp"), .left("calls"), .left("capabilities"), .left("no_new_privs"),
            .left("MDWE"), .left("Landlock"), .left("executable"), .right("W+X mappings"), .right("W/X aliases"))
        for report in reports {
            table.add(
                Table.Cell(report.role), cell(report.seccompMode.map { $0 == 2 }, "filter", "none"),
                calls(report),
                cell(report.capabilitiesEmpty, "none", "some"), cell(report.noNewPrivileges, "yes", "no"),
                cell(report.denyWriteExecute, "on", "off"),
                report.landlockABI.map { Table.Cell("ABI \($0)", .good) } ?? Table.Cell("none", .bad),
                origins(report.executableMappings),
                count(report.writableExecutableMappings), count(report.aliasedFiles))
        }
        return table
    }

    private static func calls(_ report: ProcessReport) -> Table.Cell {
        if let allowed = report.allowedCalls { return Table.Cell("\(allowed)", .good) }
        return Table.Cell("all but \(report.refusedCalls ?? 0)")
    }

    /// The kernel's page is in every process that has not given it up, so it is not counted out.
    private static func origins(_ origins: Origins?) -> Table.Cell {
        guard let origins else { return Table.Cell("unknown", .bad) }
        var parts: [String] = []
        if origins.files > 0 { parts.append("\(origins.files) of files") }
        if origins.memoryFiles > 0 { parts.append("\(origins.memoryFiles) of cells") }
        if origins.anonymous > 0 { parts.append("\(origins.anonymous) anonymous") }
        return Table.Cell(parts.isEmpty ? "none" : parts.joined(separator: ", "), origins.anonymous > 0 ? .bad : .good)
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
